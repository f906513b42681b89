"""Rectify: a frame and its detections to one crop a facing."""

from __future__ import annotations

import numpy as np

from facings.types import ByteImage, Crops, Detections, Frame

MARGIN = (
    0.03  # of the box's sides: a detector cuts edges a little, an embedder learns from whole packs
)

PACKSHOT_WHITE = 235  # darkest corner a catalogue picture's background may have
PACKSHOT_TOLERANCE = 14  # grey levels by which a background may vary: JPEG, soft shadow


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


def trim_packshot(image: ByteImage) -> ByteImage:
    """Cut the even, bright border off a catalogue picture; any other picture stays as it is.

    Args:
        image: (H, W, 3) RGB.

    Returns:
        A view of the same picture, never empty.
    """
    corners = image[[0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int16)
    if corners.min() < PACKSHOT_WHITE or np.ptp(corners) > PACKSHOT_TOLERANCE:
        return image
    drawn = (np.abs(image.astype(np.int16) - corners.mean(axis=0)) > PACKSHOT_TOLERANCE).any(axis=2)
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if not len(rows):
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
