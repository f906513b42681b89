"""Quads, price tags and gaps are counted as their truth says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facings.evaluate.counts import Counts
from facings.evaluate.detection_layout import (
    count_marks,
    count_quads,
    polygon_iou,
    read_layouts,
    shown,
)
from facings.types import NO_MARKS, Detections, FloatArray, Marks

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32)
DIAMOND = np.array([[5, 0], [10, 5], [5, 10], [0, 5]], np.float32)


def store_of(folder: Path) -> Path:
    """A store of one picture: a tilted pack, a hidden one, a price tag and a gap."""
    (folder / "shelves").mkdir()
    clear = {"bbox": [0, 0, 10, 10], "quad": DIAMOND.tolist(), "iscrowd": 0, "category_id": 1}
    hidden = {"bbox": [20, 0, 10, 10], "quad": SQUARE.tolist(), "iscrowd": 1, "category_id": 1}
    tag = {"bbox": [0, 12, 10, 4], "category_id": 2, "iscrowd": 0}
    truth = {
        "images": [{"id": 1, "file_name": "a.jpg", "gap_boxes_xyxy": [[40, 0, 50, 10]]}],
        "annotations": [{**each, "image_id": 1} for each in (clear, hidden, tag)],
    }
    (folder / "shelves" / "truth.json").write_text(json.dumps(truth))
    return folder


def found_with(quad: FloatArray | None) -> Detections:
    """The clear pack's box, and perhaps its quad."""
    boxes, scores = np.array([[0, 0, 10, 10]], np.float32), np.ones(1, np.float32)
    return Detections(boxes, scores, None if quad is None else quad[None])


def test_quads_overlap_by_their_areas() -> None:
    """A diamond is half its square; quads apart share nothing."""
    assert polygon_iou(SQUARE, SQUARE) == pytest.approx(1.0)
    assert polygon_iou(SQUARE, DIAMOND) == pytest.approx(0.5)
    assert polygon_iou(SQUARE, DIAMOND + 20) == 0


def test_a_front_counts_as_far_as_the_picture_shows_it(tmp_path: Path) -> None:
    """Half of a tilted front lies outside: corners on the picture's edge are as right as its."""
    [layout] = read_layouts(store_of(tmp_path))
    half = np.array([[5, 0, 10, 10]], np.float32)
    cut = replace(layout, products=replace(layout.products, boxes_xyxy=half))
    at_the_edge = np.array([[[5, 0], [10, 5], [5, 10], [5, 5]]], np.float32)
    found = Detections(half, np.ones(1, np.float32), at_the_edge)

    assert count_quads([cut], [found], 0.5) == Counts(1, 0, 0)
    assert shown(DIAMOND, np.array([20, 20, 30, 30], np.float32)).tolist() == DIAMOND.tolist()


def test_a_store_is_read_with_everything_on_its_shelves(tmp_path: Path) -> None:
    """Hidden packs are crowds, and have no quad that counts."""
    [layout] = read_layouts(store_of(tmp_path))

    assert layout.quads.tolist() == [DIAMOND.tolist()]
    assert layout.products.crowds_xyxy.tolist() == [[20, 0, 30, 10]]
    assert layout.price_tags.boxes_xyxy.tolist() == [[0, 12, 10, 16]]
    assert layout.gaps.boxes_xyxy.tolist() == [[40, 0, 50, 10]]


def test_a_quad_is_right_when_it_overlaps_its_front(tmp_path: Path) -> None:
    """The right corners are a hit; those of the box, given or not, are a false one and a miss."""
    layouts = read_layouts(store_of(tmp_path))

    assert count_quads(layouts, [found_with(DIAMOND)], 0.5) == Counts(1, 0, 0)
    assert count_quads(layouts, [found_with(SQUARE)], 0.5) == Counts(0, 1, 1)
    assert count_quads(layouts, [found_with(None)], 0.5) == Counts(0, 1, 1)
    assert count_quads(layouts, [found_with(DIAMOND)], 1.1) == Counts(0, 0, 1)


def test_marks_are_counted_at_half_an_overlap(tmp_path: Path) -> None:
    """A price tag two pixels off is right, one elsewhere is not, and nothing found is a miss."""
    tags = [layout.price_tags for layout in read_layouts(store_of(tmp_path))]
    near = Marks(np.array([[2, 12, 12, 16]], np.float32), np.ones(1, np.float32))
    far = Marks(np.array([[30, 12, 40, 16]], np.float32), np.ones(1, np.float32))

    assert count_marks(tags, [NO_MARKS], 0.5) == Counts(0, 0, 1)
    assert count_marks(tags, [near], 0.5) == Counts(1, 0, 0)
    assert count_marks(tags, [far], 0.5) == Counts(0, 1, 1)
