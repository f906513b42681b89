"""Read what people say stands in a set of pictures, from a COCO file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from facings.errors import AnnotationError
from facings.types import FloatArray

PRODUCT_CATEGORY = "product"


@dataclass(frozen=True, slots=True)
class Truth:
    """What people say stands in one picture."""

    file: Path
    boxes_xyxy: FloatArray
    """(N, 4) product boxes in pixels."""
    crowds_xyxy: FloatArray
    """(M, 4) regions where products were not annotated one by one."""


class CocoImage(BaseModel):
    """One picture of a COCO file."""

    id: int
    file_name: Annotated[str, Field(min_length=1)]


class CocoCategory(BaseModel):
    """One class of a COCO file."""

    id: int
    name: str


class CocoAnnotation(BaseModel):
    """One box of a COCO file: left, top, width and height in pixels."""

    image_id: int
    category_id: int
    bbox: tuple[float, float, Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
    iscrowd: int = 0


class Coco(BaseModel):
    """What is read of a COCO detection file."""

    images: list[CocoImage]
    categories: list[CocoCategory]
    annotations: list[CocoAnnotation]


def read_truths(annotations: Path, folder: Path) -> tuple[Truth, ...]:
    """Read the product boxes of a COCO file.

    The category named `product` is read, or the only one there is. File names are relative
    to `folder`; they may repeat its name (`images/1.jpg` within the folder `images`).

    Args:
        annotations: COCO detection file; boxes are (x, y, width, height) in pixels.
        folder: where the pictures are.

    Raises:
        AnnotationError: the file cannot be read, is no COCO file, has no product category,
            no boxes, boxes of unknown pictures, or names a picture that is not there.
    """
    coco = read_coco(annotations)
    category = _product_category(coco, annotations)
    boxes: dict[int, list[CocoAnnotation]] = {image.id: [] for image in coco.images}
    for each in coco.annotations:
        if each.image_id not in boxes:
            raise AnnotationError(f"{annotations}: a box is of image {each.image_id}, not listed")
        if each.category_id == category:
            boxes[each.image_id].append(each)
    truths = tuple(
        Truth(
            _picture_file(folder, image.file_name, annotations),
            _xyxy([each for each in boxes[image.id] if not each.iscrowd]),
            _xyxy([each for each in boxes[image.id] if each.iscrowd]),
        )
        for image in coco.images
    )
    if not sum(len(truth.boxes_xyxy) for truth in truths):
        raise AnnotationError(f"{annotations}: no product boxes, so nothing can be scored")
    return truths


def read_coco(annotations: Path) -> Coco:
    """Read a COCO detection file as it is.

    Raises:
        AnnotationError: it cannot be read, or is no COCO file.
    """
    hint = "a COCO detection file has images, categories and annotations with bbox"
    try:
        return Coco.model_validate(json.loads(annotations.read_bytes()))
    except OSError as error:
        raise AnnotationError(f"{annotations} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise AnnotationError(f"{annotations}: {where}: {first['msg']}", hint=hint) from error
    except ValueError as error:
        raise AnnotationError(f"{annotations} is not JSON: {error}", hint=hint) from error


def _product_category(coco: Coco, annotations: Path) -> int:
    if len(coco.categories) == 1:
        return coco.categories[0].id
    for category in coco.categories:
        if category.name == PRODUCT_CATEGORY:
            return category.id
    names = ", ".join(category.name for category in coco.categories) or "none"
    raise AnnotationError(
        f"{annotations}: no category is named {PRODUCT_CATEGORY!r}, there are: {names}",
        hint="rename the category of product boxes, or keep only that one",
    )


def _picture_file(folder: Path, file_name: str, annotations: Path) -> Path:
    parts = Path(file_name).parts
    if (file := folder.joinpath(*parts)).is_file():
        return file
    if parts[0] == folder.resolve().name and (file := folder.joinpath(*parts[1:])).is_file():
        return file
    raise AnnotationError(
        f"{annotations} names {file_name}, which is not in {folder}",
        hint="pass with --images the folder that file names start from",
    )


def _xyxy(annotations: Sequence[CocoAnnotation]) -> FloatArray:
    xywh = np.array([each.bbox for each in annotations], dtype=np.float32).reshape(-1, 4)
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
