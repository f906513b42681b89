"""Rebuilding the index from the records: the way back from any damage or new embedder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path

from facings.catalogue.records import Records
from facings.errors import IndexMissing, StorageFull
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import IndexStats
from facings.types import EmbedderId

_EMPTY_SHARD_BYTES = 100_000_000
"""Room a shard takes with nothing in it, its log included."""
_BYTES_A_NUMBER = 8
"""Room for one number of a vector: original and int8 copy, both twice while optimising."""
_BYTES_A_PICTURE = 1_000
"""Room for its GTIN and its place in the graph, twice while optimising."""


def build_index(
    records: Records,
    folder: Path,
    embedder: EmbedderId,
    thresholds: Mapping[str, float],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> IndexStats:
    """Build the index of every embedding that `embedder` made, replacing the one in `folder`.

    The old index answers until the new one is complete; a process that has it open keeps it.
    When anything fails the old index stays.

    Args:
        thresholds: similarities to decide by, kept with the index: "accept", "margin"...
        progress: called with the number of pictures done and of all.

    Raises:
        IndexMissing: the records hold no embedding of this embedder.
        IndexUnusable: the folder cannot be written to.
        StorageFull: there is no room for a second index beside the old one.
    """
    total = records.embedding_count(embedder)
    batches = records.embeddings(embedder)
    first = next(batches, None)
    if first is None:
        raise IndexMissing(
            f"there is nothing to index: no picture has an embedding of {embedder}",
            hint="import products with pictures, then embed them",
        )
    dim = first.embeddings.vectors.shape[1]
    _require_room(folder, total, dim)
    index = EdgeIndex.stage(folder, embedder, dim, thresholds)
    try:
        done = 0
        for batch in chain([first], batches):
            index.add(batch.picture_ids, batch.gtins, batch.embeddings)
            done += len(batch.gtins)
            if progress:
                progress(done, total)
        index.optimize()
        index.publish()
    except BaseException:
        index.discard()
        raise
    stats = index.stats()
    index.close()
    return stats


def _require_room(folder: Path, picture_count: int, dim: int) -> None:
    """Refuse before a full disk kills the process: the engine writes through mapped memory."""
    needed = _EMPTY_SHARD_BYTES + picture_count * (_BYTES_A_PICTURE + dim * _BYTES_A_NUMBER)
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StorageFull(
            f"the disk is too full for the index in {folder}: it needs about "
            f"{needed / 1e6:.0f} MB, {free / 1e6:.0f} MB are free",
            hint="free some space and run it again; the old index is as it was",
        )
