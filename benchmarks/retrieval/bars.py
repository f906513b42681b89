"""How the accept bar moves as the gallery grows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facings.evaluate.calibration import calibrate
from facings.evaluate.held_out import observe_held_out
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.exact import ExactIndex
from facings.retrieve.index import VectorIndex
from facings.types import Embeddings
from growing import THRESHOLDS
from vectors import DIM, EMBEDDER, PICTURES_A_PRODUCT, Gallery, make_queries

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PRECISIONS = (0.98, 0.99)
_PLAIN_UP_TO = 10_000
_STRANGERS = 2000
_BEYOND = 20_000_000
"""Products from here on are of families that no gallery has."""


def measure_bars(folder: Path, gallery: Gallery) -> list[dict[str, object]]:
    """Calibrate the first 1,000, 10,000... pictures, the whole gallery with its own index.

    Beside the calibrated bars: how near pictures come whose product was taken out of the gallery
    (its family stays), and pictures of families that were never in it.
    """
    strangers = make_queries(1, _STRANGERS, seed=5, first_product=_BEYOND // PICTURES_A_PRODUCT)[0]
    found: list[dict[str, object]] = []
    for size in (size for size in SIZES if size <= len(gallery.vectors)):
        index = _index(folder, gallery, size)
        observations = observe_held_out(index)
        asked = [*observations[::2], *observations[1::8]]
        best = [each.candidates[0].similarity if each.candidates else -1 for each in observations]
        answers = index.search(Embeddings(strangers, EMBEDDER), 1).per_crop
        found.append(
            {
                "pictures": size,
                "calibrated": {str(p): calibrate(asked, p, THRESHOLDS) for p in PRECISIONS},
                "known": _quantiles(best[::2], (5, 50)),
                "product taken out": _quantiles(best[1::2], (50, 90, 99)),
                "family never seen": _quantiles([a[0].similarity for a in answers], (50, 90, 99)),
            }
        )
        index.close()
    return found


def _index(folder: Path, gallery: Gallery, size: int) -> VectorIndex:
    if size == len(gallery.vectors):
        return EdgeIndex.open(folder, EMBEDDER)
    index: VectorIndex = (
        ExactIndex(EMBEDDER, DIM, THRESHOLDS)
        if size <= _PLAIN_UP_TO
        else EdgeIndex.create(folder.with_name(f"bars-{size}"), EMBEDDER, DIM, THRESHOLDS)
    )
    for batch in Gallery(gallery.vectors[:size], gallery.product_of[:size]).batches():
        index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
    index.optimize()
    return index


def _quantiles(similarities: list[float], percents: tuple[int, ...]) -> dict[str, float]:
    values = np.percentile(similarities, percents)
    return {f"{p} %": round(float(v), 3) for p, v in zip(percents, values, strict=True)}
