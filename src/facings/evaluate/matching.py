"""Which detection of a picture is which box of its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.truth import Truth
from facings.geometry import box_areas, box_iou
from facings.types import Detections, FloatArray, IntArray

_CROWD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Matches:
    """The detections of one picture that are strong enough to count, best score first."""

    kept: IntArray
    """(K,) index of each among the picture's detections."""
    owner: IntArray
    """(K,) truth box each was matched to; -1 where it was left without one."""
    in_crowd: NDArray[np.bool_]
    """(K,) left without a box, but mostly within a crowd region: not counted at all."""

    def __post_init__(self) -> None:
        if not self.kept.shape == self.owner.shape == self.in_crowd.shape:
            shapes = self.kept.shape, self.owner.shape, self.in_crowd.shape
            raise ValueError(f"one owner and one crowd flag a kept detection, got {shapes}")

    @property
    def is_hit(self) -> NDArray[np.bool_]:
        """(K,) whether each has a truth box."""
        return np.asarray(self.owner >= 0)

    @property
    def is_false(self) -> NDArray[np.bool_]:
        """(K,) whether each is a false alarm."""
        return np.asarray((self.owner < 0) & ~self.in_crowd)

    def missed(self, truth: Truth) -> IntArray:
        """Indices of the truth boxes that nothing was matched to."""
        return np.setdiff1d(np.arange(len(truth.boxes_xyxy)), self.owner)


def match_detections(truth: Truth, detections: Detections, threshold: float, iou: float) -> Matches:
    """Match greedily, best score first: each takes the free truth box it overlaps most.

    One left without a box is false, unless more than half of it lies in a crowd region.

    Args:
        threshold: weaker detections are not counted at all.
        iou: overlap needed, in (0, 1].
    """
    order = np.argsort(-detections.scores, kind="stable")
    kept = order[detections.scores[order] >= threshold]
    boxes = detections.boxes_xyxy[kept]
    owner = np.full(len(kept), -1, np.int64)
    if len(truth.boxes_xyxy):
        overlaps = box_iou(boxes, truth.boxes_xyxy)
        for index, row in enumerate(overlaps):
            best = int(row.argmax())
            if row[best] >= iou:
                owner[index] = best
                overlaps[:, best] = -1.0
    in_crowd = (owner < 0) & (_inside(boxes, truth.crowds_xyxy) > _CROWD_SHARE)
    return Matches(kept, owner, in_crowd)


def _inside(boxes_xyxy: FloatArray, regions_xyxy: FloatArray) -> FloatArray:
    """Share of each box's area, (N,) in [0, 1], within the one region that holds most of it."""
    if not len(regions_xyxy):
        return np.zeros(len(boxes_xyxy), np.float32)
    inner_min = np.maximum(boxes_xyxy[:, None, :2], regions_xyxy[None, :, :2])
    inner_max = np.minimum(boxes_xyxy[:, None, 2:], regions_xyxy[None, :, 2:])
    shared = (inner_max - inner_min).clip(0).prod(axis=2).max(axis=1)
    return np.asarray(shared / np.maximum(box_areas(boxes_xyxy), 1e-9), np.float32)
