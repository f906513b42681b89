"""Contact sheets of what a detector got wrong, cut with their surroundings, to be looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facings.capture import read_picture
from facings.evaluate.detection import DetectionRun
from facings.evaluate.failures import (
    FAILURE_KINDS,
    BoxXyxy,
    Failure,
    FailureKind,
    find_failures,
)
from facings.types import ByteImage, FloatArray

MAX_SHEETS = 10
"""Of each kind; the worst come first."""
_COLUMNS, _ROWS = 6, 4
_TILE_PX, _CAPTION_PX, _GAP_PX, _HEAD_PX = 224, 34, 6, 30
_CONTEXT = 2.2  # side of what is cut out, in longer sides of the box
_SMALLEST_CUT_PX = 48.0
_TRUTH, _FOUND, _NEIGHBOUR = (0, 196, 140), (255, 176, 0), (255, 255, 255)
_PAPER, _INK, _OUTSIDE = (16, 23, 30), (226, 232, 240), (60, 66, 74)
_ORDERS: Mapping[FailureKind, str] = {
    "misses": "largest first; amber: too weak to count",
    "false-alarms": "surest first",
    "loose-boxes": "loosest first",
}


@dataclass(frozen=True, slots=True)
class FailureSheets:
    """What was written."""

    totals: Mapping[FailureKind, int]
    """How many failures of each kind there are, drawn or not."""
    files: tuple[Path, ...]


def write_failure_sheets(run: DetectionRun, folder: Path) -> FailureSheets:
    """Draw misses, false alarms and loose boxes into PNG sheets, at most ten of each kind.

    Sheets of an earlier run in the same folder are replaced.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if re.fullmatch(rf"({'|'.join(FAILURE_KINDS)})-\d\d\.png", file.name):
            file.unlink()
    failures = find_failures(run)
    per_sheet = _COLUMNS * _ROWS
    drawn = {kind: each[: MAX_SHEETS * per_sheet] for kind, each in failures.items()}
    tiles = _draw_tiles(run, [failure for each in drawn.values() for failure in each])
    files: list[Path] = []
    for kind, of_kind in drawn.items():
        for page, first in enumerate(range(0, len(of_kind), per_sheet), 1):
            part = of_kind[first : first + per_sheet]
            title = (
                f"{kind.replace('-', ' ')} {first + 1}-{first + len(part)} of "
                f"{len(failures[kind])}, {_ORDERS[kind]}. Score from {run.threshold:g} on. "
                "Green: truth, amber: found, white: other truth"
            )
            files.append(folder / f"{kind}-{page:02d}.png")
            _sheet([tiles[failure] for failure in part], title).save(files[-1])
    return FailureSheets({kind: len(each) for kind, each in failures.items()}, tuple(files))


def _draw_tiles(run: DetectionRun, failures: Sequence[Failure]) -> dict[Failure, Image.Image]:
    """Read every picture once, and cut all its tiles."""
    tiles: dict[Failure, Image.Image] = {}
    for picture, truth in enumerate(run.truths):
        of_picture = [failure for failure in failures if failure.picture == picture]
        if of_picture:
            image = read_picture(truth.file).image
            for failure in of_picture:
                tiles[failure] = _tile(image, failure, truth.boxes_xyxy, truth.file.name)
    return tiles


def _tile(image: ByteImage, failure: Failure, truths_xyxy: FloatArray, name: str) -> Image.Image:
    boxes = [box for box in (failure.truth_xyxy, failure.found_xyxy) if box]
    left, top, side = _cut(boxes)
    scale = _TILE_PX / side
    picture = Image.fromarray(image).transform(
        (_TILE_PX, _TILE_PX),
        Image.Transform.EXTENT,
        (left, top, left + side, top + side),
        Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BILINEAR,
        fillcolor=_OUTSIDE,
    )
    tile = Image.new("RGB", (_TILE_PX, _TILE_PX + _CAPTION_PX), _PAPER)
    pen = ImageDraw.Draw(picture)
    origin = np.array([left, top, left, top], np.float32)
    for box in truths_xyxy:
        pen.rectangle(((box - origin) * scale).tolist(), outline=_NEIGHBOUR, width=1)
    for found, color in ((failure.truth_xyxy, _TRUTH), (failure.found_xyxy, _FOUND)):
        if found:
            corners = (np.array(found, np.float32) - origin) * scale
            pen.rectangle(corners.tolist(), outline=color, width=3)
    tile.paste(picture)
    pen, font = ImageDraw.Draw(tile), ImageFont.load_default(12)
    for row, line in enumerate((name[-34:], _caption(failure))):
        pen.text((3, _TILE_PX + 2 + 15 * row), line, fill=_INK, font=font)
    return tile


def _cut(boxes: Sequence[BoxXyxy]) -> tuple[float, float, float]:
    """Left, top and side in pixels of a square around the boxes."""
    corners = np.array(boxes)
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    side = max(_CONTEXT * float((high - low).max()), _SMALLEST_CUT_PX)
    left, top = (low + high - side) / 2
    return float(left), float(top), side


def _caption(failure: Failure) -> str:
    if failure.score is None:
        return "nothing found here"
    return f"score {failure.score:.2f}, IoU {failure.iou:.2f}"


def _sheet(tiles: Sequence[Image.Image], title: str) -> Image.Image:
    step_x, step_y = _TILE_PX + _GAP_PX, _TILE_PX + _CAPTION_PX + _GAP_PX
    rows = -(-len(tiles) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * step_x + _GAP_PX, rows * step_y + _HEAD_PX), _PAPER)
    ImageDraw.Draw(sheet).text((8, 8), title, fill=_INK, font=ImageFont.load_default(14))
    for (x, y), tile in zip(_places(step_x, step_y), tiles, strict=False):
        sheet.paste(tile, (x, y))
    return sheet


def _places(step_x: int, step_y: int) -> Iterator[tuple[int, int]]:
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            yield _GAP_PX + column * step_x, _HEAD_PX + row * step_y
