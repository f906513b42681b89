"""What a detector got wrong, one by one: missed products, false alarms and loose boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facings.evaluate.detection import DetectionRun
from facings.evaluate.matching import match_detections
from facings.evaluate.truth import Truth
from facings.geometry import box_iou
from facings.types import Detections, FloatArray

FailureKind = Literal["misses", "false-alarms", "loose-boxes"]
FAILURE_KINDS: tuple[FailureKind, ...] = ("misses", "false-alarms", "loose-boxes")
RIGHT_IOU = 0.7
LOOSE_IOU = 0.3
BoxXyxy = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing a detector got wrong, at its operating threshold."""

    kind: FailureKind
    picture: int
    """Index into the run's pictures."""
    truth_xyxy: BoxXyxy | None
    """None for a false alarm."""
    found_xyxy: BoxXyxy | None
    """None for a miss that nothing lies over, not even below the threshold."""
    score: float | None
    """Of what was found; a miss's is below the threshold."""
    iou: float
    """Of a loose box and its truth; of a false alarm and the truth box it overlaps most; of a
    miss and the weak detection over it."""


def find_failures(run: DetectionRun) -> dict[FailureKind, list[Failure]]:
    """List what is wrong, of each kind what is worst first.

    A box that overlaps its truth by at least 0.7 is right and by at least 0.3 loose. What then
    is left over are misses (largest first) and false alarms (surest first).
    """
    failures: dict[FailureKind, list[Failure]] = {kind: [] for kind in FAILURE_KINDS}
    for picture, (truth, found) in enumerate(zip(run.truths, run.found, strict=True)):
        for failure in _of_picture(picture, truth, found, run.threshold):
            failures[failure.kind].append(failure)
    failures["misses"].sort(key=lambda each: -_area(each.truth_xyxy))
    failures["false-alarms"].sort(key=lambda each: -(each.score or 0.0))
    failures["loose-boxes"].sort(key=lambda each: each.iou)
    return failures


def _of_picture(
    picture: int, truth: Truth, found: Detections, threshold: float
) -> Iterator[Failure]:
    right = match_detections(truth, found, threshold, RIGHT_IOU)
    free = right.missed(truth)
    wrong = right.kept[~right.is_hit]
    rest = Truth(truth.file, truth.boxes_xyxy[free], truth.crowds_xyxy)
    left = Detections(found.boxes_xyxy[wrong], found.scores[wrong])
    loose = match_detections(rest, left, threshold, LOOSE_IOU)
    overlaps = box_iou(left.boxes_xyxy, rest.boxes_xyxy)
    for index, owner in zip(loose.kept, loose.owner, strict=True):
        if owner >= 0:
            score, iou = float(left.scores[index]), float(overlaps[index, owner])
            boxes = _corners(rest.boxes_xyxy[owner]), _corners(left.boxes_xyxy[index])
            yield Failure("loose-boxes", picture, *boxes, score, iou)
    for index in loose.kept[loose.is_false]:
        box = left.boxes_xyxy[index]
        iou = float(box_iou(box[None], truth.boxes_xyxy).max(initial=0.0))
        yield Failure("false-alarms", picture, None, _corners(box), float(left.scores[index]), iou)
    for index in loose.missed(rest):
        yield _miss(picture, rest.boxes_xyxy[index], found, threshold)


def _miss(picture: int, box_xyxy: FloatArray, found: Detections, threshold: float) -> Failure:
    """A truth box, with the best-fitting of the detections that were too weak to count."""
    weak = np.flatnonzero(found.scores < threshold)
    overlaps = box_iou(found.boxes_xyxy[weak], box_xyxy[None])[:, 0]
    if not len(weak) or overlaps.max() < LOOSE_IOU:
        return Failure("misses", picture, _corners(box_xyxy), None, None, 0.0)
    best = int(overlaps.argmax())
    found_xyxy, score = _corners(found.boxes_xyxy[weak[best]]), float(found.scores[weak[best]])
    return Failure("misses", picture, _corners(box_xyxy), found_xyxy, score, float(overlaps[best]))


def _corners(box_xyxy: FloatArray) -> BoxXyxy:
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    return x0, y0, x1, y1


def _area(box_xyxy: BoxXyxy | None) -> float:
    return (box_xyxy[2] - box_xyxy[0]) * (box_xyxy[3] - box_xyxy[1]) if box_xyxy else 0.0
