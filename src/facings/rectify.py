"""Rectify: a frame and its detections to one crop a facing."""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage, Crops, Detections, FloatArray, Frame

MARGIN = (
    0.03  # of the box's sides: a detector cuts edges a little, an embedder learns from whole packs
)
LEAST_TILT_DEG = 6.0  # a front that leans less is cut out as it is: resampling costs sharpness

PACKSHOT_WHITE = 235  # darkest corner a catalogue picture's background may have
PACKSHOT_TOLERANCE = 14  # grey levels by which a background may vary: JPEG, soft shadow


def rectify(frame: Frame, detections: Detections) -> Crops:
    """Cut every detection out of its frame, with a small margin where the frame has one.

    A front that leans, as its quad says, is turned upright.
    """
    width, height = frame.size_wh
    boxes = detections.boxes_xyxy
    margins = (boxes[:, 2:] - boxes[:, :2]) * MARGIN
    corners = np.concatenate([boxes[:, :2] - margins, boxes[:, 2:] + margins], axis=1)
    inside = corners.clip(0, np.array([width, height, width, height], np.float32))
    crops = [
        frame.image[int(y0) : max(int(y0) + 1, round(y1)), int(x0) : max(int(x0) + 1, round(x1))]
        for x0, y0, x1, y1 in inside.tolist()
    ]
    if detections.quads is not None:
        for i in np.flatnonzero(np.abs(tilts_deg(detections.quads)) >= LEAST_TILT_DEG):
            crops[i] = upright(frame.image, detections.quads[i])
    return Crops(tuple(crops))


def tilts_deg(quads: FloatArray) -> FloatArray:
    """How far fronts (N, 4, 2) lean, clockwise, (N,) in degrees: the mean of their upright sides.

    The other sides slant in a view from an angle, too, where nothing leans.
    """
    down = (quads[:, 3] - quads[:, 0]) + (quads[:, 2] - quads[:, 1])
    return np.asarray(np.degrees(np.arctan2(-down[:, 0], down[:, 1])), np.float32)


def upright(image: ByteImage, quad: FloatArray) -> ByteImage:
    """Cut a front (4, 2) out and straighten it, with the margin; what the picture lacks is grey."""
    top_left, top_right, bottom_right, bottom_left = quad.astype(np.float64)

    def mean_length(*sides: FloatArray) -> float:
        return float(np.mean([np.hypot(*side) for side in sides]))

    width = max(1.0, mean_length(top_right - top_left, bottom_right - bottom_left))
    height = max(1.0, mean_length(bottom_left - top_left, bottom_right - top_right))
    x, y = width * MARGIN, height * MARGIN
    crop = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    crop_from_frame = cv2.getPerspectiveTransform(quad.astype(np.float32), crop)
    size_wh = (max(1, round(width + 2 * x)), max(1, round(height + 2 * y)))
    flat = cv2.warpPerspective(image, crop_from_frame, size_wh, borderValue=(114, 114, 114))
    return np.asarray(flat, np.uint8)


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
