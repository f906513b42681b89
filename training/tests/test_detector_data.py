"""The windows that the detector is trained on."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from facings_train.detector.data import (
    LabelledPicture,
    WindowStream,
    box_corners,
    collate,
    cut_window,
    from_top_left,
    labelled,
    read_picture,
    truth_line,
)
from facings_train.detector.degrade import degrade
from facings_train.detector.own import write_own
from facings_train.synthetic.stream import iter_shelves
from facings_train.synthetic.style import VARIED


def line_of(file: str, boxes: list[list[float]], shares: list[float]) -> str:
    """A line of a training folder with product boxes."""
    truth = np.array(boxes, np.float32).reshape(-1, 4)
    blank = np.zeros((1, 1, 3), np.uint8)
    return truth_line(file, LabelledPicture(blank, truth, np.array(shares, np.float32)))


@pytest.mark.parametrize("seed", range(8))
def test_windows_keep_boxes_on_their_facings(seed: int) -> None:
    """A bright facing is still exactly under its box after any cut, scale and flip."""
    image = np.full((300, 400, 3), 60, np.uint8)
    image[100:160, 150:200] = 220
    picture = LabelledPicture(
        image, np.array([[150, 100, 200, 160]], np.float32), np.ones(1, np.float32)
    )

    window = cut_window(picture, 128, np.random.default_rng(seed))

    for x0, y0, x1, y1 in window.boxes_xyxy.round().astype(int):
        assert (window.image[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2] > 120).all()
        assert window.boxes_xyxy.min() >= 0
        assert window.boxes_xyxy.max() <= 128


def test_hidden_facings_are_ignored_not_wanted() -> None:
    """A facing of which a third is seen is neither truth nor background."""
    picture = LabelledPicture(
        np.zeros((128, 128, 3), np.uint8),
        np.array([[10, 10, 60, 90]], np.float32),
        np.array([0.3], np.float32),
    )

    window = cut_window(picture, 128, np.random.default_rng(0))

    assert len(window.boxes_xyxy) == 0
    assert window.ignored_classes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(8))
def test_quads_follow_their_fronts(seed: int) -> None:
    """After any cut, scale and flip a quad still begins top left and encloses the bright front."""
    image = np.full((300, 400, 3), 40, np.uint8)
    front = np.array([[150, 110], [195, 100], [205, 160], [160, 170]], np.float32)
    cv2.fillConvexPoly(image, front.astype(np.int32), (230, 230, 230))
    box = np.array([[*front.min(0), *front.max(0)]], np.float32)
    picture = LabelledPicture(
        image, box, np.ones(1, np.float32), np.zeros(1, np.int64), front[None]
    )

    window = cut_window(picture, 128, np.random.default_rng(seed))

    for quad, (x0, y0, x1, y1) in zip(window.quads, window.boxes_xyxy, strict=True):
        cut = np.isnan(quad).any()
        assert cut == (min(x0, y0) <= 0 or max(x1, y1) >= 128)
        if cut:
            continue
        inner = np.zeros((128, 128), np.uint8)
        middle = quad.mean(0)
        cv2.fillConvexPoly(inner, (middle + 0.8 * (quad - middle)).astype(np.int32), 1)
        assert window.image[inner > 0].mean() > 120
        assert quad[0].sum() == quad.sum(1).min()
        assert quad[2].sum() == quad.sum(1).max()


def test_a_quad_begins_at_the_top_left_as_seen() -> None:
    """A pack that fell on its side is turned in its quad, not in its picture."""
    box = np.array([[10, 20, 50, 80]], np.float32)
    fallen = np.roll(box_corners(box), 1, axis=1)

    assert from_top_left(fallen, box).tolist() == box_corners(box).tolist()


def test_rendered_shelves_are_labelled_with_tags_and_gaps(tmp_path: Path) -> None:
    """What is written of a rendered shelf is read again, in the order of the classes."""
    [shelf] = iter_shelves(3, 1, families=4, size_wh=(320, 240), style=VARIED)
    picture = labelled(shelf)
    cv2.imwrite(str(tmp_path / "0.png"), picture.image[:, :, ::-1])

    again = read_picture(tmp_path, json.loads(truth_line("0.png", picture)))

    assert picture.classes is not None
    assert again.classes is not None
    counts = [len(shelf.boxes_xyxy), len(shelf.price_tag_boxes_xyxy), len(shelf.gap_boxes_xyxy)]
    assert np.bincount(again.classes, minlength=3).tolist() == counts
    assert np.allclose(again.boxes_xyxy, picture.boxes_xyxy, atol=0.06)
    assert again.quads is not None
    assert picture.quads is not None
    assert np.allclose(again.quads, picture.quads, atol=0.06)


def test_batches_stack_windows() -> None:
    """Pictures become one tensor, and zeros fill up the window that shows less."""
    blank, box = np.zeros((96, 96, 3), np.uint8), np.array([[20, 20, 80, 80]], np.float32)
    empty = LabelledPicture(blank, box[:0], np.zeros(0, np.float32))
    full = LabelledPicture(blank, box, np.ones(1, np.float32))
    rng = np.random.default_rng(0)

    images, targets = collate([cut_window(each, 96, rng) for each in (empty, full)])

    assert images.shape == (2, 96, 96, 3)
    assert targets.boxes.shape == (2, 1, 4)
    assert targets.boxes[0].eq(0).all()
    assert (targets.boxes[1, :, 2:] > targets.boxes[1, :, :2]).all()


def test_no_window_at_all_shows_a_facing() -> None:
    """Batches of empty windows still have a row of zeros, which no cell lies in."""
    empty = LabelledPicture(
        np.zeros((96, 96, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    )
    window = cut_window(empty, 96, np.random.default_rng(0))

    _, targets = collate([window, window])

    assert targets.boxes.tolist() == [[[0.0] * 4]] * 2


def test_degraded_windows_stay_pictures() -> None:
    """Whatever is drawn, size and type stay; and now and then nothing is done at all."""
    rng = np.random.default_rng(5)
    image = rng.integers(0, 255, (48, 48, 3), np.uint8)

    degraded = [degrade(image, rng) for _ in range(64)]

    assert {(each.shape, each.dtype.name) for each in degraded} == {((48, 48, 3), "uint8")}
    untouched = sum(np.array_equal(each, image) for each in degraded)
    assert 0 < untouched < 64


def test_own_pictures_become_a_training_folder(tmp_path: Path) -> None:
    """Boxes come over as corners, crowds as hidden, and windows are drawn from them."""
    cv2.imwrite(str(tmp_path / "shelf.png"), np.full((90, 120, 3), 128, np.uint8))
    coco = {
        "images": [{"id": 7, "file_name": "shelf.png", "width": 120, "height": 90}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40], "iscrowd": 0},
            {"image_id": 7, "category_id": 1, "bbox": [60, 0, 20, 20], "iscrowd": 1},
            {"image_id": 7, "category_id": 2, "bbox": [0, 80, 20, 10], "iscrowd": 0},
        ],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))

    assert write_own(tmp_path / "coco.json", tmp_path, tmp_path / "own") == 1

    [line] = (tmp_path / "own" / "truth.jsonl").read_text().splitlines()
    assert json.loads(line)["boxes_xyxy"] == [[10, 20, 40, 60], [60, 0, 80, 20]]
    assert json.loads(line)["visible_share"] == [1, 0]
    window = next(iter(WindowStream({tmp_path / "own": 1}, 64, seed=0)))
    assert window.image.shape == (64, 64, 3)
    assert write_own(tmp_path / "coco.json", tmp_path, tmp_path / "held", held_out=True) == 0


def test_windows_come_from_each_folder_in_turn(tmp_path: Path) -> None:
    """With one window of the dark folder and two of the bright one, every third is dark."""
    for name, grey in (("dark", 0), ("bright", 255)):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "0.png"), np.full((64, 64, 3), grey, np.uint8))
        line = line_of("0.png", [[8, 8, 40, 40]], [1.0])
        (tmp_path / name / "truth.jsonl").write_text(line)
    stream = WindowStream({tmp_path / "dark": 1, tmp_path / "bright": 2}, 32, seed=0)

    bright = [window.image.mean() > 115 for window in islice(stream, 6)]

    assert bright == [False, True, True] * 2
