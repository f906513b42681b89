"""Annotations of every form become our COCO file, and nothing is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facings.errors import AnnotationError
from facings.evaluate.truth import read_truths
from facings_train import cli
from facings_train.convert.formats import Form, read_format
from facings_train.convert.write import Conversion, write_coco

VOC = """<annotation><folder>x</folder><filename>a.png</filename>
<size><width>{width}</width><height>60</height><depth>3</depth></size>
<object><name>juice</name><difficult>0</difficult>
<bndbox><xmin>10</xmin><ymin>20.5</ymin><xmax>40</xmax><ymax>50</ymax></bndbox></object>
<object><name>juice</name><difficult>1</difficult>
<bndbox><xmin>50</xmin><ymin>0</ymin><xmax>100</xmax><ymax>30</ymax></bndbox></object>
</annotation>"""


def write_picture(file: Path, width: int = 100, height: int = 60) -> None:
    """A grey picture."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), np.full((height, width, 3), 128, np.uint8))


def write_text(file: Path, text: str) -> None:
    """A text file, with its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def supervisely(*objects: dict[str, object]) -> str:
    """An annotation of a picture of 100 x 60."""
    return json.dumps({"size": {"width": 100, "height": 60}, "objects": objects})


def rectangle(name: str = "juice") -> dict[str, object]:
    """An object from 10, 20 to 40, 50, its corners in an unusual order."""
    points = {"exterior": [[40, 20], [10, 50]], "interior": []}
    return {"classTitle": name, "geometryType": "rectangle", "points": points}


def coco(folder: Path, *boxes: dict[str, object], **changes: object) -> Path:
    """A COCO file for `a.png` with a product, a price tag and a region to ignore."""
    document = {
        "images": [{"id": 5, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "product"}, {"id": 2, "name": "price_tag"}],
        "annotations": [
            {"image_id": 5, "category_id": 1, "bbox": [10, 20, 30, 30]},
            {"image_id": 5, "category_id": 2, "bbox": [0, 0, 9, 9]},
            {"image_id": 5, "category_id": 1, "bbox": [50, 0, 50, 30], "iscrowd": 1},
            *boxes,
        ],
    }
    (folder / "in.json").write_text(json.dumps(document | changes))
    return folder / "in.json"


def convert(
    form: Form, source: Path, out: Path, *products: str, pictures: Path | None = None
) -> Conversion:
    """Read a form and write our COCO file."""
    return write_coco(list(read_format(form, source, pictures)), out, products)


def boxes_in(out: Path) -> list[list[float]]:
    """Product boxes of the only picture, read as training and evaluation read them."""
    [truth] = read_truths(out, out.parent)
    return truth.boxes_xyxy.tolist()


@pytest.mark.parametrize("form", ["yolo", "voc", "supervisely"])
def test_an_empty_folder_is_refused(tmp_path: Path, form: Form) -> None:
    """With what was looked for."""
    with pytest.raises(AnnotationError, match=r"holds no (pictures|XML files|ann/\*\.json)"):
        convert(form, tmp_path, tmp_path / "out.json")


@pytest.mark.parametrize("form", ["yolo", "voc", "supervisely", "coco", "sku110k"])
def test_what_is_not_there_is_refused(tmp_path: Path, form: Form) -> None:
    """One line names it."""
    with pytest.raises(AnnotationError, match="gone"):
        convert(form, tmp_path / "gone", tmp_path / "out.json")


@pytest.mark.parametrize("labels", ["data/images/train/a.txt", "data/labels/train/a.txt"])
def test_yolo_labels_lie_beside_pictures_or_under_labels(tmp_path: Path, labels: str) -> None:
    """A box and a polygon, as shares of the picture; names come from data.yaml."""
    write_picture(tmp_path / "data/images/train/a.png")
    write_text(tmp_path / labels, "1 0.25 0.5 0.3 0.5\n0 0.5 0 1 0 1 0.5 0.7 0.2\n\n")
    write_text(tmp_path / "data/data.yaml", "nc: 2\nnames: ['tag', 'juice']\n")
    done = convert("yolo", tmp_path / "data", tmp_path / "out.json")
    assert boxes_in(tmp_path / "out.json") == [[10, 15, 40, 45], [50, 0, 100, 30]]
    assert done.labels == {"juice": 1, "tag": 1}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "tag\njuice\n"),
        ("obj.names", "tag\njuice\n"),
        ("data.yaml", "path: x\nnames: [tag, juice]\n"),
        ("data.yaml", "names:\n  - tag\n  - 'juice'\nnc: 2\n"),
        ("data.yml", 'nc: 2\nnames:\n  0: tag\n  1: "juice"\n'),
    ],
)
def test_yolo_classes_have_names(tmp_path: Path, file: str, text: str) -> None:
    """In each of the files that hold them; one class can be chosen by its name."""
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "a.txt", "0 0.5 0.5 0.1 0.1\n1 0.25 0.5 0.3 0.5")
    write_text(tmp_path / file, text)
    done = convert("yolo", tmp_path, tmp_path / "out.json", "juice")
    assert boxes_in(tmp_path / "out.json") == [[10, 15, 40, 45]]
    assert done.left_out == {"box is a 'tag'": 1}


def test_a_yolo_picture_without_label_file_is_left_out(tmp_path: Path) -> None:
    """An empty file says that nothing stands there; no file says nothing."""
    for name in ("a", "b", "c"):
        write_picture(tmp_path / f"{name}.png")
    write_text(tmp_path / "a.txt", "0 0.5 0.5 0.1 0.1")
    write_text(tmp_path / "b.txt", "")
    done = convert("yolo", tmp_path, tmp_path / "out.json")
    assert (done.pictures_in, done.pictures_out) == (3, 2)
    assert done.left_out == {"picture has no label file": 1}


def test_shares_are_of_the_upright_picture(tmp_path: Path) -> None:
    """A phone's photo that lies on its side in the file is 60 wide and 100 high."""
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.zeros((60, 100, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    write_text(tmp_path / "a.txt", "0 0.5 0.5 0.5 0.5")
    convert("yolo", tmp_path, tmp_path / "out.json")
    assert boxes_in(tmp_path / "out.json") == [[15, 25, 45, 75]]


def test_voc_difficult_objects_become_crowds(tmp_path: Path) -> None:
    """Nobody is asked to find them."""
    write_picture(tmp_path / "voc/JPEGImages/a.png")
    write_text(tmp_path / "voc/Annotations/a.xml", VOC.format(width=100))
    convert("voc", tmp_path / "voc", tmp_path / "out.json")
    [truth] = read_truths(tmp_path / "out.json", tmp_path)
    assert truth.boxes_xyxy.tolist() == [[10, 20.5, 40, 50]]
    assert truth.crowds_xyxy.tolist() == [[50, 0, 100, 30]]


def test_a_picture_of_another_size_is_left_out_with_its_boxes(tmp_path: Path) -> None:
    """The boxes would stand anywhere."""
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "a.xml", VOC.format(width=200))
    write_picture(tmp_path / "b.png")
    write_text(tmp_path / "b.xml", VOC.format(width=100).replace("a.png", "b.png"))
    done = convert("voc", tmp_path, tmp_path / "out.json")
    assert (done.pictures_out, done.boxes_out) == (1, 2)
    reason = "has another size than its annotation says"
    assert done.left_out == {f"picture {reason}": 1, f"box of a picture that {reason}": 2}


def test_supervisely_projects_are_read(tmp_path: Path) -> None:
    """Corners in any order, polygons by their hull, other shapes left out and counted."""
    polygon = {
        "classTitle": "tea",
        "geometryType": "polygon",
        "points": {"exterior": [[60, 10], [90, 5], [80, 40]]},
    }
    bitmap = {"classTitle": "tea", "geometryType": "bitmap", "bitmap": {}}
    write_picture(tmp_path / "p/ds/img/a.png")
    write_text(tmp_path / "p/ds/ann/a.png.json", supervisely(rectangle(), polygon, bitmap))
    write_text(tmp_path / "p/meta.json", "{}")
    done = convert("supervisely", tmp_path / "p", tmp_path / "out.json")
    assert boxes_in(tmp_path / "out.json") == [[10, 20, 40, 50], [60, 5, 90, 40]]
    assert (done.boxes_in, done.left_out) == (3, {"box is a bitmap": 1})


def test_rows_of_the_csv_form_are_put_together_by_picture(tmp_path: Path) -> None:
    """The pictures are found in `images` beside `annotations`."""
    write_picture(tmp_path / "sku/images/a.png")
    rows = (
        "a.png,10,20,40,50,object,100,60",
        "b.png,1,2,3,4,object,9,9",
        "a.png,50,0,120,30,object,100,60",
    )
    write_text(tmp_path / "sku/annotations/train.csv", "\n".join(rows))
    done = convert("sku110k", tmp_path / "sku/annotations/train.csv", tmp_path / "out.json")
    assert boxes_in(tmp_path / "out.json") == [[10, 20, 40, 50], [50, 0, 100, 30]]
    assert done.left_out == {"picture is not there, or its name is there twice": 1}


def test_of_coco_the_product_class_is_taken(tmp_path: Path) -> None:
    """Crowds stay crowds; a box of nothing and one outside are counted."""
    write_picture(tmp_path / "a.png")
    source = coco(
        tmp_path,
        {"image_id": 9, "category_id": 1, "bbox": [0, 0, 9, 9]},
        {"image_id": 5, "category_id": 7, "bbox": [0, 0, 9, 9]},
        {"image_id": 5, "category_id": 1, "bbox": [200, 0, 9, 9]},
    )
    done = convert("coco", source, tmp_path / "out.json")
    [truth] = read_truths(tmp_path / "out.json", tmp_path)
    assert truth.boxes_xyxy.tolist() == [[10, 20, 40, 50]]
    assert truth.crowds_xyxy.tolist() == [[50, 0, 100, 30]]
    assert (done.boxes_in, done.boxes_out) == (6, 2)
    assert done.left_out == {
        "box is of a picture that is not listed": 1,
        "box is of a class that is not listed": 1,
        "box has no area within its picture": 1,
        "box is a 'price_tag'": 1,
    }


def test_a_class_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With those there are."""
    write_picture(tmp_path / "a.png")
    with pytest.raises(AnnotationError, match="no box is a 'juice', the classes are: 'price_tag'"):
        convert("coco", coco(tmp_path), tmp_path / "out.json", "juice")


def test_without_any_picture_nothing_is_written(tmp_path: Path) -> None:
    """The reasons are in the message."""
    with pytest.raises(AnnotationError, match=r"no picture is left: picture is not there.* \(1\)"):
        convert("coco", coco(tmp_path), tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_file_names_lead_from_the_output_to_the_pictures(tmp_path: Path) -> None:
    """Wherever the COCO file is written."""
    write_picture(tmp_path / "data/images/a.png")
    write_text(tmp_path / "data/images/a.txt", "0 0.5 0.5 0.5 0.5")
    convert("yolo", tmp_path / "data", tmp_path / "elsewhere/out.json")
    [image] = json.loads((tmp_path / "elsewhere/out.json").read_text())["images"]
    assert image["file_name"] == "../data/images/a.png"
    assert boxes_in(tmp_path / "elsewhere/out.json") == [[25, 15, 75, 45]]


@pytest.mark.parametrize(
    ("form", "file", "text", "complaint"),
    [
        ("yolo", "a.txt", "0 0.5 0.5 0.1", r"a\.txt:1: not a YOLO line: '0 0\.5 0\.5 0\.1'"),
        ("yolo", "a.txt", "\n0 50 20 30 40", r"a\.txt:2"),
        ("yolo", "a.txt", "cat 0.5 0.5 0.1 0.1", r"a\.txt:1"),
        ("yolo", "a.txt", "0 nan 0.5 0.1 0.1", r"a\.txt:1"),
        ("voc", "a.xml", "<annotation>", r"a\.xml is not XML"),
        ("voc", "a.xml", "<kml/>", "the root is <kml>"),
        ("voc", "a.xml", VOC.format(width="wide"), "size/width is not a number: 'wide'"),
        ("voc", "a.xml", VOC.format(width=9).replace("xmax", "x2"), "object 1: bndbox/xmax"),
        ("supervisely", "ann/a.png.json", "{", "is not JSON"),
        ("supervisely", "ann/a.png.json", '{"objects": []}', "size: Field required"),
        ("sku110k", "a.csv", "a.png,1,2,3,4,object,9\n", r"a\.csv:1: not a row"),
        ("sku110k", "a.csv", "image,x1,y1,x2,y2,class,w,h\n", r"a\.csv:1"),
        ("sku110k", "a.csv", "", "has no rows"),
        ("coco", "in.json", "[]", "in.json"),
        ("coco", "in.json", "{", "is not JSON"),
    ],
)
def test_malformed_input_is_one_clear_line(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    form: Form,
    file: str,
    text: str,
    complaint: str,
) -> None:
    """Which file, which line, what was read; nothing is written."""
    write_picture(tmp_path / "a.png")
    write_picture(tmp_path / "img/a.png" if form == "supervisely" else tmp_path / "a.png")
    write_text(tmp_path / file, text)
    source = tmp_path / file if form in ("coco", "sku110k") else tmp_path
    with pytest.raises(AnnotationError, match=complaint):
        convert(form, source, tmp_path / "out.json")
    assert cli.main(["convert", form, str(source), str(tmp_path / "out.json")]) == 6
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert not (tmp_path / "out.json").exists()


def test_the_command_says_what_came_in_and_what_was_left_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Three kinds of lines on stdout."""
    write_picture(tmp_path / "a.png")
    out = tmp_path / "out.json"
    assert cli.main(["convert", "coco", str(coco(tmp_path)), str(out)]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "came in: 1 pictures, 3 boxes (product 2, price_tag 1)",
        f"written: 1 pictures, 2 products to {out}",
        "left out: 1 x box is a 'price_tag', first a.png",
    ]


def test_an_unknown_form_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    """The known ones are listed."""
    assert cli.main(["convert", "darknet", "in", "out.json"]) == 2
    assert "'voc'" in capfd.readouterr().err
