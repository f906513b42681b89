"""The boxes of one picture while they are being drawn: a JSON file, changed by edits.

A box keeps its number for life, so that a sheet printed before an edit stays readable.
Deleted proposals stay in the file: the data card counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

Status = Literal["proposed", "kept", "corrected", "added", "ignore", "deleted"]
BoxXyxy = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the picture."""

_MIN_SIDE_PX = 2.0


@dataclass(frozen=True, slots=True)
class Box:
    """One box and what became of it."""

    number: int
    """Unique in its picture, from 0."""
    xyxy: BoxXyxy
    status: Status
    score: float | None = None
    """The detector's, in [0, 1]; None for a box drawn by eye."""
    proposed_xyxy: BoxXyxy | None = None
    """Where the detector had put it; None for a box drawn by eye."""

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"a box is one of {get_args(Status)}, not {self.status}")
        x0, y0, x1, y1 = self.xyxy
        if min(x1 - x0, y1 - y0) < _MIN_SIDE_PX:
            raise ValueError(f"box {self.number} has no area: {self.xyxy}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """All boxes of one picture."""

    key: str
    """See `facings_train.real.pictures`."""
    size_wh: tuple[int, int]
    boxes: tuple[Box, ...]

    def box(self, number: int) -> Box:
        """Look a box up by its number.

        Raises:
            ValueError: there is none.
        """
        for box in self.boxes:
            if box.number == number:
                return box
        raise ValueError(f"{self.key} has no box {number}")

    @property
    def drawn(self) -> tuple[Box, ...]:
        """Boxes that were not deleted."""
        return tuple(box for box in self.boxes if box.status != "deleted")

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody looked at it: no box is a bare proposal any more."""
        return all(box.status != "proposed" for box in self.boxes)


def save_annotation(annotation: Annotation, file: Path) -> None:
    """Write it as JSON, one box a line."""
    head = json.dumps({"key": annotation.key, "size_wh": annotation.size_wh})
    lines = ",\n".join(f"  {json.dumps(asdict(box))}" for box in annotation.boxes)
    file.write_text(f'{head[:-1]}, "boxes": [\n{lines}\n]}}\n', encoding="utf-8")


def load_annotation(file: Path) -> Annotation:
    """Read what `save_annotation` wrote."""
    read = json.loads(file.read_text(encoding="utf-8"))
    boxes = tuple(_box(each) for each in read["boxes"])
    return Annotation(read["key"], (read["size_wh"][0], read["size_wh"][1]), boxes)


def _box(read: dict[str, object]) -> Box:
    number, status, score = read["number"], read["status"], read["score"]
    assert isinstance(number, int)
    assert isinstance(status, str)
    assert score is None or isinstance(score, float | int)
    proposed = read["proposed_xyxy"]
    return Box(
        number,
        _corners(read["xyxy"]),
        status,  # type: ignore[arg-type]  # checked where it is born
        score,
        None if proposed is None else _corners(proposed),
    )


def _corners(values: object) -> BoxXyxy:
    assert isinstance(values, list | tuple)
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1


def correct(annotation: Annotation, edits: Iterable[str]) -> Annotation:
    """Apply edits and keep the proposals that none of them touched.

    Edits, one a line, `;` also ends one; `//` starts a remark:

        del 3 4 9            these are no product, or stand elsewhere: draw them anew
        del all              every box still proposed or kept
        set 5 10 20 60 95    box 5 has these corners
        add 10 20 60 95      a product nobody proposed
        ign 0 0 348 40       a region to ignore

    Raises:
        ValueError: an edit is not of that form or names a box that is not there.
    """
    for line in edits:
        for edit in line.partition("//")[0].split(";"):
            words = edit.split()
            if words:
                annotation = _corrected(annotation, words)
    kept = (replace(b, status="kept") if b.status == "proposed" else b for b in annotation.boxes)
    return replace(annotation, boxes=tuple(kept))


def _corrected(annotation: Annotation, words: list[str]) -> Annotation:
    match words:
        case ["del", "all"]:
            found = [b.number for b in annotation.boxes if b.status in ("proposed", "kept")]
            return _deleted(annotation, found)
        case ["del", *numbers] if numbers:
            return _deleted(annotation, [int(number) for number in numbers])
        case ["set", number, x0, y0, x1, y1]:
            return _moved(annotation, int(number), _within(annotation, x0, y0, x1, y1))
        case ["add", x0, y0, x1, y1]:
            return _added(annotation, _within(annotation, x0, y0, x1, y1), "added")
        case ["ign", x0, y0, x1, y1]:
            return _added(annotation, _within(annotation, x0, y0, x1, y1), "ignore")
    raise ValueError(f"{annotation.key}: not an edit: {' '.join(words)}")


def _within(annotation: Annotation, *corners: str) -> BoxXyxy:
    x0, y0, x1, y1 = (float(corner) for corner in corners)
    width, height = annotation.size_wh
    return max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))


def _deleted(annotation: Annotation, numbers: list[int]) -> Annotation:
    for number in numbers:
        annotation = _replaced(annotation, replace(annotation.box(number), status="deleted"))
    return annotation


def _moved(annotation: Annotation, number: int, xyxy: BoxXyxy) -> Annotation:
    box = annotation.box(number)
    status: Status = "corrected" if box.proposed_xyxy is not None else "added"
    if box.status == "ignore":
        status = "ignore"
    return _replaced(annotation, replace(box, xyxy=xyxy, status=status))


def _added(annotation: Annotation, xyxy: BoxXyxy, status: Status) -> Annotation:
    number = 1 + max((box.number for box in annotation.boxes), default=-1)
    return replace(annotation, boxes=(*annotation.boxes, Box(number, xyxy, status)))


def _replaced(annotation: Annotation, new: Box) -> Annotation:
    boxes = tuple(new if box.number == new.number else box for box in annotation.boxes)
    return replace(annotation, boxes=boxes)
