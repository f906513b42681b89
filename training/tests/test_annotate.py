"""Boxes drawn by eye on real pictures: edits, sheets, export, and what may be trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.detect import Detector
from facings.types import Frame
from facings_train.real.annotate import edits_by_name, main, read_list
from facings_train.real.annotation import (
    Annotation,
    Box,
    correct,
    load_annotation,
    save_annotation,
)
from facings_train.real.export import change_counts, coco_from
from facings_train.real.pictures import frame_number, is_held_out, origin_of, read_picture
from facings_train.real.propose import propose, views_xyxy
from facings_train.real.sheet import MAX_SIDE_PX, draw_sheet, regions

KEY = "grocery-store/images/train_Leek_001.jpg"


@pytest.fixture
def proposed() -> Annotation:
    """Two proposals on a small picture."""
    corners = ((10.0, 20.0, 60.0, 90.0), (70.0, 20.0, 120.0, 90.0))
    boxes = (Box(number, xyxy, "proposed", 0.5, xyxy) for number, xyxy in enumerate(corners))
    return Annotation(KEY, (348, 348), tuple(boxes))


def statuses(annotation: Annotation) -> list[str]:
    """What became of each box, in order."""
    return [box.status for box in annotation.boxes]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ("", ["kept", "kept"]),
        ("// looked at it", ["kept", "kept"]),
        ("del 0", ["deleted", "kept"]),
        ("del 0 1", ["deleted", "deleted"]),
        ("del all; add 1 1 9 9", ["deleted", "deleted", "added"]),
        ("set 1 70 22 121 93", ["kept", "corrected"]),
        ("add 200 20 260 90", ["kept", "kept", "added"]),
        ("ign 0 0 348 20", ["kept", "kept", "ignore"]),
    ],
)
def test_an_edit_says_what_became_of_a_box(
    proposed: Annotation, edits: str, expected: list[str]
) -> None:
    """Proposals that no edit touches were looked at and kept."""
    corrected = correct(proposed, [edits])
    assert statuses(corrected) == expected
    assert corrected.is_reviewed
    assert not proposed.is_reviewed


def test_a_box_keeps_its_number_after_deletions(proposed: Annotation) -> None:
    """A sheet printed before stays readable."""
    corrected = correct(correct(proposed, ["del 0"]), ["set 1 71 21 119 91"])
    assert corrected.box(1).xyxy == (71, 21, 119, 91)
    assert [box.number for box in corrected.drawn] == [1]
    assert correct(corrected, ["add 1 1 9 9"]).boxes[-1].number == 2


def test_moving_a_drawn_box_leaves_it_a_drawn_box(proposed: Annotation) -> None:
    """Only the detector's own boxes count as corrected; a region to ignore stays one."""
    drawn = correct(proposed, ["add 1 1 9 9", "ign 0 0 348 20"])
    moved = correct(drawn, ["set 2 1 1 10 10; set 3 0 0 348 30"])
    assert statuses(moved) == ["kept", "kept", "added", "ignore"]


def test_boxes_end_at_the_picture(proposed: Annotation) -> None:
    """A package cut by the edge is boxed as far as it can be seen."""
    assert correct(proposed, ["set 0 -5 20 60 400"]).box(0).xyxy == (0, 20, 60, 348)


@pytest.mark.parametrize("edit", ["del", "del 7", "set 0 1 2 3", "add 9 9 1 1", "move 0 1 1 9 9"])
def test_a_wrong_edit_is_refused(proposed: Annotation, edit: str) -> None:
    """Rather than leaving a box half-changed."""
    with pytest.raises(ValueError, match=r".+"):
        correct(proposed, [edit])


def test_a_saved_annotation_is_read_back_as_it_was(proposed: Annotation, tmp_path: Path) -> None:
    """Empty first, then with every kind of box."""
    file = tmp_path / "g001.json"
    edited = correct(proposed, ["del 0; set 1 70 22 121 93; add 1 1 9 9; ign 0 0 348 5"])
    for annotation in (replace(proposed, boxes=()), proposed, edited):
        save_annotation(annotation, file)
        assert load_annotation(file) == annotation


def test_edits_stand_under_their_picture() -> None:
    """The names in brackets divide them."""
    assert edits_by_name([]) == {}
    lines = ["[g001]", "del 1", "", "[g002]", "[g003]", "add 1 1 9 9"]
    assert edits_by_name(lines) == {"g001": ["del 1"], "g002": [], "g003": ["add 1 1 9 9"]}
    with pytest.raises(ValueError, match="of which picture"):
        edits_by_name(["del 1"])


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("shelves/images/x.jpg", "anujb05"),
        (KEY, "klasson"),
        ("video/store_walk.ts#4", "tiagoapolo"),
        ("video/store_walk.ts#12", "tiagoapolo"),
    ],
)
def test_a_picture_names_its_source(key: str, source: str) -> None:
    """The licence hangs on it."""
    assert origin_of(key).source == source


@pytest.mark.parametrize(
    "key",
    [
        "",
        "shelf-dev/images/x.jpg",
        "grocery-store/images/test_Leek_001.jpg",
        "video/store_walk.ts#40",
        "video/store_walk.ts#5",
        "video/store_walk.ts#11",
    ],
)
def test_pictures_for_evaluation_are_refused(key: str, tmp_path: Path) -> None:
    """Test splits, the evaluation set, and frames that show the same as one of its frames."""
    with pytest.raises(ValueError, match=r"test split|not in one of|evaluation frame"):
        origin_of(key)
    listed = tmp_path / "list.txt"
    listed.write_text(f"g001 {key or '?'}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"test split|not in one of|evaluation frame"):
        read_list(listed)


@pytest.mark.parametrize(
    ("key", "held_out"),
    [
        ("video/store_walk.ts#12", True),
        ("video/store_walk.ts#120", False),
        ("shelves/images/20250529_034321-360.jpg", True),
        ("shelves/images/20250529_031857-251.jpg", False),
        ("grocery-store/images/train_Arla-Sour-Milk_005.jpg", True),
        ("grocery-store/images/train_Arla-Sour-Cream_001.jpg", False),
    ],
)
def test_whole_scenes_are_held_out(key: str, held_out: bool) -> None:
    """Frames by their whole number, photographs by how their names begin."""
    assert is_held_out(key) is held_out


def test_the_held_out_pictures_are_a_part_of_the_annotated_ones() -> None:
    """Of each source some, and most are left to train on."""
    file = Path(__file__).parents[1] / "annotations" / "real-shelves.json"
    names = [each["file_name"] for each in json.loads(file.read_text())["images"]]

    held_out = [name for name in names if is_held_out(name)]

    assert len(held_out) == 27
    assert len(names) - len(held_out) == 137
    assert {name.partition("/")[0] for name in held_out} == {"shelves", "video", "grocery-store"}


def test_a_frame_is_found_by_its_number(tmp_path: Path) -> None:
    """Counted from 0, by decoding from the start."""
    video = cv2.VideoWriter(
        str(tmp_path / "walk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48)
    )
    for level in range(0, 200, 40):
        video.write(np.full((48, 64, 3), level, np.uint8))
    video.release()
    assert frame_number("walk.avi") is None
    for number in (0, 3):
        frame = read_picture(tmp_path, f"walk.avi#{number}")
        assert abs(float(frame.image.mean()) - 40 * number) < 4
        assert frame.name == f"walk.avi#{number}"
    with pytest.raises(ValueError, match="no frame 9"):
        read_picture(tmp_path, "walk.avi#9")


def test_the_parts_of_a_large_picture_cover_it() -> None:
    """A small one is looked at whole."""
    assert list(views_xyxy((348, 348))) == [(0, 0, 348, 348)]
    seen = np.zeros((1080, 1920), bool)
    for x0, y0, x1, y1 in list(views_xyxy((1920, 1080)))[1:]:
        seen[y0:y1, x0:x1] = True
    assert seen.all()


def test_a_blank_picture_gives_no_proposals() -> None:
    """And an annotation that is ready to be drawn on."""
    blank = Frame(np.full((120, 160, 3), 128, np.uint8), KEY)
    assert propose(Detector.load(), blank) == Annotation(KEY, (160, 120), ())


def test_regions_cover_a_picture_and_overlap() -> None:
    """Nothing is cut at every seam."""
    cut = regions((1920, 1080), 3, 2, 0.12)
    assert len(cut) == 6
    assert cut[0][:2] == (0, 0)
    assert cut[-1][2:] == (1920, 1080)
    assert cut[0][2] - cut[1][0] > 50


def test_a_sheet_shows_boxes_where_its_grid_says(proposed: Annotation) -> None:
    """Only those in its region, and none on a plain sheet."""
    image = np.full((348, 348, 3), 90, np.uint8)
    plain = draw_sheet(image, proposed, marked=False)
    marked = draw_sheet(image, proposed)
    assert max(marked.shape) <= MAX_SIDE_PX
    changed = np.argwhere((plain != marked).any(axis=2))
    scale = (marked.shape[0] - 26) / 348
    first, last = (changed.min(axis=0) - 26) / scale, (changed.max(axis=0) - 26) / scale
    np.testing.assert_allclose(np.concatenate([first, last]), [20, 10, 90, 120], atol=1)
    away = (200, 200, 348, 348)
    same = draw_sheet(image, proposed, away) == draw_sheet(image, proposed, away, marked=False)
    assert same.all()


def test_an_export_holds_boxes_and_no_deleted_ones(proposed: Annotation) -> None:
    """COCO wants left, top, width, height."""
    coco = coco_from([correct(proposed, ["del 0; ign 0 0 348 20"])])
    assert coco["images"] == [
        {
            "id": 1,
            "file_name": KEY,
            "width": 348,
            "height": 348,
            "source": "klasson",
            "source_file": "github.com/marcusklasson/GroceryStoreDataset: train_Leek_001.jpg",
            "licence": "MIT (Klasson et al. 2019)",
        }
    ]
    boxes = coco["annotations"]
    assert isinstance(boxes, list)
    assert [(b["bbox"], b["iscrowd"], b["status"]) for b in boxes] == [
        ([70, 20, 50, 70], 0, "kept"),
        ([0, 0, 348, 20], 1, "ignore"),
    ]
    assert coco_from([])["images"] == []


def test_what_nobody_looked_at_is_not_exported(proposed: Annotation) -> None:
    """Nor what comes twice."""
    with pytest.raises(ValueError, match="nobody looked at"):
        coco_from([proposed])
    reviewed = correct(proposed, [])
    with pytest.raises(ValueError, match="twice"):
        coco_from([reviewed, reviewed])


def test_changes_are_counted_for_each_source(proposed: Annotation) -> None:
    """The data card states them."""
    assert change_counts([]) == {}
    counts = change_counts([correct(proposed, ["del 0; add 1 1 9 9"])])
    assert counts == {"klasson": {"pictures": 1, "deleted": 1, "kept": 1, "added": 1}}


def test_the_command_line_goes_from_a_list_to_an_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proposals, a sheet, an edit, the file."""
    picture = tmp_path / "data" / "shelves" / "images" / "x.png"
    picture.parent.mkdir(parents=True)
    cv2.imwrite(str(picture), np.full((96, 128, 3), 128, np.uint8))
    listed = tmp_path / "list.txt"
    listed.write_text("s01 shelves/images/x.png\n", encoding="utf-8")
    edits = tmp_path / "edits.txt"
    edits.write_text("[s01]\nadd 10 10 60 90\n", encoding="utf-8")
    out = tmp_path / "out.json"
    options = ["annotate", "--data", str(tmp_path / "data"), "--work", str(tmp_path / "work")]
    for command in (["propose", str(listed)], ["correct"], ["sheet", "s01"], ["export", str(out)]):
        monkeypatch.setattr("sys.argv", [*options, *command])
        with edits.open(encoding="utf-8") as stream:
            monkeypatch.setattr("sys.stdin", stream)
            main()
    assert (tmp_path / "work" / "sheets" / "s01.png").exists()
    assert '"bbox": [10.0, 10.0, 50.0, 80.0]' in out.read_text(encoding="utf-8")
    assert "anujb05 {'added': 1, 'pictures': 1}" in capsys.readouterr().out
