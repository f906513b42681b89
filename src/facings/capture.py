"""Stage 1: files, bytes and videos become frames, upright RGB whatever they were."""

from __future__ import annotations

import importlib
import io
import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from facings.errors import PictureError
from facings.types import ByteImage, Frame

MAX_PIXELS = 100_000_000
"""Larger pictures are refused from their header, before they take memory."""
MAX_SIDE_PX = 8192
"""Pictures with a longer side are scaled down to it (a stitched panorama of an aisle)."""

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})

_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_READABLE = "JPEG, PNG, WebP, AVIF, GIF, BMP and TIFF are read"
_HEIC_BRANDS = {b"heic", b"heim", b"heis", b"heix", b"hevc", b"hevx"}
_EXIF_ORIENTATION = 0x0112
_UPRIGHT_FROM_EXIF = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_pillow_warnings = threading.Lock()


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read, and how."""

    path: Path
    kind: Literal["picture", "video"]


def read_picture(
    path_or_bytes: Path | str | bytes, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> Frame:
    """Read one picture, upright, as RGB.

    EXIF rotation is applied, once and here only. Grey, CMYK, palette and 16-bit pictures
    become RGB; what is transparent becomes white; of an animation the first frame counts.
    Pictures with a side above `MAX_SIDE_PX` are scaled down.

    Args:
        path_or_bytes: a file, or the contents of one.
        name: what to call it in results and errors; the file's name where not given.
        max_pixels: larger pictures are refused; never more than `MAX_PIXELS`.

    Raises:
        PictureError: it is missing, empty, damaged, no picture, or above `max_pixels`.
    """
    if isinstance(path_or_bytes, bytes):
        name = name or "picture"
        return Frame(_read(io.BytesIO(path_or_bytes), name, max_pixels), name)
    path = Path(path_or_bytes)
    _require_file(path)
    try:
        with path.open("rb") as stream:
            return Frame(_read(stream, str(path), max_pixels), name or path.name)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}") from None


def read_video(path: Path | str, *, every_ms: float = 1000.0) -> Iterator[Frame]:
    """Read frames of a video at a steady pace, upright, as RGB.

    Args:
        every_ms: time between two frames; 0 gives every frame.

    Returns:
        Frames named `video.mp4#120` after their number in the video, from 0, with their time.

    Raises:
        PictureError: it is missing, empty or no video; raised before the first frame.
    """
    path = Path(path)
    if every_ms < 0:
        raise ValueError(f"time between frames cannot be negative, got {every_ms} ms")
    _require_file(path)
    frames = _video_frames(path, every_ms)
    first = next(frames, None)
    if first is None:
        raise PictureError(f"{path} is not a video, or is damaged: it holds no frame")
    return _with_first(first, frames)


def expand_inputs(paths: Iterable[Path | str]) -> list[Input]:
    """List the files that a user means by pictures, videos and folders.

    A folder stands for the pictures and videos directly in it, sorted by name. A file of
    unknown suffix counts as a picture: its contents decide.

    Raises:
        PictureError: a path does not exist, or a folder holds neither pictures nor videos.
    """
    inputs: list[Input] = []
    for path in map(Path, paths):
        if path.is_dir():
            inputs.extend(_folder_inputs(path))
        elif path.exists():
            inputs.append(Input(path, _kind(path) or "picture"))
        else:
            raise PictureError(f"{path} does not exist", hint="check the path for a typing error")
    return inputs


def small_jpeg(image: ByteImage, longest_side_px: int) -> bytes:
    """Give a picture as JPEG, scaled down to a longest side; smaller ones stay as they are."""
    shown = Image.fromarray(image)
    shown.thumbnail((longest_side_px, longest_side_px))
    stream = io.BytesIO()
    shown.save(stream, "JPEG", quality=82)
    return stream.getvalue()


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise PictureError(f"{path} is a folder, not a file", hint="name a file in it")
    if not path.exists():
        raise PictureError(f"{path} does not exist", hint="check the path for a typing error")
    if not path.is_file():
        raise PictureError(f"{path} is not a regular file")
    if path.stat().st_size == 0:
        raise PictureError(f"{path} is empty (0 bytes)")


def _folder_inputs(folder: Path) -> list[Input]:
    found = [
        Input(path, kind)
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.is_file() and (kind := _kind(path))
    ]
    if not found:
        raise PictureError(f"{folder} holds no pictures or videos", hint=_READABLE)
    return found


def _kind(path: Path) -> Literal["picture", "video"] | None:
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "video" if suffix in VIDEO_SUFFIXES else None


def _read(stream: BinaryIO, shown: str, max_pixels: int) -> ByteImage:
    start = stream.read(64)
    stream.seek(0)
    if not start:
        raise PictureError(f"{shown} is empty (0 bytes)")
    formats: tuple[str, ...] = _FORMATS
    if _is_heic(start):
        _require_heif(shown)
        formats = ("HEIF",)
    with _open(stream, shown, formats, min(max_pixels, MAX_PIXELS)) as image:
        try:
            image.load()
            return np.asarray(_small_enough(_as_rgb(_upright(image))))
        except PictureError:
            raise
        except Exception as error:  # noqa: BLE001 (decoders raise anything on damaged bytes)
            raise PictureError(f"{shown} is damaged or cut off: {error}") from None


def _is_heic(start: bytes) -> bool:
    """Look for a HEVC brand in the file's first box, where ISO media files name their kinds."""
    if start[4:8] != b"ftyp":
        return False
    box = start[8 : int.from_bytes(start[:4], "big")]
    return any(box[place : place + 4] in _HEIC_BRANDS for place in range(0, len(box), 4))


def _open(stream: BinaryIO, shown: str, formats: tuple[str, ...], max_pixels: int) -> Image.Image:
    """Read the header and refuse from it what is no picture or too large."""
    try:
        with _pillow_warnings, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(stream, formats=formats)
    except UnidentifiedImageError:
        raise PictureError(f"{shown} is not a picture", hint=_READABLE) from None
    except Image.DecompressionBombError:
        raise _too_large(shown, "far more", max_pixels) from None
    except Exception as error:  # noqa: BLE001 (parsers raise anything on damaged bytes)
        raise PictureError(f"{shown} is damaged: {error}") from None
    width, height = image.size
    if width * height > max_pixels:
        image.close()
        raise _too_large(shown, f"{width} x {height}", max_pixels)
    return image


def _too_large(shown: str, size: str, max_pixels: int) -> PictureError:
    limit = max_pixels / 1_000_000
    return PictureError(
        f"{shown} is too large: {size} pixels, the limit is {limit:g} megapixels",
        hint="scale it down first",
    )


def _require_heif(shown: str) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        raise PictureError(
            f"{shown} is a HEIC picture, and pillow-heif, which reads those, is missing",
            hint='run "pip install pillow-heif", or save it as JPEG',
        ) from None


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF rotation; after loading, because TIFF has then applied its own."""
    with _pillow_warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            orientation = image.getexif().get(_EXIF_ORIENTATION)
        except Exception:  # noqa: BLE001 (a damaged EXIF block says nothing; the picture may be fine)
            return image
    transpose = _UPRIGHT_FROM_EXIF.get(orientation) if isinstance(orientation, int) else None
    return image if transpose is None else image.transpose(transpose)


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):
        return _eight_bit(image).convert("RGB")
    if image.mode == "F":
        raise PictureError("pictures of floating-point numbers are not read", hint=_READABLE)
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    on_white = Image.new("RGB", layer.size, "white")
    on_white.paste(layer, mask=layer.getchannel("A"))
    return on_white


def _eight_bit(image: Image.Image) -> Image.Image:
    """Keep the upper 8 of 16 bits; 32-bit pictures hold 16-bit values in practice."""
    values = np.clip(np.asarray(image), 0, 65535) >> 8
    return Image.fromarray(values.astype(np.uint8))


def _small_enough(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    if longest <= MAX_SIDE_PX:
        return image
    width, height = (max(1, round(side * MAX_SIDE_PX / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _video_frames(path: Path, every_ms: float) -> Iterator[Frame]:
    # Silences FFmpeg on stderr; read when the first video is opened.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(level)
    try:
        due_ms = 0.0
        number = 0
        while video.grab():
            time_ms = float(video.get(cv2.CAP_PROP_POS_MSEC))
            if time_ms >= due_ms:
                read, bgr = video.retrieve()
                if read:
                    rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
                    yield Frame(rgb, f"{path.name}#{number}", time_ms)
                    due_ms = max(due_ms + every_ms, time_ms) if every_ms else 0.0
            number += 1
    finally:
        video.release()


def _with_first(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest
