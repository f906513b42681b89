"""What every reader gives: pictures with the boxes people drew, and what had to be left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from facings.capture import PICTURE_SUFFIXES
from facings.errors import AnnotationError
from facings.types import FloatArray

_EXIF_ORIENTATION = 274
_LYING_ORIENTATIONS = {5, 6, 7, 8}


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """One picture as its annotation describes it; nothing of it was checked yet."""

    file: Path
    boxes_xyxy: FloatArray
    """(N, 4)."""
    labels: tuple[str, ...]
    """(N,) class of each box."""
    is_crowd: tuple[bool, ...]
    """(N,) whether each is a region of things nobody drew one by one."""
    unit: Literal["pixels", "shares"] = "pixels"
    """Shares are of the picture's width and height, in [0, 1]."""
    size_wh: tuple[int, int] | None = None
    """(width, height) in pixels, where the annotation says them."""

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.boxes_xyxy.shape != (count, 4) or len(self.is_crowd) != count:
            raise ValueError(
                f"one label and one crowd flag a box, got {self.boxes_xyxy.shape} boxes, "
                f"{count} labels and {len(self.is_crowd)} flags"
            )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing that came in and does not go out."""

    what: Literal["picture", "box"]
    reason: str
    """The same words for all that are alike: they are counted by it."""
    example: str
    """Where it stood."""


class PictureFolder:
    """The pictures anywhere in a folder, found by name."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise AnnotationError(f"{folder} is no folder", hint="pass the folder of the pictures")
        self.files = sorted(
            file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES
        )
        self._folder = folder
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            self._by_name[file.name].append(file)
            self._by_name[file.stem].append(file)

    def find(self, name: str) -> Path | None:
        """The picture of that path in the folder, or the only one of that file name."""
        if (file := self._folder / name).is_file():
            return file
        known = self._by_name.get(Path(name.replace("\\", "/")).name, [])
        return known[0] if len(set(known)) == 1 else None


def corners(boxes: Sequence[Sequence[float]]) -> FloatArray:
    """Boxes as an (N, 4) array, N perhaps 0."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def hull(points: Iterable[Sequence[float]]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of points (x, y); at least one."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def upright_size_wh(file: Path) -> tuple[int, int]:
    """(width, height) of a picture as a person sees it, from its header alone.

    Raises:
        OSError: it cannot be read as a picture.
    """
    with Image.open(file) as image:
        lies = image.getexif().get(_EXIF_ORIENTATION) in _LYING_ORIENTATIONS
        return (image.height, image.width) if lies else (image.width, image.height)
