"""Rebuilding the index from the records: the way back from any damage or new embedder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from facings.catalogue.records import Records
from facings.errors import IndexMissing, IndexUnusable
from facings.retrieve.index import Calibration, IndexPlace, IndexStats, StagedIndex
from facings.retrieve.place import FolderPlace
from facings.types import EmbedderId

Progress = Callable[[int, int], None]


def build_index(
    records: Records,
    folder: Path,
    embedder: EmbedderId,
    thresholds: Mapping[str, float],
    *,
    progress: Progress | None = None,
) -> IndexStats:
    """Build the index in a folder of this machine: see `rebuild_index`."""
    return rebuild_index(records, FolderPlace(folder), embedder, thresholds, progress=progress)


def rebuild_index(
    records: Records,
    place: IndexPlace,
    embedder: EmbedderId,
    thresholds: Mapping[str, float],
    *,
    progress: Progress | None = None,
) -> IndexStats:
    """Build the index of every embedding that `embedder` made, replacing the one that is there.

    The old index answers until the new one is complete; a process that has it open keeps it.
    When anything fails the old index stays.

    Args:
        thresholds: what `facings.rerank` decides by. Those that were found for
            the index that is replaced, with the same embedder, are kept instead.
        progress: called with the number of pictures done and of all.

    Raises:
        IndexMissing: the records hold no embedding of this embedder.
        IndexUnusable: the place cannot be written to.
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
    place.require_room(total, dim)
    kept, calibration = _calibrated(place, embedder, thresholds)
    index = place.stage(embedder, dim, kept, calibration)
    with published(index):
        done = 0
        for batch in chain([first], batches):
            index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
            done += len(batch)
            if progress:
                progress(done, total)
    stats = index.stats()
    index.close()
    return stats


@contextmanager
def published(index: StagedIndex) -> Iterator[None]:
    """Publish a staged index once it is filled; when anything fails, give it up."""
    try:
        yield
        index.optimize()
        index.publish()
    except BaseException:
        index.discard()
        raise


def _calibrated(
    place: IndexPlace, embedder: EmbedderId, thresholds: Mapping[str, float]
) -> tuple[Mapping[str, float], Calibration | None]:
    """Give the thresholds found for the present index, or those published with the embedder."""
    try:
        present = place.stats()
    except IndexUnusable:
        return thresholds, None
    if present.embedder != embedder or present.calibration is None:
        return thresholds, None
    return present.thresholds, present.calibration
