"""Boxes overlap as drawn on squared paper."""

import numpy as np

from facings.geometry import box_areas, box_iou


def test_no_boxes_give_an_empty_table() -> None:
    """Shapes survive emptiness."""
    none, one = np.zeros((0, 4), np.float32), np.array([[0, 0, 1, 1]], np.float32)

    assert box_iou(none, one).shape == (0, 1)
    assert box_areas(none).shape == (0,)


def test_overlap_equals_counting_pixels() -> None:
    """A slow count on a grid agrees for random boxes with whole corners."""
    rng = np.random.default_rng(1)
    corners = np.sort(rng.integers(0, 20, (12, 2, 2)), axis=1)
    boxes = corners.reshape(-1, 4).astype(np.float32)
    masks = np.zeros((len(boxes), 20, 20), bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes.astype(int), strict=True):
        mask[y0:y1, x0:x1] = True

    counted = [[(a & b).sum() / max(1, (a | b).sum()) for b in masks] for a in masks]

    assert np.allclose(box_iou(boxes, boxes), counted, atol=1e-6)
