"""Shelves: which facings stand on one shelf, in which order, and where its front edge runs.

Everything is read off the detections' lower edges; the picture itself is not looked at. Things
stacked on one another therefore count as shelves of their own (measured in docs/log.md).
"""

from __future__ import annotations

import numpy as np

from facings.types import Detections, FloatArray, IntArray, Shelves

SAME_SHELF = 0.35  # lower edges closer than this share of a facing's height stand on one board
NEIGHBOUR_REACH = 3.0  # facings at most this many widths apart tell how a board is tilted


def find_shelves(detections: Detections) -> Shelves:
    """Sort facings into shelves from top to bottom and places from left to right."""
    boxes = detections.boxes_xyxy
    if not len(boxes):
        nothing = np.zeros(0, np.int64)
        return Shelves(nothing, nothing, np.zeros((0, 4), np.float32))
    feet_x, feet_y = (boxes[:, 0] + boxes[:, 2]) / np.float32(2), boxes[:, 3]
    heights = boxes[:, 3] - boxes[:, 1]
    level, tilt = _board_tilt(feet_x, feet_y, heights, boxes[:, 2] - boxes[:, 0])
    flat_y = feet_y - (level + tilt * feet_y) * (feet_x - feet_x.mean())
    shelf_index = _group_by_height(flat_y, heights)
    position_index = np.zeros_like(shelf_index)
    lines = []
    for shelf in range(int(shelf_index.max()) + 1):
        members = np.flatnonzero(shelf_index == shelf)
        position_index[members[np.argsort(feet_x[members], kind="stable")]] = np.arange(
            len(members)
        )
        lines.append(_front_edge(boxes[members]))
    return Shelves(shelf_index, position_index, np.array(lines, np.float32))


def _board_tilt(
    feet_x: FloatArray, feet_y: FloatArray, heights: FloatArray, widths: FloatArray
) -> tuple[float, float]:
    """Slope of boards as `level + tilt * y`: seen from an angle they fan out.

    The median over pairs of neighbours, after Theil and Sen, so that gaps and stacks do no harm.
    """
    across = feet_x[None] - feet_x[:, None]
    down = feet_y[None] - feet_y[:, None]
    near = (across > 0) & (across < NEIGHBOUR_REACH * widths[:, None])
    near &= np.abs(down) < SAME_SHELF * np.minimum(heights[None], heights[:, None])
    first, second = np.nonzero(near)
    if len(first) < 2:
        return 0.0, 0.0
    slopes = down[first, second] / across[first, second]
    middles = (feet_y[first] + feet_y[second]) / 2
    upper = middles <= np.median(middles)
    if upper.all() or np.ptp(middles) < 2 * np.median(heights):
        return float(np.median(slopes)), 0.0
    high_y, low_y = np.median(middles[upper]), np.median(middles[~upper])
    high, low = np.median(slopes[upper]), np.median(slopes[~upper])
    tilt = (low - high) / (low_y - high_y)
    return float(high - tilt * high_y), float(tilt)


def _group_by_height(flat_y: FloatArray, heights: FloatArray) -> IntArray:
    """Number the groups of similar height from the top; a jump between neighbours starts one."""
    order = np.argsort(flat_y, kind="stable")
    jumps = np.diff(flat_y[order]) > SAME_SHELF * float(np.median(heights))
    groups = np.zeros(len(flat_y), np.int64)
    groups[order[1:]] = np.cumsum(jumps)
    return groups


def _front_edge(boxes: FloatArray) -> tuple[float, float, float, float]:
    """Straight line under the boxes, from the leftmost edge to the rightmost."""
    left, right = float(boxes[:, 0].min()), float(boxes[:, 2].max())
    feet_x, feet_y = (boxes[:, 0] + boxes[:, 2]) / np.float32(2), boxes[:, 3]
    if len(boxes) < 2 or np.ptp(feet_x) < 1:
        level = float(feet_y.mean())
        return left, level, right, level
    slope, offset = np.polyfit(feet_x, feet_y, 1)
    return left, float(slope * left + offset), right, float(slope * right + offset)
