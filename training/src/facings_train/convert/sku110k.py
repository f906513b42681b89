"""The CSV form of SKU-110K, for those who have the right to use that data set.

    IMAGE_NAME,X1,Y1,X2,Y2,CLASS,IMAGE_WIDTH,IMAGE_HEIGHT        no heading

The data set's own licence is for research alone: what Facings publishes is never trained on it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from facings.collect.forms.source import LeftOut, PictureFolder, SourcePicture, corners
from facings.errors import AnnotationError


@dataclass(slots=True)
class _Rows:
    size_wh: tuple[int, int]
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def read_sku110k(file: Path, pictures: PictureFolder) -> Iterator[SourcePicture | LeftOut]:
    """Read the rows of a CSV file, put together by their picture.

    Raises:
        AnnotationError: the file cannot be read, is empty, or a row is malformed.
    """
    by_name: dict[str, _Rows] = {}
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if row:
                    _add(by_name, row, f"{file}:{number}")
    except OSError as error:
        raise AnnotationError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AnnotationError(f"{file} is not a text file") from error
    if not by_name:
        raise AnnotationError(f"{file} has no rows")
    for name, rows in by_name.items():
        picture = pictures.find(name)
        if picture is None:
            yield LeftOut("picture", "is not there, or its name is there twice", name)
            continue
        crowds = (False,) * len(rows.boxes)
        yield SourcePicture(
            picture, corners(rows.boxes), tuple(rows.labels), crowds, size_wh=rows.size_wh
        )


def _add(by_name: dict[str, _Rows], row: list[str], where: str) -> None:
    try:
        name, *sides, label, width, height = row
        x0, y0, x1, y1 = (float(side) for side in sides)
        size_wh = int(width), int(height)
    except ValueError as error:
        raise AnnotationError(
            f"{where}: not a row of SKU-110K's form: {','.join(row)[:60]!r}",
            hint="IMAGE_NAME,X1,Y1,X2,Y2,CLASS,IMAGE_WIDTH,IMAGE_HEIGHT, without a heading",
        ) from error
    rows = by_name.setdefault(name, _Rows(size_wh))
    rows.boxes.append((x0, y0, x1, y1))
    rows.labels.append(label)
