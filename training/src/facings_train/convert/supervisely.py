"""Supervisely: a project's folder, `DATASET/ann/PICTURE.json` beside `DATASET/img/PICTURE`.

Rectangles and polygons are read (of a polygon its hull); objects of other shapes are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from facings.collect.forms.source import LeftOut, SourcePicture, corners, hull
from facings.errors import AnnotationError

_SHAPES = ("rectangle", "polygon")


class _Points(BaseModel):
    exterior: Annotated[list[tuple[float, float]], Field(min_length=2)]


class _Object(BaseModel):
    class_title: Annotated[str, Field(alias="classTitle")]
    geometry: Annotated[str, Field(alias="geometryType")] = "rectangle"
    points: _Points | None = None


class _Size(BaseModel):
    width: int
    height: int


class _Annotation(BaseModel):
    size: _Size
    objects: list[_Object]


def read_supervisely(folder: Path) -> Iterator[SourcePicture | LeftOut]:
    """Read every annotation of a project or of one of its data sets.

    Raises:
        AnnotationError: there are none, or one is malformed.
    """
    files = sorted(file for file in folder.rglob("*.json") if file.parent.name == "ann")
    if not files:
        raise AnnotationError(
            f"{folder} holds no ann/*.json", hint="pass the project's folder, with its data sets"
        )
    for file in files:
        picture = file.parent.parent / "img" / file.stem
        if not picture.is_file():
            yield LeftOut("picture", "is not there", str(picture))
        else:
            yield from _read_objects(picture, file)


def _read_objects(picture: Path, file: Path) -> Iterator[SourcePicture | LeftOut]:
    try:
        read = _Annotation.model_validate(json.loads(file.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise AnnotationError(f"{file}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise AnnotationError(f"{file} is not JSON: {error}") from error
    boxes, labels = [], []
    for each in read.objects:
        if each.geometry not in _SHAPES:
            yield LeftOut("box", f"is a {each.geometry}", str(file))
        elif each.points is None:
            raise AnnotationError(f"{file}: a {each.geometry} has no points")
        else:
            boxes.append(hull(each.points.exterior))
            labels.append(each.class_title)
    yield SourcePicture(
        picture,
        corners(boxes),
        tuple(labels),
        (False,) * len(boxes),
        size_wh=(read.size.width, read.size.height),
    )
