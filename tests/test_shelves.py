"""Facings are sorted into shelves and places from their boxes alone."""

import numpy as np
import pytest

from facings.shelves import find_shelves
from facings.types import Detections


def detections_of(boxes: list[list[float]]) -> Detections:
    """Detections of score 1."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.ones(len(xyxy), np.float32))


def rows_of_boxes(slope_top: float = 0.0, slope_bottom: float = 0.0) -> list[list[float]]:
    """Three boards of six facings; the boards' slope changes from the top to the bottom one."""
    boxes = []
    for row, slope in enumerate(np.linspace(slope_top, slope_bottom, 3)):
        for place in range(6):
            left = 60.0 + 90 * place
            foot = 200 + 220 * row + slope * (left + 35)
            boxes.append([left, foot - 120 - 7 * place, left + 70, foot])
    return boxes


def test_no_facings_make_no_shelves() -> None:
    """Empty in, empty out."""
    shelves = find_shelves(detections_of([]))

    assert len(shelves.shelf_index) == 0
    assert shelves.lines_xyxy.shape == (0, 4)


def test_one_facing_stands_on_one_shelf() -> None:
    """The shelf's line runs under it."""
    shelves = find_shelves(detections_of([[10, 20, 60, 120]]))

    assert shelves.shelf_index.tolist() == [0]
    assert shelves.lines_xyxy.tolist() == [[10, 120, 60, 120]]


@pytest.mark.parametrize(
    ("slope_top", "slope_bottom"), [(0.0, 0.0), (0.12, 0.12), (-0.15, -0.05), (0.2, -0.2)]
)
def test_boards_seen_from_an_angle_stay_apart(slope_top: float, slope_bottom: float) -> None:
    """Boards may tilt, and fan out, without mixing."""
    boxes = rows_of_boxes(slope_top, slope_bottom)
    shuffled = np.random.default_rng(0).permutation(len(boxes))

    shelves = find_shelves(detections_of([boxes[i] for i in shuffled]))

    assert shelves.shelf_index.tolist() == [i // 6 for i in shuffled]
    assert shelves.position_index.tolist() == [i % 6 for i in shuffled]


def test_a_gap_does_not_split_a_shelf() -> None:
    """An empty place is a place, not an end."""
    boxes = [[0, 0, 50, 100], [60, 0, 110, 100], [600, 2, 650, 101], [660, 1, 710, 100]]

    assert find_shelves(detections_of(boxes)).shelf_index.tolist() == [0, 0, 0, 0]
