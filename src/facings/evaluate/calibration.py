"""Find the thresholds of `rerank` from facings whose products are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from facings.rerank import rerank
from facings.types import Candidate, Candidates, Evidence, Match

SIZE_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45)
MARGINS = tuple(np.round(np.arange(0.0, 0.13, 0.01), 2).tolist())
ACCEPTS = tuple(np.round(np.arange(0.30, 0.96, 0.02), 2).tolist())


@dataclass(frozen=True, slots=True)
class Observation:
    """One facing of a known product, as the stages before `rerank` saw it."""

    candidates: tuple[Candidate, ...]
    """Best first."""
    size_misfit: Mapping[str, float]
    gtin: str | None
    """GTIN-14 of the product; None when the gallery does not have it."""


def calibrate(observations: Sequence[Observation], precision: float) -> dict[str, float]:
    """Choose `accept`, `margin` and `size_weight`.

    The size weight is the one with which most facings of gallery products have the right product
    first. The other two are those that recognise most facings rightly while at least `precision`
    of what is called recognised is right; facings the gallery does not know count against it.

    Args:
        observations: at least one; some of products that the gallery lacks.
        precision: wanted, in (0, 1]. When it is out of reach the most precise pair is taken.
    """
    size_weight = max(SIZE_WEIGHTS, key=lambda weight: _first_right(observations, weight))
    best: tuple[bool, float, int, int] = (False, -1.0, 0, 0)
    chosen = (ACCEPTS[-1], MARGINS[-1])
    for accept, margin in product(ACCEPTS, MARGINS):
        thresholds = {"accept": accept, "margin": margin, "size_weight": size_weight}
        right, wrong = _recognised(observations, thresholds)
        reached = right / (right + wrong) if right + wrong else 0.0
        good = reached >= precision
        rank = (good, 0.0 if good else reached, right, -wrong)
        if rank > best:
            best, chosen = rank, (accept, margin)
    return {"accept": chosen[0], "margin": chosen[1], "size_weight": size_weight}


def _first_right(observations: Sequence[Observation], size_weight: float) -> int:
    known = [each for each in observations if each.gtin is not None]
    matches = _rerank(known, {"accept": -1.0, "margin": 0.0, "size_weight": size_weight})
    return sum(match.gtin == each.gtin for match, each in zip(matches, known, strict=True))


def _recognised(
    observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> tuple[int, int]:
    """Count the rightly and the wrongly recognised."""
    matches = _rerank(observations, thresholds)
    answered = [
        match.gtin == each.gtin
        for match, each in zip(matches, observations, strict=True)
        if match.state == "recognised"
    ]
    return sum(answered), len(answered) - sum(answered)


def _rerank(
    observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> tuple[Match, ...]:
    return rerank(
        Candidates(tuple(each.candidates for each in observations)),
        Evidence(tuple(each.size_misfit for each in observations)),
        thresholds,
    )
