"""A picture magnified for drawing boxes by eye: numbered boxes and a grid in its own pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np

from facings.types import ByteImage, IntArray
from facings_train.real.annotation import Annotation, Box

MAX_SIDE_PX = 1400
_MAX_SCALE = 4.0
_MARGIN_PX = 26
_GRID_STEPS_PX = (10, 20, 50, 100)
_GRID_APART_PX = 75
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_COLOURS = ((255, 40, 40), (0, 220, 255), (60, 255, 60), (255, 220, 0), (255, 80, 255))
_IGNORED = (255, 255, 255)

Region = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, in its pixels."""


def draw_sheet(
    image: ByteImage, annotation: Annotation, region: Region | None = None, *, marked: bool = True
) -> ByteImage:
    """Magnify a picture or a region of it, and draw its boxes and a grid over it.

    Args:
        image: (H, W, 3) RGB.
        annotation: of that picture; boxes outside the region are left out.
        region: None means everything.
        marked: False leaves the boxes out and draws the grid alone.

    Returns:
        (h, w, 3) RGB, no side over `MAX_SIDE_PX`; grid labels in pixels of the picture.
    """
    height, width = image.shape[:2]
    x0, y0, x1, y1 = region or (0, 0, width, height)
    scale = min(_MAX_SCALE, (MAX_SIDE_PX - _MARGIN_PX) / max(x1 - x0, y1 - y0))
    part = cv2.resize(image[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    rows, columns = part.shape[:2]
    sheet = np.full((rows + _MARGIN_PX, columns + _MARGIN_PX, 3), 20, np.uint8)
    sheet[_MARGIN_PX:, _MARGIN_PX:] = part
    origin = np.array([x0, y0])
    _draw_grid(sheet, (x0, y0, x1, y1), scale)
    for box in annotation.drawn if marked else ():
        corners = (np.array(box.xyxy).reshape(2, 2) - origin) * scale + _MARGIN_PX
        if (corners[1] > _MARGIN_PX).all() and (corners[0] < sheet.shape[1::-1]).all():
            _draw_box(sheet, box, corners.round().astype(int).clip(_MARGIN_PX))
    return sheet


def regions(size_wh: tuple[int, int], columns: int, rows: int, overlap: float) -> list[Region]:
    """Cut a picture into a grid of overlapping regions, row by row.

    Args:
        overlap: share of a region that its neighbour shows too, in [0, 1).
    """
    spans = [_spans(size_wh[0], columns, overlap), _spans(size_wh[1], rows, overlap)]
    return [(x0, y0, x1, y1) for y0, y1 in spans[1] for x0, x1 in spans[0]]


def _spans(side: int, count: int, overlap: float) -> list[tuple[int, int]]:
    length = side / (count - (count - 1) * overlap)
    starts = [i * length * (1 - overlap) for i in range(count)]
    return [(round(start), min(side, math.ceil(start + length))) for start in starts]


def _draw_grid(sheet: ByteImage, region: Region, scale: float) -> None:
    """Draw faint lines at round pixels of the picture, with labels in the margin."""
    step = next((s for s in _GRID_STEPS_PX if s * scale >= _GRID_APART_PX), _GRID_STEPS_PX[-1])
    faint = sheet.copy()
    for axis in (0, 1):
        first = -(-region[axis] // step) * step
        for value in range(first, region[axis + 2] + 1, step):
            at = round((value - region[axis]) * scale) + _MARGIN_PX
            start, end = ((at, 0), (at, sheet.shape[0])) if axis == 0 else ((0, at), (9999, at))
            cv2.line(faint, start, end, (255, 255, 255), 1)
            label_at = (at - 12, 16) if axis == 0 else (0, at + 4)
            cv2.putText(faint, str(value), label_at, _FONT, 0.38, (255, 255, 120), 1, cv2.LINE_AA)
    inner = np.s_[_MARGIN_PX:, _MARGIN_PX:]
    mixed = cv2.addWeighted(faint, 0.3, sheet, 0.7, 0)
    labelled = faint.copy()
    labelled[inner] = mixed[inner]
    sheet[:] = labelled


def _draw_box(sheet: ByteImage, box: Box, corners: IntArray) -> None:
    ignored = box.status == "ignore"
    colour = _IGNORED if ignored else _COLOURS[box.number % len(_COLOURS)]
    start, end = (corners[0][0], corners[0][1]), (corners[1][0], corners[1][1])
    start, end = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
    cv2.rectangle(sheet, start, end, colour, 1)
    if ignored:
        cv2.line(sheet, start, end, colour, 1)
    label = f"{'i' if ignored else ''}{box.number}"
    middle = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2
    at = (start[0] + 3, start[1] + 14) if ignored else (middle[0] - 8, middle[1] + 5)
    (width, height), _ = cv2.getTextSize(label, _FONT, 0.45, 1)
    cv2.rectangle(
        sheet, (at[0] - 2, at[1] - height - 2), (at[0] + width + 1, at[1] + 3), (0, 0, 0), -1
    )
    cv2.putText(sheet, label, at, _FONT, 0.45, colour, 1, cv2.LINE_AA)
