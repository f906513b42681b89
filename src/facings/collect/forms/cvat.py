"""CVAT for images 1.1: one XML file (docs.cvat.ai, "CVAT for image: annotations")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

from facings.collect.dataset import Provenance
from facings.collect.forms.annotated import AnnotatedBox, AnnotatedPicture
from facings.collect.forms.source import PictureFolder
from facings.errors import AnnotationError
from facings.output import replaced_file

_SIDES = ("xtl", "ytl", "xbr", "ybr")
_IGNORE = "ignore"


def read(file: Path, images: Path) -> Iterator[AnnotatedPicture]:
    """Read the boxes of every picture; shapes of other kinds are left out.

    Raises:
        AnnotationError: it is no such file, or a picture is not there.
    """
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314  expat itself bounds entities
        folder = PictureFolder(images)
        for image in _images(root):
            name = image.attrib["name"]
            picture = folder.find(name)
            if picture is None:
                raise AnnotationError(f"{name} is not in {images}", hint="say where with --images")
            size = int(image.attrib["width"]), int(image.attrib["height"])
            boxes = tuple(_box(each) for each in image.iter("box"))
            yield AnnotatedPicture(name, picture, size, boxes)
    except (OSError, ElementTree.ParseError, ValueError, KeyError) as error:
        raise AnnotationError(f"{file} is no CVAT file for images: {error}") from error


def write(pictures: Sequence[AnnotatedPicture], folder: Path) -> None:
    """Write `annotations.xml`."""
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    for number, each in enumerate(pictures):
        width, height = map(str, each.size_wh)
        image = ElementTree.SubElement(
            root, "image", id=str(number), name=each.file.as_posix(), width=width, height=height
        )
        for box in each.boxes:
            _add_box(image, box)
    ElementTree.indent(root)
    with replaced_file(folder / "annotations.xml") as fresh:
        ElementTree.ElementTree(root).write(fresh, encoding="utf-8", xml_declaration=True)


def _images(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    if root.tag != "annotations":
        raise ValueError(f"the root is <{root.tag}>, not <annotations>")
    return root.iter("image")


def _box(element: ElementTree.Element) -> AnnotatedBox:
    x0, y0, x1, y1 = (float(element.attrib[side]) for side in _SIDES)
    told = {each.attrib["name"]: each.text or "" for each in element.iter("attribute")}
    label, gtin = element.attrib["label"], told.get("gtin", "").strip()
    return AnnotatedBox(
        (x0, y0, x1, y1),
        "product" if label == _IGNORE else label,
        gtin.zfill(14) if gtin.isdigit() else "",
        label == _IGNORE,
        cast("Provenance", told.get("provenance", "human")),
        told.get("model", ""),
        float(told.get("score") or 0),
    )


def _add_box(image: ElementTree.Element, box: AnnotatedBox) -> None:
    corners = {side: f"{value:.3f}" for side, value in zip(_SIDES, box.xyxy, strict=True)}
    label = _IGNORE if box.is_crowd else box.label
    source = "auto" if box.provenance == "model" else "manual"
    said = {"label": label, "source": source, "occluded": "0", "z_order": "0", **corners}
    element = ElementTree.SubElement(image, "box", said)
    told: dict[str, Any] = {
        "gtin": box.gtin,
        "provenance": box.provenance,
        "model": box.model,
        "score": box.score or "",
    }
    for name, value in told.items():
        if value:
            ElementTree.SubElement(element, "attribute", name=name).text = str(value)
