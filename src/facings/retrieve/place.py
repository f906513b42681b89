"""Where an index is kept: a folder of this machine by default, a Qdrant cluster by URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import Calibration, IndexPlace, IndexStats
from facings.retrieve.room import index_bytes, require_room
from facings.retrieve.sidecar import read_sidecar, roll_back
from facings.types import EmbedderId


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder with a Qdrant Edge index, for one process at a time."""

    folder: Path

    def open(self, embedder: EmbedderId) -> EdgeIndex:
        """Open the index, for this embedder's vectors.

        Raises:
            IndexMissing: nothing has been built there.
            IndexMismatch: it holds vectors of another embedder.
            IndexUnusable: another process has it open, or it is damaged.
        """
        return EdgeIndex.open(self.folder, embedder)

    def stage(
        self,
        embedder: EmbedderId,
        dim: int,
        thresholds: Mapping[str, float],
        calibration: Calibration | None = None,
    ) -> EdgeIndex:
        """Start an empty index beside the present one.

        Raises:
            IndexUnusable: the folder cannot be written to.
            StorageFull: there is no room.
        """
        return EdgeIndex.stage(self.folder, embedder, dim, thresholds, calibration)

    def stats(self) -> IndexStats:
        """Say what the index holds, without opening it.

        Raises:
            IndexMissing, IndexUnusable: there is none, or it cannot be read.
        """
        return read_sidecar(self.folder).stats

    def embedder(self) -> EmbedderId:
        """Say whose vectors the index holds.

        Raises:
            IndexMissing, IndexUnusable: as `stats`.
        """
        return self.stats().embedder

    def roll_back(self) -> IndexStats:
        """Go back to the index of the embedder before, in one step.

        Raises:
            IndexMissing: none is kept.
        """
        return roll_back(self.folder)

    def require_room(self, picture_count: int, dim: int) -> None:
        """Refuse to start an index that would not fit on the disk.

        Raises:
            StorageFull: there is not enough room beside the present one.
        """
        require_room(self.folder, index_bytes(picture_count, dim))


def index_place(
    folder: Path, url: str | None = None, api_key: str | None = None, name: str = "facings"
) -> IndexPlace:
    """Choose where the index is kept.

    Args:
        folder: of this machine, where there is no `url`.
        url: of a Qdrant cluster.
        api_key: what the cluster wants to see.
        name: of the index in the cluster.

    Raises:
        IndexUnusable: the client for clusters is not installed.
    """
    if url is None:
        return FolderPlace(folder)
    from facings.retrieve.cluster import ClusterPlace, connect

    return ClusterPlace(connect(url, api_key), name)
