"""From a form's name to its reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from facings.collect.forms.source import LeftOut, PictureFolder, SourcePicture
from facings.collect.forms.yolo import read_yolo
from facings.errors import AnnotationError
from facings_train.convert.coco import read_coco_file
from facings_train.convert.sku110k import read_sku110k
from facings_train.convert.supervisely import read_supervisely
from facings_train.convert.voc import read_voc

Form = Literal["coco", "sku110k", "supervisely", "voc", "yolo"]


def read_format(
    form: Form, source: Path, pictures: Path | None
) -> Iterator[SourcePicture | LeftOut]:
    """Read annotations of a form.

    Args:
        source: COCO or CSV file; of the other forms the folder of the data set.
        pictures: folder of the pictures, where the form does not fix it; by default the folder
            of the data set, and for a CSV file in `annotations` the `images` beside that.

    Raises:
        AnnotationError: something is not there or malformed.
    """
    if form in ("yolo", "supervisely", "voc") and not source.is_dir():
        raise AnnotationError(f"{source} is no folder", hint=f"{form} is read from a folder")
    match form:
        case "yolo" | "supervisely" if pictures:
            raise AnnotationError(
                f"of {form}, the pictures are found by their labels: no --pictures"
            )
        case "yolo":
            return read_yolo(source)
        case "supervisely":
            return read_supervisely(source)
        case "voc":
            return read_voc(source, PictureFolder(pictures or source))
        case "coco":
            return read_coco_file(source, PictureFolder(pictures or source.parent))
        case "sku110k":
            beside = source.parent.parent / "images"
            folder = beside if source.parent.name == "annotations" else source.parent
            return read_sku110k(source, PictureFolder(pictures or folder))
