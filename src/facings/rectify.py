"""Rectify: a frame and its detections to one crop a facing."""

from __future__ import annotations

import numpy as np

from facings.types import Crops, Detections, Frame

MARGIN = (
    0.03  # of the box's sides: a detector cuts edges a little, an embedder learns from whole packs
)


def rectify(frame: Frame, detections: Detections) -> Crops:
    """Cut every detection out of its frame, with a small margin where the frame has one."""
    width, height = frame.size_wh
    boxes = detections.boxes_xyxy
    margins = (boxes[:, 2:] - boxes[:, :2]) * MARGIN
    corners = np.concatenate([boxes[:, :2] - margins, boxes[:, 2:] + margins], axis=1)
    inside = corners.clip(0, np.array([width, height, width, height], np.float32))
    return Crops(
        tuple(
            frame.image[
                int(y0) : max(int(y0) + 1, round(y1)), int(x0) : max(int(x0) + 1, round(x1))
            ]
            for x0, y0, x1, y1 in inside.tolist()
        )
    )
