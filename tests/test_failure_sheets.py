"""What is drawn for a person to look at, and that nothing wrong is left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings import cli
from facings.evaluate.detection import DetectionRun
from facings.evaluate.failure_sheets import write_failure_sheets
from facings.evaluate.failures import find_failures
from facings.evaluate.truth import Truth
from facings.types import Detections

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"
A, B, C = ([50.0 * i, 10.0, 50.0 * i + 40, 70.0] for i in range(3))


def run_of(
    folder: Path,
    boxes: list[list[float]],
    *found: tuple[list[float], float],
    crowds: list[list[float]] | None = None,
) -> DetectionRun:
    """Make a run over one grey picture of 300 x 200, with a threshold of 0.5."""
    file = folder / "shelf.png"
    Image.fromarray(np.full((200, 300, 3), 128, np.uint8)).save(file)
    truth = Truth(
        file,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(crowds or [], np.float32).reshape(-1, 4),
    )
    detections = Detections(
        np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, score in found], np.float32),
    )
    return DetectionRun((truth,), (detections,), ((300, 200),), 1.0, 0.5)


def test_a_faultless_run_has_no_sheets(tmp_path: Path):
    """Nothing wrong, nothing drawn; sheets of an earlier run do not stay and mislead."""
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "misses-01.png").write_bytes(b"old")
    (sheets / "mine.png").write_bytes(b"not ours")
    written = write_failure_sheets(run_of(tmp_path, [A], (A, 0.9)), sheets)
    assert written.files == ()
    assert set(written.totals.values()) == {0}
    assert [file.name for file in sheets.iterdir()] == ["mine.png"]


def test_each_failure_is_of_one_kind(tmp_path: Path):
    """A right, B loose, C missed though weakly seen, one false alarm, one in a crowd."""
    loose = [B[0], B[1], B[2], 45.0]  # IoU 35 / 60
    weak = [C[0], C[1], C[2], 60.0]  # IoU 50 / 60
    stray, crowded = [200.0, 100.0, 240.0, 160.0], [10.0, 150.0, 30.0, 190.0]
    run = run_of(
        tmp_path,
        [A, B, C],
        (A, 0.9), (loose, 0.8), (weak, 0.3), (stray, 0.6), (crowded, 0.7),
        crowds=[[0.0, 140.0, 60.0, 200.0]],
    )  # fmt: skip
    failures = find_failures(run)
    [of_b], [of_c], [alarm] = (
        failures["loose-boxes"], failures["misses"], failures["false-alarms"]
    )  # fmt: skip
    assert (list(of_b.truth_xyxy), list(of_b.found_xyxy)) == (B, loose)
    assert (of_b.score, of_b.iou) == (pytest.approx(0.8), pytest.approx(35 / 60))
    assert (list(of_c.truth_xyxy), list(of_c.found_xyxy)) == (C, weak)
    assert (of_c.score, of_c.iou) == (pytest.approx(0.3), pytest.approx(50 / 60))
    assert (alarm.truth_xyxy, list(alarm.found_xyxy), alarm.iou) == (None, stray, 0.0)


def test_the_worst_come_first(tmp_path: Path):
    """Large misses, sure false alarms."""
    small, large = [0.0, 0.0, 10.0, 10.0], [100.0, 100.0, 180.0, 190.0]
    unsure, sure = [200.0, 0.0, 220.0, 30.0], [250.0, 0.0, 270.0, 30.0]
    failures = find_failures(run_of(tmp_path, [small, large], (unsure, 0.6), (sure, 0.9)))
    assert [list(each.truth_xyxy) for each in failures["misses"]] == [large, small]
    assert [list(each.found_xyxy) for each in failures["false-alarms"]] == [sure, unsure]


def test_sheets_show_boxes_in_their_place(tmp_path: Path):
    """A miss in the picture's corner: green in its tile's middle, grey beside the picture."""
    written = write_failure_sheets(run_of(tmp_path, [[0.0, 0.0, 50.0, 50.0]]), tmp_path / "sheets")
    assert [file.name for file in written.files] == ["misses-01.png"]
    sheet = np.asarray(Image.open(written.files[0]))
    tile = sheet[30:254, 6:230]  # 110 px of the picture on 224: the box is 102 px wide, from 61
    assert tile[61:163, 61].tolist().count([0, 196, 140]) > 95
    assert tile[5, 5].tolist() == [60, 66, 74]  # outside the picture
    assert tile[112, 112].tolist() == [128, 128, 128]


def test_more_failures_than_a_sheet_holds_go_on_the_next(tmp_path: Path):
    """Thirty misses are 24 and 6."""
    boxes = [[9.0 * i, 0.0, 9.0 * i + 8, 20.0] for i in range(30)]
    written = write_failure_sheets(run_of(tmp_path, boxes), tmp_path)
    assert [file.name for file in written.files] == ["misses-01.png", "misses-02.png"]
    assert written.totals["misses"] == 30


def test_the_command_says_where_the_sheets_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """`facings eval detection --failures`: the report on stdout as ever, a note on stderr."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "dark.png")
    coco = {
        "images": [{"id": 1, "file_name": "dark.png"}],
        "categories": [{"id": 1, "name": "product"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30]}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    words = ["eval", "detection", "--images", tmp_path, "--annotations", tmp_path / "coco.json"]
    sheets = tmp_path / "sheets"
    assert cli.main([str(word) for word in [*words, "--failures", sheets, "--json"]]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["recall"] == {"0.5": 0.0, "0.7": 0.0, "0.75": 0.0}
    assert "misses 1, false alarms 0, loose boxes 0: 1 sheets in" in said.err
    assert cli.main([str(word) for word in words]) == 0
    assert "by_size small" in capfd.readouterr().out
