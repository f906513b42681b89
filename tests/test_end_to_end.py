"""Scans are held against the truth facing by facing."""

import json
from pathlib import Path

import numpy as np
import pytest

from facings.evaluate.end_to_end import (
    ShelfTruth,
    count_shares,
    match_boxes,
    outcome,
    read_shelf_truths,
    score_scans,
)
from facings.scan import Scan
from facings.types import Candidate, Facing, Match

A, B = "09520000000011", "09520000000028"
BOXES = np.array([[0, 0, 10, 20], [12, 0, 22, 20], [0, 40, 10, 60]], np.float32)


def facing_of(box: np.ndarray, gtin: str | None, shelf: int) -> Facing:
    """Recognised as `gtin`, or unknown."""
    x0, y0, x1, y1 = box.tolist()
    nearest = (Candidate(gtin or B, 0.8, 1),)
    match = Match("recognised" if gtin else "unknown", gtin, 0.8, 0.9, nearest)
    return Facing((x0, y0, x1, y1), 0.9, shelf, 0, match, None)


def scan_of(facings: list[Facing]) -> Scan:
    """Scan of a small black picture."""
    return Scan(
        "s", (64, 64), tuple(facings), np.zeros((0, 4), np.float32), {},
        np.zeros((64, 64, 3), np.uint8),
    )  # fmt: skip


def truth_of(gtins: tuple[str, ...]) -> ShelfTruth:
    """The first of BOXES, on shelves 0, 0, 1."""
    return ShelfTruth(Path("s"), BOXES[: len(gtins)], gtins, np.array([0, 0, 1])[: len(gtins)])


def test_an_empty_shelf_scores_nothing() -> None:
    """No facings, no outcomes."""
    assert score_scans([scan_of([])], [truth_of(())]).outcomes == ()


def test_a_box_is_paired_once_with_its_best() -> None:
    """Of two boxes on one facing the closer one gets it, the other gets none."""
    boxes = np.array([[0, 0, 10, 14], [0, 0, 10, 19], [30, 30, 40, 40]], np.float32)

    assert match_boxes(boxes, BOXES).tolist() == [-1, 0, -1]


def test_every_true_facing_has_one_outcome() -> None:
    """Right, wrong and not found, each counted once; shelves agree."""
    scan = scan_of([facing_of(BOXES[0], A, 0), facing_of(BOXES[2], A, 1)])

    scores = score_scans([scan], [truth_of((A, A, B))])

    assert sorted(scores.outcomes) == ["not found", "recognised right", "recognised wrong"]
    assert scores.nearest_right == 0.5
    assert scores.same_shelf == 1.0


def test_shelves_that_are_mixed_up_show() -> None:
    """Two boards taken for one: that pair is wrong."""
    scan = scan_of([facing_of(BOXES[0], A, 0), facing_of(BOXES[2], A, 0)])

    assert score_scans([scan], [truth_of((A, A, B))]).same_shelf == 0.0


@pytest.mark.parametrize(
    ("match", "name"),
    [
        (Match("recognised", A, 0.9, 0.9, (Candidate(A, 0.9, 1),)), "recognised right"),
        (Match("recognised", B, 0.9, 0.9, (Candidate(B, 0.9, 1),)), "recognised wrong"),
        (
            Match("ambiguous", None, 0.9, 0.9, (Candidate(A, 0.9, 1),)),
            "ambiguous with the right one",
        ),
        (Match("ambiguous", None, 0.9, 0.9, (Candidate(B, 0.9, 1),)), "ambiguous without it"),
        (Match("unknown", None, 0.1, 0.9, ()), "unknown"),
    ],
)
def test_outcomes_say_what_a_person_is_told(match: Match, name: str) -> None:
    """One name for each thing that can happen."""
    assert outcome(match, A) == name


def test_shares_add_up() -> None:
    """Counts, shares and intervals of each outcome."""
    shares = count_shares(["unknown", "unknown", "unknown", "not found"])

    assert shares["unknown"] == {"n": 3, "share": 0.75, "interval": [0.3006, 0.9544]}


def test_hidden_facings_and_tags_are_not_judged(tmp_path: Path) -> None:
    """iscrowd and price tags are left out of the truth."""
    annotation = {"image_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 0, "shelf_index": 2,
                  "gtin": "9520000000011"}  # fmt: skip
    annotations = [
        {**annotation, "category_id": 1},
        {**annotation, "category_id": 1, "iscrowd": 1},
        {"image_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0, "category_id": 2},
    ]
    coco = {
        "images": [{"id": 1, "file_name": "shelf.jpg"}],
        "categories": [{"id": 1, "name": "product"}, {"id": 2, "name": "price_tag"}],
        "annotations": annotations,
    }
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(coco))

    (truth,) = read_shelf_truths(file)

    assert truth.file == tmp_path / "shelf.jpg"
    assert truth.boxes_xyxy.tolist() == [[1, 2, 4, 6]]
    assert truth.gtins == (A,)
    assert truth.shelf_index.tolist() == [2]
