"""COCO, with `gtin`, `provenance`, `model` and `score` of each box beside what is usual."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from facings.collect.forms.annotated import AnnotatedBox, AnnotatedPicture
from facings.errors import AnnotationError
from facings.output import replaced_file


def read(file: Path, images: Path) -> Iterator[AnnotatedPicture]:
    """Read every picture of a COCO file.

    Args:
        images: folder that file names start from.

    Raises:
        AnnotationError: it is no COCO file, or a picture is not there.
    """
    try:
        coco = json.loads(file.read_text("utf-8"))
        names = {each["id"]: str(each["name"]) for each in coco["categories"]}
        of_image: dict[int, list[dict[str, Any]]] = {each["id"]: [] for each in coco["images"]}
        for each in coco["annotations"]:
            of_image[each["image_id"]].append(each)
        for image in coco["images"]:
            path = images / image["file_name"]
            if not path.is_file():
                raise AnnotationError(f"{path} is not there", hint="say where with --images")
            size = int(image["width"]), int(image["height"])
            boxes = tuple(_box(each, names) for each in of_image[image["id"]])
            yield AnnotatedPicture(image["file_name"], path, size, boxes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnnotationError(f"{file} is no COCO file: {error}") from error


def write(pictures: Sequence[AnnotatedPicture], folder: Path) -> None:
    """Write `annotations.json`."""
    classes = sorted({box.label for each in pictures for box in each.boxes} | {"product"})
    numbers = {label: number for number, label in enumerate(classes, 1)}
    boxes = [
        {"id": number, "image_id": image, **_row(box, numbers[box.label])}
        for number, (image, box) in enumerate(
            ((image, box) for image, each in enumerate(pictures, 1) for box in each.boxes), 1
        )
    ]
    document = {
        "images": [
            {"id": n, "file_name": each.file.as_posix(), "width": each.size_wh[0],
             "height": each.size_wh[1]}
            for n, each in enumerate(pictures, 1)
        ],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
        "annotations": boxes,
    }  # fmt: skip
    with replaced_file(folder / "annotations.json") as fresh:
        fresh.write_text(json.dumps(document) + "\n", "utf-8")


def _box(each: dict[str, Any], names: dict[int, str]) -> AnnotatedBox:
    x, y, width, height = map(float, each["bbox"])
    return AnnotatedBox(
        (x, y, x + width, y + height),
        names[each["category_id"]],
        str(each.get("gtin", "")),
        bool(each.get("iscrowd", 0)),
        each.get("provenance", "human"),
        str(each.get("model", "")),
        float(each.get("score", 0.0)),
    )


def _row(box: AnnotatedBox, category: int) -> dict[str, object]:
    x0, y0, x1, y1 = box.xyxy
    row: dict[str, object] = {
        "category_id": category,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": (x1 - x0) * (y1 - y0),
        "iscrowd": int(box.is_crowd),
        "provenance": box.provenance,
    }
    told = {"gtin": box.gtin, "model": box.model, "score": box.score}
    return row | {name: value for name, value in told.items() if value}
