"""Whether a detector's scores mean what they say: of boxes scored 0.7, are 70 % right?

Reliability table and expected calibration error as in Guo et al. 2017 (arXiv 1706.04599), for
detections: right is a detection that has a truth box at IoU 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.matching import match_detections
from facings.evaluate.truth import Truth
from facings.types import Detections

RIGHT_IOU = 0.5
LOWEST_SCORE = 0.1
"""Weaker detections are so many that they would hide the others."""
_BINS = 9


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """The detections whose scores lie in one range."""

    low: float
    high: float
    """Not within, but for 1."""
    n: int
    mean_score: float
    """0 where there are none."""
    right: float
    """Share that has a truth box at IoU 0.5; 0 where there are none."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Predicted scores beside the share that was right."""

    bins: tuple[ScoreBin, ...]

    @property
    def expected_error(self) -> float:
        """Mean over the detections of how far score and share right of their bin are apart."""
        total = sum(each.n for each in self.bins)
        apart = sum(each.n * abs(each.mean_score - each.right) for each in self.bins)
        return apart / total if total else 0.0


def measure_reliability(truths: Sequence[Truth], found: Sequence[Detections]) -> Reliability:
    """Sort detections from a score of 0.1 on into bins 0.1 wide, and see how many are right.

    What lies in a crowd region without a truth box is left out.

    Args:
        truths: one a picture.
        found: one a picture, in the same order, down to low scores.
    """
    scores: list[NDArray[np.float64]] = [np.zeros(0)]
    right: list[NDArray[np.bool_]] = [np.zeros(0, bool)]
    for truth, detections in zip(truths, found, strict=True):
        matches = match_detections(truth, detections, LOWEST_SCORE, RIGHT_IOU)
        counted = ~matches.in_crowd
        scores.append(detections.scores[matches.kept[counted]].astype(np.float64))
        right.append(matches.is_hit[counted])
    return _binned(np.concatenate(scores), np.concatenate(right))


def _binned(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Reliability:
    edges = np.round(np.linspace(LOWEST_SCORE, 1, _BINS + 1), 2)
    which = np.digitize(scores, edges[1:-1])
    bins = []
    for index in range(_BINS):
        of_bin = which == index
        n = int(of_bin.sum())
        mean_score = float(scores[of_bin].mean()) if n else 0.0
        share = float(right[of_bin].mean()) if n else 0.0
        bins.append(ScoreBin(float(edges[index]), float(edges[index + 1]), n, mean_score, share))
    return Reliability(tuple(bins))
