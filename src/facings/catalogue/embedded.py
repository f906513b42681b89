"""Vectors that were made elsewhere, by `facings batch embed`, come to the catalogue's pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from facings.batch.results import read_job, result_file
from facings.catalogue.pictures import Picture
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.errors import IndexMismatch
from facings.types import Embeddings

_PORTION = 256


def take_embeddings(
    records: Records,
    embedder: Embedder,
    folder: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Keep the vectors of pictures with the very same bytes; how many there were.

    Pictures that have a vector of this embedder already, or none in the folder, stay as they are.

    Args:
        folder: that `facings batch embed` wrote.
        progress: told how many of the pictures that were waiting are looked at.

    Raises:
        PictureError: the folder holds no results.
        IndexMismatch: they are of another model.
    """
    job = read_job(folder)
    wanted = embedder.id
    if (job.task, job.model, job.version, job.sha256) != (
        "embed",
        wanted.name,
        wanted.version,
        wanted.sha256,
    ):
        raise IndexMismatch(
            f"{folder} holds results of {job.task} by {job.model} v{job.version}, not of {wanted}",
            hint='run "facings batch embed" with the same weights',
        )
    waiting = records.pictures_without_embedding(wanted)
    taken = 0
    for start in range(0, len(waiting), _PORTION):
        portion = waiting[start : start + _PORTION]
        found = [(each, file) for each in portion if (file := _result(folder, each)).exists()]
        if found:
            embeddings = _read([file for _, file in found], embedder)
            records.store_embeddings([each.id for each, _ in found], embeddings)
        taken += len(found)
        progress(start + len(portion), len(waiting))
    return taken


def _result(folder: Path, picture: Picture) -> Path:
    return result_file(folder, "embed", picture.source.sha256)


def _read(files: list[Path], embedder: Embedder) -> Embeddings:
    vectors, artwork = [], []
    for file in files:
        with np.load(file) as arrays:
            vectors.append(arrays["vector"])
            if "artwork" in arrays:
                artwork.append(arrays["artwork"])
    whole = np.stack(artwork) if len(artwork) == len(vectors) else None
    return Embeddings(np.stack(vectors), embedder.id, whole)
