"""Pascal VOC: an XML file for each picture. `difficult` objects become crowd regions.

Nobody is asked to find them in the original either (http://host.robots.ox.ac.uk/pascal/VOC/).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from facings.collect.forms.source import LeftOut, PictureFolder, SourcePicture, corners
from facings.errors import AnnotationError

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(folder: Path, pictures: PictureFolder) -> Iterator[SourcePicture | LeftOut]:
    """Read every XML file anywhere in a folder.

    Raises:
        AnnotationError: there are none, or one is malformed.
    """
    files = sorted(folder.rglob("*.xml"))
    if not files:
        raise AnnotationError(f"{folder} holds no XML files", hint="pass the data set's folder")
    for file in files:
        root = _root(file)
        name = root.findtext("filename") or file.stem
        picture = pictures.find(name) or pictures.find(file.stem)
        if picture is None:
            yield LeftOut("picture", "is not there, or its name is there twice", name)
        else:
            yield _read_objects(picture, root, file)


def _root(file: Path) -> ElementTree.Element:
    hint = "a VOC file has <annotation> with <object>s, each with <name> and <bndbox>"
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314  expat itself bounds entities
    except ElementTree.ParseError as error:
        raise AnnotationError(f"{file} is not XML: {error}", hint=hint) from error
    if root.tag != "annotation":
        raise AnnotationError(f"{file}: the root is <{root.tag}>, not <annotation>", hint=hint)
    return root


def _read_objects(picture: Path, root: ElementTree.Element, file: Path) -> SourcePicture:
    boxes, labels, crowds = [], [], []
    for number, each in enumerate(root.iter("object"), 1):
        where = f"{file}: object {number}"
        boxes.append([_number(each, f"bndbox/{side}", where) for side in _SIDES])
        labels.append((each.findtext("name") or "").strip())
        crowds.append((each.findtext("difficult") or "0").strip() == "1")
    size_wh = None
    if root.find("size/width") is not None:
        sides = [round(_number(root, f"size/{side}", str(file))) for side in ("width", "height")]
        size_wh = (sides[0], sides[1]) if all(sides) else None  # some tools write 0: unknown
    return SourcePicture(picture, corners(boxes), tuple(labels), tuple(crowds), size_wh=size_wh)


def _number(element: ElementTree.Element, path: str, where: str) -> float:
    text = element.findtext(path)
    try:
        return float(text or "")
    except ValueError as error:
        raise AnnotationError(f"{where}: {path} is not a number: {text!r}") from error
