"""Find the thresholds of `rerank` from facings whose products are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from facings.rerank import rerank
from facings.types import Candidate, Candidates, Evidence, Match

SIZE_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45)
MARGINS = tuple(np.round(np.arange(0.0, 0.13, 0.01), 2).tolist())
ACCEPTS = tuple(np.round(np.arange(0.30, 1.0, 0.01), 2).tolist())


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
    best: tuple[bool, float, int, int, float, float] = (False, -1.0, 0, 0, 0.0, 0.0)
    for margin in MARGINS:
        clear = _Clear.of(observations, margin, size_weight)
        for accept in ACCEPTS:
            right, wrong = clear.counts(accept)
            reached = right / (right + wrong) if right + wrong else 0.0
            good = reached >= precision
            best = max(best, (good, 0.0 if good else reached, right, -wrong, -accept, -margin))
    return {"accept": -best[4], "margin": -best[5], "size_weight": size_weight}


def recognised(
    observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> tuple[int, int]:
    """Count the rightly and the wrongly recognised."""
    clear = _Clear.of(observations, thresholds["margin"], thresholds["size_weight"])
    return clear.counts(thresholds["accept"])


@dataclass(frozen=True, slots=True)
class _Clear:
    """The facings that no rival comes near: `accept` alone decides about them."""

    similarities: NDArray[np.float64]
    right: NDArray[np.bool_]

    @classmethod
    def of(cls, observations: Sequence[Observation], margin: float, size_weight: float) -> Self:
        """Rerank once for every `accept` there may be."""
        open_bar = {"accept": -1.0, "margin": margin, "size_weight": size_weight}
        matches = zip(_rerank(observations, open_bar), observations, strict=True)
        clear = [
            (match.similarity, match.gtin == each.gtin)
            for match, each in matches
            if match.state == "recognised"
        ]
        similarities = np.array([similarity for similarity, _ in clear], dtype=np.float64)
        return cls(similarities, np.array([right for _, right in clear], dtype=np.bool_))

    def counts(self, accept: float) -> tuple[int, int]:
        """Count the right and the wrong ones above the bar."""
        above = self.similarities >= accept
        right = int((above & self.right).sum())
        return right, int(above.sum()) - right


def _first_right(observations: Sequence[Observation], size_weight: float) -> int:
    known = [each for each in observations if each.gtin is not None]
    matches = _rerank(known, {"accept": -1.0, "margin": 0.0, "size_weight": size_weight})
    return sum(match.gtin == each.gtin for match, each in zip(matches, known, strict=True))


def _rerank(
    observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> tuple[Match, ...]:
    return rerank(
        Candidates(tuple(each.candidates for each in observations)),
        Evidence(tuple(each.size_misfit for each in observations)),
        thresholds,
    )
