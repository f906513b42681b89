"""Which real pictures may be trained on, and how a key is turned into one.

A key names a picture by its path in the data folder, `shelves/images/x.jpg`; a frame of a
video by its number after that, `video/store_walk.ts#120`, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facings.capture import read_picture as read_picture_file
from facings.capture import read_video
from facings.types import Frame

EVALUATION_FRAMES = (0, 8, 40, 51, 115, 184, 218, 262)
"""Frames of the store walk that the evaluation set holds."""
FRAME_DISTANCE = 3
"""Frames nearer than this or exactly this to an evaluation frame show the same picture."""


HELD_OUT = (
    "grocery-store/images/train_Arla-Sour-Milk_",
    "grocery-store/images/train_Arla-Ecological-Sour-Cream_",
    "grocery-store/images/train_Zucchini_",
    "grocery-store/images/val_Arla-Sour-Milk_",
    "grocery-store/images/val_Arla-Ecological-Sour-Cream_",
    "grocery-store/images/val_Zucchini_",
    "shelves/images/20240913_161312_",
    "shelves/images/20250529_034321-",
    *(f"video/store_walk.ts#{number}" for number in (12, 26, 33, 45, 59, 71, 76, 82)),
)
"""How the keys of annotated pictures begin that no detector is trained on: whole scenes, to choose
thresholds by."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture comes from and on what terms."""

    source: str
    repository: str
    """Public repository the pictures were published in."""
    licence: str
    """As the source states it."""


ORIGINS = {
    "shelves": Origin(
        "anujb05",
        "github.com/AnujB05/Retail-Shelf-Price-Tag-Recognition-and-OCR",
        "CC BY 4.0 (uploader's statement in a Roboflow export)",
    ),
    "video": Origin("tiagoapolo", "github.com/tiagoapolo/shelf_object_recognition", "MIT"),
    "grocery-store": Origin(
        "klasson", "github.com/marcusklasson/GroceryStoreDataset", "MIT (Klasson et al. 2019)"
    ),
}


def origin_of(key: str) -> Origin:
    """Look up a picture's origin, and refuse pictures that are kept for evaluation.

    Raises:
        ValueError: the key is of an unknown folder, of a test split, or near a frame that
            the evaluation set holds.
    """
    folder = key.partition("/")[0]
    if folder not in ORIGINS:
        raise ValueError(f"{key} is not in one of {', '.join(ORIGINS)}")
    if Path(key).name.startswith("test_"):
        raise ValueError(f"{key} belongs to the source's test split")
    number = frame_number(key)
    if number is not None and any(
        abs(number - kept) <= FRAME_DISTANCE for kept in EVALUATION_FRAMES
    ):
        raise ValueError(f"{key} is within {FRAME_DISTANCE} frames of an evaluation frame")
    return ORIGINS[folder]


def is_held_out(key: str) -> bool:
    """Whether an annotated picture is kept from training, to choose thresholds by."""
    whole = frame_number(key) is not None
    return key in HELD_OUT if whole else key.startswith(HELD_OUT)


def frame_number(key: str) -> int | None:
    """Read the frame's number from 0; None for a still."""
    _, mark, number = key.partition("#")
    return int(number) if mark else None


def read_picture(data: Path, key: str) -> Frame:
    """Read the picture a key names, upright, as RGB.

    A frame is found by decoding from the video's start (seeking in a stream is not exact).

    Args:
        data: the data folder.
        key: see the module's docstring.

    Raises:
        PictureError: it cannot be read.
        ValueError: the video is shorter.
    """
    number = frame_number(key)
    if number is None:
        return read_picture_file(data / key, name=key)
    video = data / key.partition("#")[0]
    for count, frame in enumerate(read_video(video, every_ms=0)):
        if count == number:
            return Frame(frame.image, key, frame.timestamp_ms)
    raise ValueError(f"{video} has no frame {number}")
