"""Pictures from the field: fit to be used or not, and without what they say of people.

A picture is kept as a fresh JPEG of its pixels alone: position, time and camera, which files carry
beside them, are gone.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from facings.capture import MAX_PIXELS, read_picture
from facings.evidence.words import PrintReader
from facings.types import ByteImage, FloatArray, Frame

Fault = Literal["blurred", "too dark", "too bright", "too small", "cut off"]

_JUDGED_SIDE_PX = 800
_LEAST_SHARPNESS = 12.0  # 99th percentile of the Laplacian's size; a blurred shelf has 3 to 8
_DARK = 40  # mean brightness
_BRIGHT = 200  # 5th percentile of brightness: a packshot is white too, but its print is not
_LEAST_SIDE_PX = 150  # catalogue pictures of 198 pixels serve well
_HASH_CELLS = 8
_SAME_BITS = 5  # of 64 that pictures of one sight differ by
_JPEG_QUALITY = 92
_FACE_MARGIN = 0.2  # of a face's box, on each side
_FACE_CELLS = 4  # too few to know anybody by


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


FindFaces = Callable[[ByteImage], FloatArray]
"""Gives (N, 4) faces in pixels of a picture (H, W, 3)."""


def _sees_no_cut(_frame: Frame) -> bool:
    return False


def _sees_no_faces(_image: ByteImage) -> FloatArray:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks at pictures as they come in; each may be left out."""

    reader: PrintReader | None = None
    """Reads the digits of a barcode whose bars say nothing."""
    cuts_off: Callable[[Frame], bool] = _sees_no_cut
    """Whether a picture of one product does not show all of it."""
    find_faces: FindFaces = _sees_no_faces
    find_bystanders: FindFaces = _sees_no_faces
    """Of a picture of one product: faces beside the pack, not those printed on it."""
    max_pixels: int = MAX_PIXELS
    """Larger pictures are refused."""


def take_picture(
    contents: bytes,
    name: str,
    find_faces: FindFaces = _sees_no_faces,
    max_pixels: int = MAX_PIXELS,
) -> FieldPicture:
    """Read, judge and strip a picture; faces are blurred beyond recognition.

    Raises:
        PictureError: it is none, or above `max_pixels`.
    """
    frame = read_picture(contents, name=name, max_pixels=max_pixels)
    frame = Frame(without_faces(frame.image, find_faces(frame.image)), frame.name)
    stripped = io.BytesIO()
    Image.fromarray(frame.image).save(stripped, "JPEG", quality=_JPEG_QUALITY)
    return FieldPicture(
        frame,
        stripped.getvalue(),
        hashlib.sha256(contents).hexdigest(),
        sight_of(frame.image),
        faults_of(frame.image),
    )


def without_faces(image: ByteImage, faces_xyxy: FloatArray) -> ByteImage:
    """Make each face (N, 4), with a margin, a few flat cells; the picture itself stays as it is."""
    if not len(faces_xyxy):
        return image
    blurred = image.copy()
    height, width = image.shape[:2]
    for x0, y0, x1, y1 in faces_xyxy.tolist():
        dx, dy = _FACE_MARGIN * (x1 - x0), _FACE_MARGIN * (y1 - y0)
        left, top = max(0, int(x0 - dx)), max(0, int(y0 - dy))
        right, bottom = min(width, int(x1 + dx) + 1), min(height, int(y1 + dy) + 1)
        part = blurred[top:bottom, left:right]
        if part.size:
            few = cv2.resize(part, (_FACE_CELLS, _FACE_CELLS), interpolation=cv2.INTER_AREA)
            size = (part.shape[1], part.shape[0])
            blurred[top:bottom, left:right] = cv2.resize(few, size, interpolation=cv2.INTER_NEAREST)
    return blurred


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
    if np.percentile(grey, 5) > _BRIGHT:
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
