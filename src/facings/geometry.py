"""Boxes and lines. Every transform is named `a_from_b`."""

from __future__ import annotations

import numpy as np

from facings.types import FloatArray


def box_iou(a_xyxy: FloatArray, b_xyxy: FloatArray) -> FloatArray:
    """Overlap of every box of a with every box of b.

    Args:
        a_xyxy: (N, 4) in pixels.
        b_xyxy: (M, 4) in pixels.

    Returns:
        (N, M) intersection over union in [0, 1].
    """
    inner_min = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    inner_max = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    inner = np.prod((inner_max - inner_min).clip(0), axis=2)
    areas = box_areas(a_xyxy)[:, None] + box_areas(b_xyxy)[None] - inner
    return np.asarray(inner / np.maximum(areas, 1e-9), np.float32)


def box_areas(boxes_xyxy: FloatArray) -> FloatArray:
    """(N,) areas in square pixels of (N, 4) boxes; 0 for a box turned inside out."""
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).clip(0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)
