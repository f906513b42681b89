"""An index as one file: to move it to another machine, or between a folder and a cluster.

A ZIP file of `index.json` (as in an index folder) and, for each few thousand pictures,
`pictures-00000.jsonl` ({id, gtin, labels}) with `vectors-00000.npy` ((N, D) float16).
The records do not travel with it: products are imported where it goes.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from facings.errors import ImportRejected
from facings.retrieve.build import published
from facings.retrieve.index import IndexPlace, IndexStats, VectorIndex, require_same_embedder
from facings.retrieve.payload import Kept, batch_of, payload_of
from facings.retrieve.sidecar import FILE_NAME, stats_document, stats_from_document
from facings.scope import GalleryBatch
from facings.types import EmbedderId

Progress = Callable[[int, int], None]


def export_index(index: VectorIndex, file: Path, *, progress: Progress | None = None) -> IndexStats:
    """Write everything an index keeps to `file`, which is replaced.

    Returns:
        What was written.

    Raises:
        OSError: the file cannot be written; the caller sees to it that no half of it stays.
    """
    stats, done = index.stats(), 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(FILE_NAME, json.dumps(stats_document(stats), indent=2))
        for number, batch in enumerate(index.pictures()):
            archive.writestr(f"pictures-{number:05d}.jsonl", _lines(batch))
            with archive.open(f"vectors-{number:05d}.npy", "w") as stream:
                np.lib.format.write_array(stream, batch.embeddings.vectors.astype("<f2"))
            done += len(batch)
            if progress:
                progress(done, stats.picture_count)
    return stats


def import_index(
    file: Path, place: IndexPlace, embedder: EmbedderId, *, progress: Progress | None = None
) -> IndexStats:
    """Make the index of an exported file the one of `place`; the present one answers meanwhile.

    Raises:
        ImportRejected: the file is missing, damaged, or no exported index; nothing was changed.
        IndexMismatch: it holds vectors of another embedder; nothing was changed.
        IndexUnusable, StorageFull: the place cannot take it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            stats = stats_from_document(json.loads(archive.read(FILE_NAME)), str(file))
            require_same_embedder(stats.embedder, embedder)
            place.require_room(stats.picture_count, stats.dim)
            index = place.stage(embedder, stats.dim, stats.thresholds, stats.calibration)
            with published(index):
                done = 0
                for batch in _batches(archive, stats):
                    index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
                    done += len(batch)
                    if progress:
                        progress(done, stats.picture_count)
                _require_all(done, stats.picture_count)
    except OSError as error:
        raise ImportRejected(f"{file} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError) as error:
        raise ImportRejected(
            f"{file} is no exported index, or is damaged: {error}",
            hint='write it again with "facings index export FILE"',
        ) from error
    imported = index.stats()
    index.close()
    return imported


def _require_all(found: int, promised: int) -> None:
    if found != promised:
        raise ValueError(f"it has {found} of {promised} pictures")


def _lines(batch: GalleryBatch) -> str:
    rows = zip(batch.picture_ids.tolist(), batch.gtins, batch.labels, strict=True)
    kept = ({"id": picture_id, **payload_of(gtin, labels)} for picture_id, gtin, labels in rows)
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in kept)


def _batches(archive: zipfile.ZipFile, stats: IndexStats) -> Iterator[GalleryBatch]:
    names = sorted(name for name in archive.namelist() if name.startswith("pictures-"))
    for name in names:
        payloads = [json.loads(line) for line in archive.read(name).decode().splitlines()]
        with archive.open(name.replace("pictures-", "vectors-").replace(".jsonl", ".npy")) as npy:
            vectors = np.lib.format.read_array(npy, allow_pickle=False).astype(np.float32)
        kept: list[Kept] = [
            (payload.pop("id"), payload, vector)
            for payload, vector in zip(payloads, vectors, strict=True)
        ]
        yield batch_of(kept, stats.embedder, stats.dim)
