"""Boxes into a data set from our COCO file, and out of it as COCO or YOLO, one folder a split."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facings.collect.dataset import Dataset, Row
from facings.errors import AnnotationError
from facings.output import replaced_file

Form = Literal["coco", "yolo"]


@dataclass(frozen=True, slots=True)
class Rights:
    """Where pictures come from, and what may be done with them."""

    store: str
    source: str
    licence: str
    consent: str


def rows_from_coco(file: Path, images: Path, dataset: Dataset, rights: Rights) -> list[Row]:
    """Keep the pictures of a COCO file and read its boxes, `provenance` and `gtin` too.

    Other forms become COCO by `facings-train convert`.

    Raises:
        AnnotationError: it is no COCO file, or a picture is not there.
    """
    try:
        coco = json.loads(file.read_text("utf-8"))
        pictures = {each["id"]: each for each in coco["images"]}
        boxes = [(pictures[each["image_id"]], each) for each in coco["annotations"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnnotationError(f"{file} is no COCO file: {error}") from error
    rows = []
    bare = dict(pictures)
    kept: dict[int, tuple[str, str]] = {}
    for number, picture in pictures.items():
        path = images / picture["file_name"]
        if not path.is_file():
            raise AnnotationError(f"{path} is not there", hint="say where with --images")
        kept[number] = dataset.keep_picture(path), path.suffix.lower()
    for picture, each in boxes:
        bare.pop(picture["id"], None)
        rows.append(_row(picture, kept[picture["id"]], each, rights))
    rows += [_row(each, kept[number], {}, rights) for number, each in bare.items()]
    return rows


def export(dataset: Dataset, rows: Sequence[Row], form: Form, out: Path) -> dict[str, int]:
    """Write pictures and boxes, a folder for each split; give the pictures in each.

    YOLO has no regions to ignore: there they are left out.
    """
    counts: dict[str, int] = {}
    for split in sorted({row.split for row in rows}):
        of_split = [row for row in rows if row.split == split]
        names = {row.picture: f"{row.picture[:16]}{row.suffix}" for row in of_split}
        for row in {row.picture: row for row in of_split}.values():
            target = out / split / "images" / names[row.picture]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dataset.picture_file(row.picture, row.suffix), target)
        if form == "coco":
            _write_coco(of_split, names, out / split / "annotations.json")
        else:
            _write_yolo(of_split, names, out / split / "labels")
        counts[split] = len(names)
    if form == "yolo":
        (out / "classes.txt").write_text("product\n", "utf-8")
    return counts


def _row(picture: dict, kept: tuple[str, str], box: dict, rights: Rights) -> Row:  # type: ignore[type-arg]
    x, y, width, height = box.get("bbox", (0, 0, 0, 0))
    size = float(picture["width"]), float(picture["height"])
    return Row(
        kept[0],
        kept[1],
        picture["width"],
        picture["height"],
        rights.store,
        rights.source,
        rights.licence,
        rights.consent,
        max(0.0, float(x)),
        max(0.0, float(y)),
        min(size[0], float(x + width)),
        min(size[1], float(y + height)),
        gtin=str(box.get("gtin", "")),
        is_crowd=bool(box.get("iscrowd", 0)),
        provenance=box.get("provenance", "human"),
        model=str(box.get("model", "")),
        score=float(box.get("score", 0.0)),
    )


def _write_coco(rows: Sequence[Row], names: dict[str, str], file: Path) -> None:
    numbers = {picture: number for number, picture in enumerate(names, 1)}
    sizes = {row.picture: (row.width_px, row.height_px) for row in rows}
    images = [
        {"id": n, "file_name": f"images/{names[p]}", "width": sizes[p][0], "height": sizes[p][1]}
        for p, n in numbers.items()
    ]
    boxes = [
        {
            "id": number,
            "image_id": numbers[row.picture],
            "category_id": 1,
            "bbox": [row.x0, row.y0, row.x1 - row.x0, row.y1 - row.y0],
            "area": (row.x1 - row.x0) * (row.y1 - row.y0),
            "iscrowd": int(row.is_crowd),
            "provenance": row.provenance,
            **({"gtin": row.gtin} if row.gtin else {}),
        }
        for number, row in enumerate((row for row in rows if row.has_box), 1)
    ]
    categories = [{"id": 1, "name": "product"}]
    with replaced_file(file) as fresh:
        document = {"images": images, "categories": categories, "annotations": boxes}
        fresh.write_text(json.dumps(document) + "\n", "utf-8")


def _write_yolo(rows: Sequence[Row], names: dict[str, str], folder: Path) -> None:
    lines: dict[str, list[str]] = {name: [] for name in names.values()}
    for row in rows:
        if row.has_box and not row.is_crowd:
            shares = (
                (row.x0 + row.x1) / 2 / row.width_px,
                (row.y0 + row.y1) / 2 / row.height_px,
                (row.x1 - row.x0) / row.width_px,
                (row.y1 - row.y0) / row.height_px,
            )
            lines[names[row.picture]].append("0 " + " ".join(f"{each:.6f}" for each in shares))
    folder.mkdir(parents=True, exist_ok=True)
    for name, of_picture in lines.items():
        (folder / Path(name).with_suffix(".txt")).write_text(
            "".join(f"{line}\n" for line in of_picture), "utf-8"
        )
