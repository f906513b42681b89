"""What a user sees of a detector: right, wrong and missing boxes at its operating threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.matching import match_detections
from facings.evaluate.truth import Truth
from facings.geometry import box_areas
from facings.types import Detections, FloatArray

FacingSize = Literal["small", "medium", "large"]
FACING_SIZES: tuple[FacingSize, ...] = ("small", "medium", "large")
SIZE_BOUNDS = (0.05, 0.10)
"""A facing's size is the square root of its box's area as a share of the picture's longer side,
because a picture is shrunk to one size before it is looked at: small is below the first bound,
large from the second on (of 960 pixels: 48 and 96)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many boxes were right, wrong and missing."""

    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 where nothing was found."""
        return self.hits / max(self.hits + self.false, 1)

    @property
    def recall(self) -> float:
        """Share of what stands there that was found; 0 where nothing stands there."""
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 0 without a hit."""
        return 2 * self.hits / max(2 * self.hits + self.false + self.missed, 1)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)


NONE = Counts(0, 0, 0)


def count(truth: Truth, detections: Detections, threshold: float, iou: float) -> Counts:
    """Count one picture's boxes, matched as `match_detections` does."""
    matches = match_detections(truth, detections, threshold, iou)
    hits = int(matches.is_hit.sum())
    return Counts(hits, int(matches.is_false.sum()), len(truth.boxes_xyxy) - hits)


def count_by_size(
    truth: Truth, detections: Detections, size_wh: tuple[int, int], threshold: float, iou: float
) -> dict[FacingSize, Counts]:
    """Count one picture's boxes by the size of the facing; the sums are those of `count`.

    A hit or a miss has its truth box's size, a false alarm its own.

    Args:
        size_wh: of the picture, in pixels.
    """
    matches = match_detections(truth, detections, threshold, iou)
    found = facing_sizes(detections.boxes_xyxy[matches.kept], size_wh)
    there = facing_sizes(truth.boxes_xyxy, size_wh)
    hit = there[matches.owner[matches.is_hit]]
    missed = there[matches.missed(truth)]
    return {
        size: Counts(
            int((hit == index).sum()),
            int((found[matches.is_false] == index).sum()),
            int((missed == index).sum()),
        )
        for index, size in enumerate(FACING_SIZES)
    }


def facing_sizes(boxes_xyxy: FloatArray, size_wh: tuple[int, int]) -> NDArray[np.int64]:
    """Index (N,) into FACING_SIZES of each box."""
    shares = np.sqrt(box_areas(boxes_xyxy)) / max(size_wh)
    return np.asarray(np.digitize(shares, SIZE_BOUNDS), np.int64)


@dataclass(frozen=True, slots=True)
class CountingError:
    """How far the number of products found in a picture is from how many there are."""

    mae: float
    """Mean of the absolute difference over the pictures, in products."""
    bias: float
    """Mean of the difference: above 0 where too many are found."""


def counting_error(
    truths: Sequence[Truth], found: Sequence[Detections], threshold: float
) -> CountingError:
    """Compare how many products were found with how many there are, picture by picture.

    What is found within a crowd region and is none of the boxes (at IoU 0.5) was not counted by
    people either, so it is left out of both numbers.

    Args:
        truths: one a picture; at least one picture.
        found: one a picture, in the same order.
    """
    each = [count(*pair, threshold, 0.5) for pair in zip(truths, found, strict=True)]
    differences = np.array([counts.false - counts.missed for counts in each], np.float64)
    return CountingError(float(np.abs(differences).mean()), float(differences.mean()))
