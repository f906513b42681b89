"""The shelf's front plane as a picture, with the number of what each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.package import Sprite
from facings_train.synthetic.silhouette import OPAQUE
from facings_train.synthetic.vocabulary import Rgb

NOBODY = 0
"""Id of everything that is not a facing."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """What a pasted sprite covers."""

    outline_mm: FloatArray
    """(K, 2) convex outline on the plane."""
    quad_mm: FloatArray
    """(4, 2) the front's corners from the pack's own top left, clockwise."""
    pixels: int
    """Pixels of the whole silhouette, also beyond the canvas."""


class Canvas:
    """Paint, in millimetres, on a part of the plane."""

    def __init__(self, area_xyxy: tuple[float, float, float, float], px_per_mm: float) -> None:
        self.origin_mm = (area_xyxy[0], area_xyxy[1])
        self.px_per_mm = px_per_mm
        width = max(int((area_xyxy[2] - area_xyxy[0]) * px_per_mm), 8)
        height = max(int((area_xyxy[3] - area_xyxy[1]) * px_per_mm), 8)
        self.image: ByteImage = np.zeros((height, width, 3), np.uint8)
        self.ids: NDArray[np.int32] = np.zeros((height, width), np.int32)

    @property
    def size_wh(self) -> tuple[int, int]:
        """In pixels."""
        return self.image.shape[1], self.image.shape[0]

    def pixels(self, box_mm: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """Rounded pixel box of a box on the plane, clipped to the canvas."""
        width, height = self.size_wh
        left, top, right, bottom = (
            round((value - self.origin_mm[axis % 2]) * self.px_per_mm)
            for axis, value in enumerate(box_mm)
        )
        return (
            min(max(left, 0), width),
            min(max(top, 0), height),
            min(max(right, 0), width),
            min(max(bottom, 0), height),
        )

    def fill(self, box_mm: tuple[float, float, float, float], colour: Rgb) -> None:
        """Fill a box with one colour, hiding what was there."""
        left, top, right, bottom = self.pixels(box_mm)
        self.image[top:bottom, left:right] = colour
        self.ids[top:bottom, left:right] = NOBODY

    def fade(self, box_mm: tuple[float, float, float, float], above: float, below: float) -> None:
        """Darken or brighten a box by gains that run from its top to its bottom."""
        left, top, right, bottom = self.pixels(box_mm)
        if bottom <= top or right <= left:
            return
        gain = np.linspace(above, below, bottom - top)
        part = self.image[top:bottom, left:right]
        field = np.broadcast_to((gain * 256).astype(np.uint16)[:, None, None], part.shape)
        part[:] = np.minimum((part * field.astype(np.uint32)) >> 8, 255).astype(np.uint8)

    def shadow(self, box_mm: tuple[float, float, float, float], darkest: float) -> None:
        """Darken a box, most at its top, as a board above does."""
        self.fade(box_mm, darkest, 1.0)

    def place_picture(self, picture: ByteImage, box_mm: tuple[float, float, float, float]) -> None:
        """Show a picture in a box, stretched to it, hiding what was there."""
        left, top, right, bottom = self._free_pixels(box_mm)
        if right - left < 2 or bottom - top < 2:
            return
        resized = cv2.resize(picture, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        width, height = self.size_wh
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if x0 < x1 and y0 < y1:
            self.image[y0:y1, x0:x1] = resized[y0 - top : y1 - top, x0 - left : x1 - left]
            self.ids[y0:y1, x0:x1] = NOBODY

    def _free_pixels(self, box_mm: tuple[float, float, float, float]) -> tuple[int, ...]:
        return tuple(
            round((value - self.origin_mm[axis % 2]) * self.px_per_mm)
            for axis, value in enumerate(box_mm)
        )

    def stamp(
        self,
        sprite: Sprite,
        front_wh_mm: tuple[float, float],
        anchor_mm: tuple[float, float],
        shrink: float,
        tilt_deg: float,
        gain: float,
        number: int,
    ) -> Stamp | None:
        """Paste a pack.

        Args:
            sprite: the pack.
            front_wh_mm: its front's width and height.
            anchor_mm: where the middle of its base appears.
            shrink: how much smaller it looks for being further back.
            tilt_deg: leaning, clockwise.
            gain: brightness.
            number: id to write, or `NOBODY`.

        Returns:
            What it covers, or None where it misses the canvas altogether.
        """
        scale = shrink * self.px_per_mm / sprite.px_per_mm
        anchor_px = (np.array(anchor_mm) - self.origin_mm) * self.px_per_mm
        matrix = _similarity(sprite.anchor_xy, anchor_px, scale, tilt_deg)
        outline = _apply(matrix, sprite.outline_xy)
        low, high = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int)
        width, height = self.size_wh
        if high[0] <= 0 or high[1] <= 0 or low[0] >= width or low[1] >= height:
            return None
        premultiplied, mask = _render(sprite, matrix, low, high, gain)
        self._blend(premultiplied, mask, low, number)
        half, tall = front_wh_mm[0] / 2 * sprite.px_per_mm, front_wh_mm[1] * sprite.px_per_mm
        anchor_x, anchor_y = sprite.anchor_xy
        corners = np.array([[-half, -tall], [half, -tall], [half, 0], [-half, 0]])
        quad = _apply(matrix, corners + np.array([anchor_x, anchor_y]))
        return Stamp(self._plane(outline), self._plane(quad), int(np.count_nonzero(mask)))

    def _plane(self, points_px: NDArray[np.floating]) -> FloatArray:
        return np.asarray(points_px / self.px_per_mm + self.origin_mm, np.float32)

    def _blend(
        self, premultiplied: ByteImage, mask: NDArray[np.bool_], low: NDArray[np.int64], number: int
    ) -> None:
        height, width = mask.shape
        x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        x1 = min(int(low[0]) + width, self.size_wh[0])
        y1 = min(int(low[1]) + height, self.size_wh[1])
        part = (slice(y0 - low[1], y1 - low[1]), slice(x0 - low[0], x1 - low[0]))
        target = self.image[y0:y1, x0:x1]
        rgba = premultiplied[part]
        rest = cv2.cvtColor(255 - rgba[..., 3], cv2.COLOR_GRAY2RGB)
        behind = cv2.multiply(target, rest, scale=1 / 255)
        target[:] = cv2.add(behind, cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB))
        self.ids[y0:y1, x0:x1][mask[part]] = number


def _similarity(
    source_xy: tuple[float, float], target_xy: NDArray[np.float64], scale: float, turn_deg: float
) -> NDArray[np.float64]:
    cosine = np.cos(np.radians(turn_deg)) * scale
    sine = np.sin(np.radians(turn_deg)) * scale
    turn = np.array([[cosine, -sine], [sine, cosine]])
    shift = target_xy - turn @ np.array(source_xy)
    return np.column_stack([turn, shift])


def _apply(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def _render(
    sprite: Sprite,
    matrix: NDArray[np.float64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    gain: float,
) -> tuple[ByteImage, NDArray[np.bool_]]:
    """Draw a sprite at its final scale: premultiplied RGBA and its silhouette."""
    width, height = int(high[0] - low[0]), int(high[1] - low[1])
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    source, local = sprite.premultiplied, matrix.copy()
    if scale < 0.7:
        # warpAffine does not average; shrink first so that small print does not sparkle.
        size = (max(round(source.shape[1] * scale), 1), max(round(source.shape[0] * scale), 1))
        ratio = (size[0] / source.shape[1], size[1] / source.shape[0])
        source = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.uint8)
        local[:, 0] /= ratio[0]
        local[:, 1] /= ratio[1]
    local[:, 2] -= low
    # Pixel centres lie at +0.5 in our coordinates and at 0 in OpenCV's.
    local[:, 2] += local[:, :2] @ np.array([0.5, 0.5]) - 0.5
    flat = cv2.warpAffine(source, local, (width, height), flags=cv2.INTER_LINEAR)
    rgba = np.asarray(flat, np.uint8)
    mask = rgba[..., 3] >= OPAQUE
    return np.asarray(cv2.multiply(rgba, np.array([gain, gain, gain, 1.0])), np.uint8), mask
