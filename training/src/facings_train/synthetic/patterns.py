"""Backgrounds of labels: each paints a whole panel in two colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.vocabulary import Rgb


def paint_pattern(
    name: str, size_wh: tuple[int, int], rng: np.random.Generator, first: Rgb, second: Rgb
) -> ByteImage:
    """Paint a panel.

    Args:
        name: one of `PATTERN_NAMES`.
        size_wh: panel in pixels.
        rng: chooses angles, counts and places.
        first: colour of the larger share.
        second: the other colour.

    Returns:
        (H, W, 3) RGB.
    """
    if name == "heap":
        return heap(size_wh, rng, first, second)
    if name == "confetti":
        return _confetti(size_wh, rng, first, second)
    share = np.clip(_SHARES[name](_field(size_wh, rng)), 0.0, 1.0).astype(np.float32)
    full = np.broadcast_to(share, (size_wh[1], size_wh[0]))
    a, b = np.array(first, np.float32), np.array(second, np.float32)
    return np.asarray(a + full[..., None] * (b - a)).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """Coordinates of a panel and the random numbers of one pattern."""

    x: FloatArray
    """(1, W) from 0 to the panel's width divided by its height."""
    y: FloatArray
    """(H, 1) from 0 to 1."""
    along: FloatArray
    """(H, W) distance along a random direction."""
    away: FloatArray
    """(H, W) distance from a random centre."""
    bearing: FloatArray
    """(H, W) direction from that centre in radians."""
    noise: FloatArray
    """(H, W) soft noise in [0, 1]."""
    count: float
    """How often the pattern repeats, 3 to 11."""
    angle: float
    """In [0, pi)."""
    level: float
    """In [0.3, 0.7]."""


def _field(size_wh: tuple[int, int], rng: np.random.Generator) -> _Field:
    width, height = size_wh
    x = np.linspace(0, width / height, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    angle = float(rng.uniform(0, np.pi))
    from_x = x - float(rng.uniform(0, width / height))
    from_y = y - float(rng.uniform(0.1, 0.9))
    return _Field(
        x=x,
        y=y,
        along=np.asarray(x * np.cos(angle) + y * np.sin(angle), np.float32),
        away=np.hypot(from_x, from_y),
        bearing=np.arctan2(from_y, from_x),
        noise=smooth_noise(size_wh, rng, 5),
        count=float(rng.integers(3, 12)),
        angle=angle,
        level=float(rng.uniform(0.3, 0.7)),
    )


def _edge(value: NDArray[np.floating], steepness: float = 14.0) -> FloatArray:
    """Anti-aliased step at zero."""
    return np.asarray(np.clip(0.5 + value * steepness, 0.0, 1.0), np.float32)


def _hills(field: _Field) -> FloatArray:
    near = _edge(field.y - 0.75 - 0.08 * np.sin(field.x * 9 + field.count), 80)
    far = _edge(field.y - 0.6 - 0.1 * np.sin(field.x * 6 + field.angle), 80)
    return np.asarray(0.5 * far + 0.5 * near, np.float32)


# Share of the second colour, broadcastable to (H, W).
_SHARES: dict[str, Callable[[_Field], NDArray[np.floating]]] = {
    "plain": lambda f: 0 * f.x,
    "vertical": lambda f: f.y**1.3,
    "radial": lambda f: f.away * 1.2,
    "stripes": lambda f: _edge(np.sin(f.along * f.count * 6.28)),
    "thin_stripes": lambda f: 0.5 * _edge(np.sin(f.along * (f.count + 9) * 6.28) - 0.6),
    "waves": lambda f: _edge(np.sin((f.y + 0.05 * np.sin(f.x * 12 + f.angle)) * f.count * 4)),
    "dots": lambda f: _edge(np.sin(f.x * f.count * 8) * np.sin(f.y * f.count * 8) - 0.45),
    "checks": lambda f: _edge(np.sin(f.x * f.count * 5) * np.sin(f.y * f.count * 5), 30),
    "rays": lambda f: _edge(np.sin(f.bearing * round(f.count + 4))),
    "clouds": lambda f: f.noise,
    "diagonal": lambda f: _edge(f.along - f.along.mean()),
    "halves": lambda f: _edge(f.y - f.level + 0.08 * np.sin(f.x * 7 + f.angle), 60),
    "arcs": lambda f: _edge(np.sin(f.away * f.count * 5)),
    "hills": _hills,
    "marble": lambda f: 0.5 + 0.5 * np.sin(f.along * 14 + 9 * f.noise),
    "weave": lambda f: 0.35 * (np.sin(f.x * 160) * np.sin(f.y * 160) > 0) + 0.2 * f.y,
    "bands": lambda f: _edge(np.abs(f.y - f.level) - 0.22),
}
# "plain" twice: most packs have a calm ground. The last two are painted piece by piece.
PATTERN_NAMES = ("plain", *_SHARES, "heap", "confetti")


def smooth_noise(size_wh: tuple[int, int], rng: np.random.Generator, cells: int) -> FloatArray:
    """(H, W) soft random field in [0, 1] with about `cells` features across."""
    coarse = rng.random((cells + 2, cells + 2), dtype=np.float32)
    fine = rng.random((cells * 4, cells * 4), dtype=np.float32)
    soft = cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(fine, size_wh, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(0.75 * soft + 0.25 * grain, 0.0, 1.0), np.float32)


def heap(
    size_wh: tuple[int, int], rng: np.random.Generator, first: Rgb, second: Rgb, count: int = 90
) -> ByteImage:
    """Paint a heap of shaded pieces, as a photograph of flakes, beans or crisps has."""
    width, height = size_wh
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.array(first, np.uint8) // 2
    size = float(rng.uniform(0.04, 0.16)) * max(width, height)
    ratio = float(rng.uniform(0.2, 1.0))
    corners = int(rng.choice([0, 0, 4, 6, 9]))
    a, b = np.array(first, float), np.array(second, float)
    for _ in range(count):
        centre = rng.random(2) * (width, height)
        piece = _piece(rng, corners, size, ratio)
        base = (a + (b - a) * rng.random() * 0.6) * rng.uniform(0.75, 1.15)
        for shrink, gain in ((1.0, 0.6), (0.88, 1.0), (0.45, 1.2)):
            colour = tuple(int(c) for c in np.clip(base * gain, 0, 255))
            points = np.round((centre + piece * shrink) * 8).astype(np.int32)
            cv2.fillPoly(image, [points], colour, cv2.LINE_AA, 3)
    return image


def _piece(
    rng: np.random.Generator, corners: int, size: float, ratio: float
) -> NDArray[np.float64]:
    """(K, 2) outline of a piece around zero: an oval, or a shard with so many corners."""
    angle = np.linspace(0, 2 * np.pi, corners or 18, endpoint=False)
    radii = size * (rng.uniform(0.5, 1.1, corners) if corners else np.full(18, rng.uniform(0.6, 1)))
    turn = float(rng.uniform(0, np.pi))
    flat = np.stack([np.cos(angle) * radii, np.sin(angle) * radii * ratio], 1)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(flat @ rotation)


def _confetti(
    size_wh: tuple[int, int], rng: np.random.Generator, first: Rgb, second: Rgb
) -> ByteImage:
    width, height = size_wh
    image = np.empty((height, width, 3), np.uint8)
    image[:] = first
    for _ in range(int(rng.integers(20, 70))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        gain = rng.uniform(0.7, 1.3)
        colour = tuple(int(min(c * gain, 255)) for c in second)
        radius = max(int(height * rng.uniform(0.006, 0.05)), 1)
        cv2.circle(image, centre, radius, colour, -1, cv2.LINE_AA)
    return image
