"""`index.json`: what an index folder holds, readable without opening (and locking) it.

It names the folder of the live shard, so replacing this one file swaps the whole index.
`previous.json` is that of the embedder before, whose shard is kept for the way back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from facings.errors import IndexMissing, IndexUnusable
from facings.retrieve.index import REBUILD_HINT, Calibration, IndexStats
from facings.types import EmbedderId

FORMAT_VERSION = 2
"""2 since labels and looks are kept with each picture."""
FILE_NAME = "index.json"
PREVIOUS_NAME = "previous.json"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The contents of `index.json`."""

    shard: str
    """Folder of the live shard, beside the sidecar."""
    stats: IndexStats

    def with_counts(self, picture_count: int, product_count: int) -> Sidecar:
        """Bring the counts up to date."""
        stats = replace(self.stats, picture_count=picture_count, product_count=product_count)
        return replace(self, stats=stats)

    def with_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> Sidecar:
        """Decide by other similarities."""
        stats = replace(self.stats, thresholds=dict(thresholds), calibration=calibration)
        return replace(self, stats=stats)


def read_sidecar(folder: Path, name: str = FILE_NAME) -> Sidecar:
    """Read what the index in `folder` holds.

    Args:
        name: of the file; `PREVIOUS_NAME` for the index of the embedder before.

    Raises:
        IndexMissing: there is no index.
        IndexUnusable: the file is damaged or of another format version.
    """
    path = folder / name
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"there is no index in {folder}", hint=REBUILD_HINT) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"{path} cannot be read: {error}", hint=REBUILD_HINT) from error
    try:
        document = json.loads(text)
        stats = stats_from_document(document, str(path))
        return Sidecar(str(document["shard"]), stats)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"{path} is damaged: {error!r}", hint=REBUILD_HINT) from error


def publish_sidecar(folder: Path, sidecar: Sidecar) -> set[str]:
    """Make this the folder's index; one of another embedder before it is set aside.

    Returns:
        The shards that are needed from now on.
    """
    present = _sidecar_or_none(folder, FILE_NAME)
    if present and present.stats.embedder != sidecar.stats.embedder:
        write_sidecar(folder, present, PREVIOUS_NAME)
    write_sidecar(folder, sidecar)
    previous = _sidecar_or_none(folder, PREVIOUS_NAME)
    return {each.shard for each in (sidecar, previous) if each}


def roll_back(folder: Path) -> IndexStats:
    """Make the index of the embedder before the folder's again; doing it twice changes nothing.

    Raises:
        IndexMissing: there is none, or its shard is gone.
        IndexUnusable: it cannot be read.
    """
    previous = _sidecar_or_none(folder, PREVIOUS_NAME)
    if previous is None or not (folder / previous.shard).is_dir():
        raise IndexMissing(
            f"{folder} keeps no index of an earlier embedder",
            hint='run "facings index reembed --weights FOLDER" with the one you want',
        )
    present = read_sidecar(folder)
    write_sidecar(folder, previous)
    write_sidecar(folder, present, PREVIOUS_NAME)
    return previous.stats


def _sidecar_or_none(folder: Path, name: str) -> Sidecar | None:
    try:
        return read_sidecar(folder, name)
    except IndexUnusable:
        return None


def write_sidecar(folder: Path, sidecar: Sidecar, name: str = FILE_NAME) -> None:
    """Replace `index.json` in one step: a reader sees the old one or the new one."""
    document = stats_document(sidecar.stats) | {"shard": sidecar.shard}
    fresh = folder / f"{name}.{os.getpid()}.new"
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(folder / name)
    finally:
        fresh.unlink(missing_ok=True)


def stats_document(stats: IndexStats) -> dict[str, Any]:
    """Lay out what an index holds as JSON values."""
    return {"format_version": FORMAT_VERSION, **asdict(stats)}


def stats_from_document(document: object, source: str) -> IndexStats:
    """Read what an index holds.

    Args:
        source: what the document was read from, to name it in a message.

    Raises:
        IndexUnusable: it is of another format version.
        ValueError, KeyError, TypeError: it is damaged.
    """
    if not isinstance(document, dict):
        raise TypeError("it holds no object")
    if document["format_version"] != FORMAT_VERSION:
        raise IndexUnusable(
            f"{source} was written by another version of Facings: it has format "
            f"{document['format_version']}, this one reads {FORMAT_VERSION}",
            hint=REBUILD_HINT,
        )
    calibration = document["calibration"]
    return IndexStats(
        embedder=EmbedderId(**document["embedder"]),
        dim=int(document["dim"]),
        picture_count=int(document["picture_count"]),
        product_count=int(document["product_count"]),
        thresholds={str(name): float(value) for name, value in document["thresholds"].items()},
        calibration=None if calibration is None else Calibration(**calibration),
    )
