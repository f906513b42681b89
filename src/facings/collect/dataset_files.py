"""Boxes into a data set from a form that others write, and out of it, one folder a split."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facings.collect.dataset import Dataset, Row
from facings.collect.forms import coco, cvat, label_studio, yolo_folder
from facings.collect.forms.annotated import AnnotatedBox, AnnotatedPicture
from facings.errors import AnnotationError

Form = Literal["coco", "yolo", "label-studio", "cvat"]


@dataclass(frozen=True, slots=True)
class Rights:
    """Where pictures come from, and what may be done with them."""

    store: str
    source: str
    licence: str
    consent: str


def read_form(form: Form, source: Path, images: Path | None) -> Iterator[AnnotatedPicture]:
    """Read annotations.

    Args:
        source: file; of YOLO the folder of the data set.
        images: folder of the pictures; None means where the file lies.

    Raises:
        AnnotationError: it is not of that form, or a picture is not there.
    """
    match form:
        case "yolo":
            return yolo_folder.read(source)
        case "coco":
            return coco.read(source, images or source.parent)
        case "label-studio":
            return label_studio.read(source, images or source.parent)
        case "cvat":
            return cvat.read(source, images or source.parent)


def rows_from(pictures: Iterable[AnnotatedPicture], dataset: Dataset, rights: Rights) -> list[Row]:
    """Keep the pictures in a data set, and make rows of their boxes, clipped to them.

    Raises:
        AnnotationError: a row is not sound, or there is no picture.
    """
    rows = [
        _row(each, dataset.keep_picture(each.file), box, rights)
        for each in pictures
        for box in each.boxes or (_NO_BOX,)
    ]
    if not rows:
        raise AnnotationError("there are no pictures in it")
    return rows


def export(dataset: Dataset, rows: Sequence[Row], form: Form, out: Path) -> dict[str, int]:
    """Write pictures and boxes, a folder for each split; give the pictures in each."""
    classes = sorted({row.label for row in rows})
    counts: dict[str, int] = {}
    for split in sorted({row.split for row in rows}):
        pictures = _pictures([row for row in rows if row.split == split])
        for picture, row in pictures:
            target = out / split / picture.file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dataset.picture_file(row.picture, row.suffix), target)
        _write(form, [picture for picture, _ in pictures], out / split, classes)
        counts[split] = len(pictures)
    if form == "yolo":
        (out / "classes.txt").write_text("".join(f"{each}\n" for each in classes), "utf-8")
    return counts


_NO_BOX = AnnotatedBox((0, 0, 0, 0))


def _write(
    form: Form, pictures: Sequence[AnnotatedPicture], folder: Path, classes: Sequence[str]
) -> None:
    match form:
        case "yolo":
            yolo_folder.write(pictures, folder, classes)
        case "coco":
            coco.write(pictures, folder)
        case "label-studio":
            label_studio.write(pictures, folder)
        case "cvat":
            cvat.write(pictures, folder)


def _pictures(rows: Sequence[Row]) -> list[tuple[AnnotatedPicture, Row]]:
    """Rows put together by their picture, in order; with each its first row."""
    by_picture: dict[str, list[Row]] = {}
    for row in rows:
        by_picture.setdefault(row.picture, []).append(row)
    found = []
    for picture, of_one in by_picture.items():
        first = of_one[0]
        file = Path("images", f"{picture[:16]}{first.suffix}")
        boxes = tuple(
            AnnotatedBox(
                (row.x0, row.y0, row.x1, row.y1),
                row.label,
                row.gtin,
                row.is_crowd,
                row.provenance,
                row.model,
                row.score,
            )
            for row in of_one
            if row.has_box
        )
        size = (first.width_px, first.height_px)
        found.append((AnnotatedPicture(file.name, file, size, boxes), first))
    return found


def _row(picture: AnnotatedPicture, sha256: str, box: AnnotatedBox, rights: Rights) -> Row:
    width, height = picture.size_wh
    x0, y0, x1, y1 = box.xyxy
    return Row(
        sha256,
        picture.file.suffix.lower(),
        width,
        height,
        rights.store,
        rights.source,
        rights.licence,
        rights.consent,
        min(max(0.0, x0), width),
        min(max(0.0, y0), height),
        min(max(0.0, x1), width),
        min(max(0.0, y1), height),
        label=box.label,
        gtin=box.gtin,
        is_crowd=box.is_crowd,
        provenance=box.provenance,
        model=box.model,
        score=box.score,
    )
