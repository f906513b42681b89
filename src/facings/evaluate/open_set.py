"""Is a product that the gallery lacks told from one it has? Every query asks with and without.

The score is `rerank`'s probability of the first candidate, by vector and artwork.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.calibration import NO_CLUES
from facings.rerank import likelihoods, standings, without_pictures
from facings.types import Candidates, Clues

FALSE_ACCEPTS = 0.01

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OpenSetReport:
    """How well known products are told from unknown ones."""

    auroc: float
    """Chance that a query of a known product scores above one of an unknown product, in [0, 1]."""
    recognised: float
    """Share of known queries whose first candidate is right and scores above all but 1 % of the
    unknown ones: detection and identification rate (Phillips et al., Handbook of Face Recognition,
    2011, chapter 21), at rank 1."""


def score_open_set(
    candidates: Candidates,
    query_products: Sequence[str],
    artwork: Clues,
    thresholds: Mapping[str, float],
) -> OpenSetReport | None:
    """Hold each query against its candidates, and against them without its own product.

    Args:
        candidates: nearest products of each query.
        query_products: the right product of each; queries whose product is no candidate are known
            ones that were missed.
        artwork: what `weigh_artwork` says of each.
        thresholds: of the embedder's manifest.

    Returns:
        None where no query has a candidate besides its product.
    """
    thresholds = without_pictures(thresholds)
    known, unknown, right = [], [], []
    for nearest, product, likeness in zip(
        candidates.per_crop, query_products, artwork, strict=True
    ):
        clues = {**NO_CLUES, "artwork": likeness}
        standing = standings(nearest, clues, thresholds)
        is_own = np.array([each.gtin == product for each in nearest])
        if is_own.all():
            continue
        known.append(_chance(standing, thresholds))
        right.append(bool(is_own[standing.argmax()]))
        unknown.append(_chance(standing[~is_own], thresholds))
    if not known:
        return None
    bar = np.quantile(unknown, 1 - FALSE_ACCEPTS, method="higher")
    return OpenSetReport(
        auroc=area_under_roc(np.array(known), np.array(unknown)),
        recognised=float((np.array(right) & (np.array(known) > bar)).mean()),
    )


def best_chances(candidates: Candidates, artwork: Clues, thresholds: Mapping[str, float]) -> Floats:
    """(Q,) `rerank`'s probability of each query's first candidate; 0 where it has none."""
    thresholds = without_pictures(thresholds)
    return np.array(
        [
            _chance(standings(nearest, {**NO_CLUES, "artwork": likeness}, thresholds), thresholds)
            if nearest
            else 0.0
            for nearest, likeness in zip(candidates.per_crop, artwork, strict=True)
        ]
    )


def _chance(standing: Floats, thresholds: Mapping[str, float]) -> float:
    return float(likelihoods(standing, thresholds["accept"], thresholds["sharpness"]).max())


def area_under_roc(positive: Floats, negative: Floats) -> float:
    """Share of pairs in which the positive score is higher, ties half (Mann and Whitney, 1947)."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).mean() / 2 / len(negative))
