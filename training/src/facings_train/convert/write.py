"""Check what the readers give against the pictures, and write our COCO file."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from facings.collect.forms.source import LeftOut, SourcePicture, upright_size_wh
from facings.errors import AnnotationError
from facings.evaluate.truth import PRODUCT_CATEGORY
from facings.output import replaced_file

_PRODUCT_ID = 1
_LEAST_SIDE_PX = 1.0


@dataclass(slots=True)
class Conversion:
    """What came in, what went out, and what was left out and why."""

    pictures_in: int = 0
    boxes_in: int = 0
    pictures_out: int = 0
    boxes_out: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    """Boxes that came in, by class."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many were left out, by `picture` or `box` and the reason."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first that was left out for each reason."""

    def leave_out(self, each: LeftOut) -> None:
        """Count something that does not go out."""
        reason = f"{each.what} {each.reason}"
        self.left_out[reason] += 1
        self.examples.setdefault(reason, each.example)


def write_coco(
    sources: Sequence[SourcePicture | LeftOut],
    out: Path,
    products: Sequence[str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Conversion:
    """Write every picture that is there, with the boxes of its products, clipped to it.

    File names are relative to the folder of `out`.

    Args:
        products: classes that are products; none means `product` where there is such a class,
            else all of them.
        progress: told how many sources of how many are done.

    Raises:
        AnnotationError: no picture is left, or a chosen class is not there.
    """
    done = Conversion()
    images: list[str] = []
    boxes: list[tuple[int, str, str, str]] = []  # image, its file, class, JSON without them
    for index, source in enumerate(sources, 1):
        progress(index, len(sources))
        if isinstance(source, LeftOut):
            done.pictures_in += source.what == "picture"
            done.boxes_in += source.what == "box"
            done.leave_out(source)
            continue
        done.pictures_in += 1
        done.boxes_in += len(source.labels)
        done.labels.update(source.labels)
        size_wh = _checked_size(source, done)
        if size_wh is None:
            continue
        number = len(images) + 1
        name = Path(os.path.relpath(source.file.resolve(), out.parent.resolve())).as_posix()
        image = {"id": number, "file_name": name, "width": size_wh[0], "height": size_wh[1]}
        images.append(json.dumps(image, ensure_ascii=False))
        boxes += [(number, name, *box) for box in _boxes(source, size_wh, done)]
    chosen = _chosen(products, done)
    lines: list[str] = []
    for number, name, label, text in boxes:
        if label in chosen:
            head = f'"id": {len(lines) + 1}, "image_id": {number}, "category_id": {_PRODUCT_ID}'
            lines.append(f"{{{head}, {text}}}")
        else:
            done.leave_out(LeftOut("box", f"is a {label!r}", name))
    done.pictures_out, done.boxes_out = len(images), len(lines)
    if not images:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in done.left_out.items())
        raise AnnotationError(f"no picture is left: {reasons or 'none came in'}")
    _write(out, images, lines)
    return done


def _checked_size(source: SourcePicture, done: Conversion) -> tuple[int, int] | None:
    """Size of the picture, if it can be read and is the one that was annotated."""
    try:
        size_wh = upright_size_wh(source.file)
    except (OSError, ValueError):
        reason = "cannot be read"
    else:
        if source.size_wh in (None, size_wh):
            return size_wh
        reason = "has another size than its annotation says"
    done.leave_out(LeftOut("picture", reason, source.file.name))
    for _ in source.labels:
        done.leave_out(LeftOut("box", f"of a picture that {reason}", source.file.name))
    return None


def _boxes(
    source: SourcePicture, size_wh: tuple[int, int], done: Conversion
) -> list[tuple[str, str]]:
    """Class and JSON of each box that has an area within its picture."""
    sides = np.array([*size_wh, *size_wh], np.float32)
    boxes = source.boxes_xyxy * (sides if source.unit == "shares" else np.float32(1))
    clipped = boxes.clip(0, sides)
    kept = []
    rows = zip(clipped.tolist(), boxes.tolist(), source.labels, source.is_crowd, strict=True)
    for (x0, y0, x1, y1), whole, label, is_crowd in rows:
        if min(x1 - x0, y1 - y0) < _LEAST_SIDE_PX or not np.isfinite(whole).all():
            done.leave_out(LeftOut("box", "has no area within its picture", source.file.name))
            continue
        bbox = [round(side, 2) for side in (x0, y0, x1 - x0, y1 - y0)]
        area = round(bbox[2] * bbox[3], 2)
        kept.append((label, f'"bbox": {bbox}, "area": {area}, "iscrowd": {int(is_crowd)}'))
    return kept


def _chosen(products: Sequence[str], done: Conversion) -> set[str]:
    missing = sorted(set(products) - set(done.labels))
    if missing:
        there = ", ".join(map(repr, sorted(done.labels))) or "none"
        raise AnnotationError(f"no box is a {missing[0]!r}, the classes are: {there}")
    if products:
        return set(products)
    return {PRODUCT_CATEGORY} if PRODUCT_CATEGORY in done.labels else set(done.labels)


def _write(out: Path, images: Sequence[str], boxes: Sequence[str]) -> None:
    """JSON with one entry a line, so that a change of one box is a change of one line."""
    categories = [json.dumps({"id": _PRODUCT_ID, "name": PRODUCT_CATEGORY})]
    blocks = {"images": images, "categories": categories, "annotations": boxes}
    text = ",\n".join(f'"{name}": [\n' + ",\n".join(rows) + "\n]" for name, rows in blocks.items())
    with replaced_file(out) as fresh:
        fresh.write_text("{" + text + "}\n", encoding="utf-8")
