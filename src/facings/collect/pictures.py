"""Pictures from the field: fit to be used or not, and without what they say of people.

A picture is kept as a fresh JPEG of its pixels alone: position, time and camera, which files carry
beside them, are gone.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from facings.capture import read_picture
from facings.types import ByteImage, Frame

Fault = Literal["blurred", "too dark", "too bright", "too small"]

_JUDGED_SIDE_PX = 800
_LEAST_SHARPNESS = 12.0  # 99th percentile of the Laplacian's size; a blurred shelf has 3 to 8
_DARK, _BRIGHT = 40, 225  # mean brightness
_LEAST_SIDE_PX = 200
_HASH_CELLS = 8
_SAME_BITS = 5  # of 64 that pictures of one sight differ by
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class FieldPicture:
    """A picture that came in, without what files carry beside pixels."""

    frame: Frame
    jpeg: bytes
    sha256: str
    """Hash of the bytes that came in: the same file sent twice is one picture."""
    sight: int
    """64 bits that hardly change when the same sight is photographed again."""
    faults: tuple[Fault, ...]
    """Empty where nothing is wrong."""


def take_picture(contents: bytes, name: str) -> FieldPicture:
    """Read, judge and strip a picture.

    Raises:
        PictureError: it is none.
    """
    frame = read_picture(contents, name=name)
    stripped = io.BytesIO()
    Image.fromarray(frame.image).save(stripped, "JPEG", quality=_JPEG_QUALITY)
    return FieldPicture(
        frame,
        stripped.getvalue(),
        hashlib.sha256(contents).hexdigest(),
        sight_of(frame.image),
        faults_of(frame.image),
    )


def faults_of(image: ByteImage) -> tuple[Fault, ...]:
    """Say what makes a picture (H, W, 3) unfit."""
    if min(image.shape[:2]) < _LEAST_SIDE_PX:
        return ("too small",)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _JUDGED_SIDE_PX / max(grey.shape))
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    faults: list[Fault] = []
    if grey.mean() < _DARK:
        faults.append("too dark")
    if grey.mean() > _BRIGHT:
        faults.append("too bright")
    if np.percentile(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), 99) < _LEAST_SHARPNESS:
        faults.append("blurred")
    return tuple(faults)


def sight_of(image: ByteImage) -> int:
    """Difference hash: whether brightness rises from each of 8 x 9 cells to the next."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    cells = cv2.resize(grey, (_HASH_CELLS + 1, _HASH_CELLS), interpolation=cv2.INTER_AREA)
    rises = cells[:, 1:] > cells[:, :-1]
    return int("".join("1" if rise else "0" for rise in rises.ravel()), 2)


def is_same_sight(one: int, other: int) -> bool:
    """Whether two hashes are of one sight, photographed twice."""
    return (one ^ other).bit_count() <= _SAME_BITS
