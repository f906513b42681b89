"""Label Studio's JSON: tasks with annotations, as it exports and imports them.

Boxes are percents of the upright picture. A region's `meta` carries provenance, model and score.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np

from facings.collect.forms.annotated import AnnotatedBox, AnnotatedPicture
from facings.collect.forms.source import PictureFolder, upright_size_wh
from facings.collect.label_studio import IGNORE, region_of
from facings.errors import AnnotationError
from facings.output import replaced_file


def read(file: Path, images: Path) -> Iterator[AnnotatedPicture]:
    """Read the first annotation of each task that was not skipped.

    Args:
        images: folder with the pictures; each is found by the task's `key`, or by the file name
            at the end of its `image`.

    Raises:
        AnnotationError: it is no export of Label Studio, or a picture is not there.
    """
    try:
        tasks = json.loads(file.read_text("utf-8"))
        folder = PictureFolder(images)
        for task in tasks:
            done = [each for each in task["annotations"] if not each.get("was_cancelled")]
            if not done:
                continue
            name = task["data"].get("key") or _file_name(task["data"]["image"])
            picture = folder.find(name)
            if picture is None:
                raise AnnotationError(f"{name} is not in {images}", hint="say where with --images")
            yield _picture(name, picture, done[0]["result"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise AnnotationError(f"{file} is no export of Label Studio: {error}") from error


def write(pictures: Sequence[AnnotatedPicture], folder: Path) -> None:
    """Write `tasks.json`, with pictures by their path in the folder."""
    tasks = [
        {
            "data": {"image": each.file.as_posix(), "key": each.file.name},
            "annotations": [
                {"result": [part for n, box in enumerate(each.boxes)
                            for part in _regions(n, box, each.size_wh)]}
            ],
        }
        for each in pictures
    ]  # fmt: skip
    with replaced_file(folder / "tasks.json") as fresh:
        fresh.write_text(json.dumps(tasks) + "\n", "utf-8")


def _picture(name: str, picture: Path, result: Sequence[Mapping[str, Any]]) -> AnnotatedPicture:
    size = upright_size_wh(picture)
    gtins = {
        each["id"]: "".join(each["value"]["text"][:1]).strip()
        for each in result
        if each["type"] == "textarea"
    }
    regions = [each for each in result if each["type"] == "rectanglelabels"]
    boxes = tuple(_box(each, gtins.get(each["id"], ""), size) for each in regions)
    return AnnotatedPicture(name, picture, size, boxes)


def _box(region: Mapping[str, Any], gtin: str, size_wh: tuple[int, int]) -> AnnotatedBox:
    value, meta = region["value"], region.get("meta", {})
    sides = np.array([*size_wh, *size_wh]) / 100
    x, y = value["x"], value["y"]
    x0, y0, x1, y1 = (np.array([x, y, x + value["width"], y + value["height"]]) * sides).tolist()
    label = value["rectanglelabels"][0]
    return AnnotatedBox(
        (x0, y0, x1, y1),
        "product" if label == IGNORE else label,
        gtin.zfill(14) if gtin.isdigit() else "",
        label == IGNORE,
        meta.get("provenance", "human"),
        meta.get("model", ""),
        float(meta.get("score", 0.0)),
    )


def _regions(number: int, box: AnnotatedBox, size_wh: tuple[int, int]) -> list[dict[str, Any]]:
    region = region_of(f"b{number}", box.xyxy, size_wh, IGNORE if box.is_crowd else box.label)
    region["meta"] = {"provenance": box.provenance, "model": box.model, "score": box.score}
    if not box.gtin:
        return [region]
    text = {**region, "type": "textarea", "from_name": "gtin"}
    text["value"] = {**{name: region["value"][name] for name in ("x", "y", "width", "height")},
                     "text": [box.gtin]}  # fmt: skip
    return [region, text]


def _file_name(image: str) -> str:
    parsed = urlparse(image)
    return PurePosixPath(unquote(parsed.query.removeprefix("d=") or parsed.path)).name
