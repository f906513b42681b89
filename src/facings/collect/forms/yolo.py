"""YOLO: a text file for each picture, a line for each box.

    CLASS CENTRE_X CENTRE_Y WIDTH HEIGHT       shares of the picture
    CLASS X0 Y0 X1 Y1 X2 Y2 ...                a polygon: its hull is taken

The text lies beside its picture, or under `labels` where the picture lies under `images`. Names of
the classes are read from `classes.txt`, `*.names`, or `names` of a `data.yaml`; without them a
class is called by its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from facings.collect.forms.source import LeftOut, PictureFolder, SourcePicture, corners, hull
from facings.errors import AnnotationError

_BOX_VALUES = 4
_CORNERS = 3  # a polygon has at least so many


def read_yolo(folder: Path) -> Iterator[SourcePicture | LeftOut]:
    """Read every picture in a folder that has a label file; an empty one says: no boxes.

    Raises:
        AnnotationError: there are no pictures, or a line is malformed.
    """
    pictures = PictureFolder(folder).files
    if not pictures:
        raise AnnotationError(f"{folder} holds no pictures", hint="pass the data set's folder")
    names = _class_names(folder)
    for picture in pictures:
        labels = _label_file(picture)
        if labels is None:
            yield LeftOut("picture", "has no label file", str(picture))
        else:
            yield _read_labels(picture, labels, names)


def _label_file(picture: Path) -> Path | None:
    beside = picture.with_suffix(".txt")
    if beside.is_file():
        return beside
    parts = list(beside.parts)
    if "images" in parts:
        last = len(parts) - 1 - parts[::-1].index("images")
        parts[last] = "labels"
        if (file := Path(*parts)).is_file():
            return file
    return None


def _read_labels(picture: Path, file: Path, names: dict[int, str]) -> SourcePicture:
    boxes: list[tuple[float, float, float, float]] = []
    labels: list[str] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            index, values = int(words[0]), [float(word) for word in words[1:]]
            boxes.append(_box(values))
        except ValueError as error:
            raise AnnotationError(
                f"{file}:{number}: not a YOLO line: {line.strip()[:60]!r}",
                hint="CLASS CENTRE_X CENTRE_Y WIDTH HEIGHT, as shares of the picture",
            ) from error
        labels.append(names.get(index, str(index)))
    crowds = (False,) * len(boxes)
    return SourcePicture(picture, corners(boxes), tuple(labels), crowds, unit="shares")


def _box(values: list[float]) -> tuple[float, float, float, float]:
    if not all(-0.5 <= value <= 1.5 for value in values):  # pixels, or no numbers
        raise ValueError("not shares of the picture")
    if len(values) == _BOX_VALUES:
        x, y, width, height = values
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(values) % 2 or len(values) < 2 * _CORNERS:
        raise ValueError("neither a box nor a polygon")
    return hull(list(zip(values[::2], values[1::2], strict=True)))


def _class_names(folder: Path) -> dict[int, str]:
    for file in (folder / "classes.txt", *sorted(folder.glob("*.names"))):
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            return {number: line.strip() for number, line in enumerate(lines) if line.strip()}
    for file in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if names := _names_in_yaml(file.read_text(encoding="utf-8")):
            return names
    return {}


def _names_in_yaml(text: str) -> dict[int, str]:
    """The value of `names`: a list on one line, a list of lines, or numbered lines."""
    found = re.search(
        r"^names:[ \t]*(\[[^\]]*\])?[ \t]*\n?((?:[ \t]*(?:-|\d+:).*\n?)*)", text, re.M
    )
    if found is None:
        return {}
    if found[1]:
        names = [name.strip(" \t\n'\"") for name in found[1][1:-1].split(",")]
        return dict(enumerate(names))
    lines = [line.strip() for line in found[2].splitlines()]
    if all(line.startswith("-") for line in lines):
        return {number: line[1:].strip(" '\"") for number, line in enumerate(lines)}
    pairs = [line.split(":", 1) for line in lines if not line.startswith("-")]
    return {int(number): name.strip(" '\"") for number, name in pairs}
