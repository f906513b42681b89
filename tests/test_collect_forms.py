"""Forms that annotations travel in: what goes out comes back."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from facings.collect.dataset import Dataset, Row
from facings.collect.dataset_files import Form, Rights, export, read_form, rows_from
from facings.collect.sheet import write_sheet
from facings.errors import AnnotationError

RIGHTS = Rights("Corner", "team", "CC0-1.0", "owner")
GTIN = "04006381333931"
SOURCE = {
    "coco": "annotations.json",
    "yolo": "",
    "label-studio": "tasks.json",
    "cvat": "annotations.xml",
}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Two pictures of one store: one with three boxes and a region to ignore, one bare."""
    rows = []
    made = Dataset(tmp_path / "set")
    for color in ("red", "blue"):
        file = tmp_path / f"{color}.png"
        Image.new("RGB", (400, 300), color).save(file)
        rows.append(
            Row(made.keep_picture(file), ".png", 400, 300, "Corner", "team", "CC0-1.0", "owner",
                0, 0, 0, 0)
        )  # fmt: skip
    first = {name: getattr(rows[0], name) for name in Row.__dataclass_fields__}
    told = [
        {"x0": 1, "y0": 2, "x1": 101, "y1": 52, "gtin": GTIN, "provenance": "edited",
         "model": "facings-detector v3", "score": 0.75},
        {"x0": 150.5, "y0": 20.25, "x1": 250, "y1": 299, "provenance": "model",
         "model": "facings-detector v3", "score": 0.5},
        {"x0": 300, "y0": 10, "x1": 350, "y1": 60, "label": "price_tag"},
        {"x0": 260, "y0": 100, "x1": 400, "y1": 300, "is_crowd": True},
    ]  # fmt: skip
    made.commit([*(Row(**{**first, **each}) for each in told), rows[1]], "first")
    return made


def comparable(rows: list[Row], *, bare: bool = False) -> list[tuple[object, ...]]:
    """What must come back; with `bare`, as much as YOLO knows."""
    kept = [row for row in rows if not (bare and row.is_crowd)]
    return sorted(
        (
            row.picture,
            *np.round([row.x0, row.y0, row.x1, row.y1], 2).tolist(),
            row.label,
            *(() if bare else (row.gtin, row.is_crowd, row.provenance, row.model, row.score)),
        )
        for row in kept
    )


@pytest.mark.parametrize("form", ["coco", "yolo", "label-studio", "cvat"])
def test_what_is_exported_can_be_imported(form: Form, dataset: Dataset, tmp_path: Path):
    """Boxes, classes, regions to ignore, products and origins; of YOLO boxes and classes alone."""
    rows = dataset.rows()
    counts = export(dataset, rows, form, tmp_path / "out")
    [split] = counts
    folder = tmp_path / "out" if form == "yolo" else tmp_path / "out" / split
    read = read_form(form, folder / SOURCE[form], None)
    back = rows_from(read, Dataset(tmp_path / "back"), RIGHTS)
    bare = form == "yolo"
    assert comparable(back, bare=bare) == comparable(rows, bare=bare)
    assert {(row.width_px, row.height_px) for row in back} == {(400, 300)}


@pytest.mark.parametrize(
    ("form", "contents", "words"),
    [
        ("coco", "[]", "no COCO"),
        ("coco", '{"images": [], "categories": [], "annotations": [{"image_id": 1}]}', "no COCO"),
        ("coco", '{"images": [], "categories": [], "annotations": []}', "no pictures"),
        ("label-studio", '{"a": 1}', "no export of Label Studio"),
        ("label-studio", "[]", "no pictures"),
        ("cvat", "<annotation/>", "no CVAT file"),
        ("cvat", "<annotations><image/></annotations>", "no CVAT file"),
        ("cvat", "{}", "no CVAT file"),
        ("cvat", "<annotations/>", "no pictures"),
    ],
)
def test_a_file_of_another_form_is_refused(form: Form, contents: str, words: str, tmp_path: Path):
    """With its name and what was wrong; never a traceback."""
    file = tmp_path / "file"
    file.write_text(contents)
    with pytest.raises(AnnotationError, match=words):
        rows_from(read_form(form, file, None), Dataset(tmp_path / "set"), RIGHTS)


@pytest.mark.parametrize("form", ["coco", "label-studio", "cvat"])
def test_a_picture_that_is_not_there_is_named(form: Form, dataset: Dataset, tmp_path: Path):
    """And where it was looked for."""
    [split] = export(dataset, dataset.rows(), form, tmp_path / "out")
    (tmp_path / "elsewhere").mkdir()
    source = tmp_path / "out" / split / SOURCE[form]
    with pytest.raises(AnnotationError, match="elsewhere"):
        list(read_form(form, source, tmp_path / "elsewhere"))


def test_label_studio_finds_pictures_by_key_or_path(tmp_path: Path):
    """As it exports local files, and as `facings annotate push` calls them; skipped tasks stay."""
    Image.new("RGB", (200, 100)).save(tmp_path / "a b.png")
    value = {"x": 10, "y": 20, "width": 50, "height": 50, "rectanglelabels": ["product"]}
    result = [{"id": "1", "type": "rectanglelabels", "value": value}]
    done, skipped = {"result": result}, {"result": [], "was_cancelled": True}
    tasks = [
        {"data": {"image": "/data/local-files/?d=x/a%20b.png"}, "annotations": [skipped, done]},
        {"data": {"image": "data:image/png;base64,", "key": "a b.png"}, "annotations": [done]},
        {"data": {"image": "c.png"}, "annotations": [skipped]},
    ]
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(tasks))
    read = list(read_form("label-studio", file, None))
    assert [each.boxes[0].xyxy for each in read] == [(20, 20, 120, 70)] * 2


def test_a_sheet_shows_every_picture_with_its_boxes(dataset: Dataset, tmp_path: Path):
    """One file that needs nothing else; what names say is never markup."""
    out = tmp_path / "sheet.html"
    assert write_sheet("<b>", dataset, dataset.rows(), out, 10) == 2
    page = out.read_text()
    assert "<h1>&lt;b&gt;</h1>" in page
    assert page.count("<figure") == 2
    assert page.count("<rect ") == 4
    assert "4006381333931" in page
    assert "http" not in page
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    ElementTree.fromstring(svg)
    assert write_sheet("one", dataset, dataset.rows(), out, 1) == 1
    assert write_sheet("none", dataset, [], out, 1) == 0
