"""COCO itself: checked, and the classes that are products chosen by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from facings.collect.forms.source import LeftOut, PictureFolder, SourcePicture, corners
from facings.evaluate.truth import CocoAnnotation, read_coco


def read_coco_file(file: Path, pictures: PictureFolder) -> Iterator[SourcePicture | LeftOut]:
    """Read every picture of a COCO file, `iscrowd` kept.

    Raises:
        AnnotationError: it cannot be read or is no COCO file.
    """
    coco = read_coco(file)
    names = {category.id: category.name for category in coco.categories}
    of_image: dict[int, list[CocoAnnotation]] = {image.id: [] for image in coco.images}
    for each in coco.annotations:
        if each.image_id not in of_image:
            yield LeftOut("box", "is of a picture that is not listed", f"image {each.image_id}")
        elif each.category_id not in names:
            yield LeftOut("box", "is of a class that is not listed", f"class {each.category_id}")
        else:
            of_image[each.image_id].append(each)
    for image in coco.images:
        picture = pictures.find(image.file_name)
        if picture is None:
            reason = "is not there, or its name is there twice"
            yield LeftOut("picture", reason, image.file_name)
            continue
        boxes = of_image[image.id]
        yield SourcePicture(
            picture,
            corners([(x, y, x + width, y + height) for x, y, width, height in
                     (each.bbox for each in boxes)]),
            tuple(names[each.category_id] for each in boxes),
            tuple(bool(each.iscrowd) for each in boxes),
        )  # fmt: skip
