"""Propose boxes for a picture: our own detector on it whole, enlarged, and in parts."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from facings.detect import Detector, non_maximum_suppression
from facings.types import FloatArray, Frame
from facings_train.real.annotation import Annotation, Box

MIN_SCORE = 0.3
_VIEW_SIDE_PX = 960
"""The published detector's own size."""
_MAX_ENLARGEMENT = 2.0
_MAX_IOU = 0.55
_EDGE_PX = 4.0
"""A box that ends so near a part's inner edge is cut by it."""


def propose(detector: Detector, frame: Frame) -> Annotation:
    """Find boxes in every view of a frame; overlapping ones become the surest of them."""
    found = [_detected(detector, frame, view) for view in views_xyxy(frame.size_wh)]
    boxes = np.concatenate([boxes for boxes, _ in found])
    scores = np.concatenate([scores for _, scores in found])
    best = non_maximum_suppression(boxes, scores, _MAX_IOU)
    rounded = [tuple(round(float(side), 1) for side in boxes[i]) for i in best]
    proposals = tuple(
        Box(number, (x0, y0, x1, y1), "proposed", round(float(scores[i]), 3), (x0, y0, x1, y1))
        for number, (i, (x0, y0, x1, y1)) in enumerate(zip(best, rounded, strict=True))
        if min(x1 - x0, y1 - y0) >= _EDGE_PX
    )
    return Annotation(frame.name, frame.size_wh, proposals)


def views_xyxy(size_wh: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """The whole picture, and of a large one also overlapping parts, in pixels."""
    width, height = size_wh
    yield 0, 0, width, height
    if max(size_wh) <= _VIEW_SIDE_PX:
        return
    for y0, y1 in _halves(height):
        for x0, x1 in (*_halves(width), (width // 5, width - width // 5)):
            yield x0, y0, x1, y1


def _halves(side: int) -> tuple[tuple[int, int], tuple[int, int]]:
    part = round(side * 0.6)
    return (0, part), (side - part, side)


def _detected(
    detector: Detector, frame: Frame, view_xyxy: tuple[int, int, int, int]
) -> tuple[FloatArray, FloatArray]:
    """(N, 4) boxes in pixels of the frame and (N,) scores found in one view of it."""
    x0, y0, x1, y1 = view_xyxy
    view = frame.image[y0:y1, x0:x1]
    scale = min(_MAX_ENLARGEMENT, _VIEW_SIDE_PX / max(x1 - x0, y1 - y0))
    if scale > 1:
        view = np.asarray(
            cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8
        )
    found = detector.detect(Frame(view), MIN_SCORE)
    boxes = found.boxes_xyxy / np.float32(max(scale, 1.0)) + np.array([x0, y0, x0, y0], np.float32)
    width, height = frame.size_wh
    outer = np.array([x0 == 0, y0 == 0, x1 == width, y1 == height])
    distance = np.abs(boxes - np.array(view_xyxy, np.float32))
    whole = ((distance > _EDGE_PX) | outer).all(axis=1)
    return boxes[whole], found.scores[whole]
