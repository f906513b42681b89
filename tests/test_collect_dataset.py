"""Data sets: every box with its licence, versions that stay, splits that leak nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from facings.collect.dataset import (
    Dataset,
    Row,
    difference,
    require_no_leak,
    statistics,
    with_splits,
)
from facings.errors import AnnotationError

ROW = Row("a" * 64, ".png", 40, 30, "Corner", "team", "CC0-1.0", "owner", 1, 2, 11, 22)


def kept(folder: Path, color: str = "red") -> tuple[Dataset, Row]:
    """A data set with one picture, and a box on it."""
    file = folder / f"{color}.png"
    Image.new("RGB", (40, 30), color).save(file)
    dataset = Dataset(folder / "set")
    return dataset, replace(ROW, picture=dataset.keep_picture(file))


def test_an_empty_data_set_has_no_version(tmp_path: Path):
    """And an empty version is a version."""
    dataset = Dataset(tmp_path)
    assert dataset.versions() == []
    with pytest.raises(AnnotationError, match="no version"):
        dataset.rows()
    assert dataset.rows(dataset.commit([], "nothing yet")) == []
    assert statistics([])["boxes"] == 0


@pytest.mark.parametrize("name", ["licence", "source", "store"])
def test_a_picture_of_unknown_rights_is_refused(name: str):
    """Later nobody could tell what may be done with the weights."""
    with pytest.raises(AnnotationError, match=name):
        replace(ROW, **{name: " "})


def test_a_box_outside_its_picture_is_refused():
    """It would be another picture's."""
    with pytest.raises(AnnotationError, match="not within"):
        replace(ROW, x1=41)


def test_what_is_committed_is_read_again(tmp_path: Path):
    """Every column, and a picture of the same bytes once."""
    dataset, row = kept(tmp_path)
    assert dataset.keep_picture(tmp_path / "red.png") == row.picture
    dataset.commit([row], "first")
    [read] = dataset.rows()
    assert replace(read, split="train") == row
    assert dataset.picture_file(row.picture, ".png").exists()


def test_a_version_that_was_changed_is_refused(tmp_path: Path):
    """A figure belongs to the data it was measured on."""
    dataset, row = kept(tmp_path)
    dataset.commit([row], "first")
    [table] = tmp_path.glob("set/versions/*.parquet")
    table.write_bytes(table.read_bytes() + b"x")
    with pytest.raises(AnnotationError, match="not what was written"):
        dataset.rows()


def test_a_box_on_a_picture_that_is_not_there_is_refused(tmp_path: Path):
    """The table and the pictures belong together."""
    with pytest.raises(AnnotationError, match="not in the data set"):
        Dataset(tmp_path).commit([ROW], "first")


def test_no_store_and_no_product_is_in_two_splits():
    """Thirty stores, one product in two of them: those two go together."""
    rows = [replace(ROW, store=f"s{i}", picture=f"{i:064}", gtin=f"{i:014}") for i in range(60)]
    joined = [*rows, replace(ROW, store="s7", picture="7" * 64, gtin=rows[41].gtin)]
    split = with_splits(joined)
    require_no_leak(split)
    assert {row.split for row in split} == {"train", "val", "test"}
    of = {row.store: row.split for row in split}
    assert of["s7"] == of["s41"]


def test_pictures_added_to_a_store_move_nothing():
    """Otherwise last month's test picture would be trained on."""
    rows = [replace(ROW, store=f"s{i}", picture=f"{i:064}") for i in range(20)]
    more = [*rows, *(replace(row, picture="f" + row.picture[1:]) for row in rows)]
    before = {row.store: row.split for row in with_splits(rows)}
    assert {row.store: row.split for row in with_splits(more)} == before


def test_a_leak_is_found():
    """Splits of others' making are checked too."""
    with pytest.raises(AnnotationError, match="store Corner is in train and in test"):
        require_no_leak([ROW, replace(ROW, picture="b" * 64, split="test")])


def test_a_difference_counts_what_moved():
    """A moved box is one less and one more."""
    other = replace(ROW, picture="b" * 64)
    found = difference([ROW, other], [replace(ROW, x0=2)])
    assert (found.pictures_removed, found.boxes_removed, found.boxes_added) == (1, 2, 1)
    assert difference([], []).boxes_added == 0


def test_boxes_go_in_as_coco_and_come_out_as_coco_and_yolo(tmp_path: Path, run):
    """With their origin; a region to ignore stays out of YOLO, a bare picture stays in both."""
    for color in ("red", "blue"):
        Image.new("RGB", (40, 30), color).save(tmp_path / f"{color}.png")
    size = {"width": 40, "height": 30}
    images = [{"id": 1, "file_name": "red.png", **size}, {"id": 2, "file_name": "blue.png", **size}]
    box = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 20], "provenance": "edited"}
    crowd = {"image_id": 1, "category_id": 1, "bbox": [20, 2, 10, 20], "iscrowd": 1}
    coco = {
        "images": images,
        "categories": [{"id": 1, "name": "product"}],
        "annotations": [{"id": 1, **box}, {"id": 2, **crowd}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    rights = ("--store", "Corner", "--source", "team", "--licence", "CC0-1.0", "--consent", "owner")
    add = ("dataset", "add", "mine", tmp_path / "coco.json", "--images", tmp_path, *rights)
    assert run(*add, "--why", "first", "--json").json["version"] == 1
    assert run(*add, "--why", "again", "--json").json["version"] == 2
    changed = run("dataset", "diff", "mine", "1", "2", "--json").json
    assert set(changed.values()) == {0}
    told = run("dataset", "stats", "mine", "--json").json
    assert (told["pictures"], told["boxes"], told["regions_to_ignore"]) == (2, 1, 1)
    assert told["boxes_by"]["provenance"] == {"edited": 1}

    assert run("dataset", "export", "mine", "coco", tmp_path / "c").code == 0
    [file] = (tmp_path / "c").glob("*/annotations.json")
    out = json.loads(file.read_text())
    assert [each["bbox"] for each in out["annotations"]] == [[1, 2, 10, 20], [20, 2, 10, 20]]
    assert all((file.parent / each["file_name"]).exists() for each in out["images"])

    assert run("dataset", "export", "mine", "yolo", tmp_path / "y").code == 0
    labels = sorted(file.read_text() for file in (tmp_path / "y").glob("*/labels/*.txt"))
    assert labels == ["", "0 0.150000 0.400000 0.250000 0.666667\n"]


def test_a_name_that_leaves_the_home_is_refused(run):
    """It comes from a command line."""
    assert run("dataset", "stats", "../up").code == 6
