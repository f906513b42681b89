"""Backgrounds of labels: each paints a whole panel in two colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.vocabulary import Rgb

PATTERN_NAMES = (
    "plain", "plain", "vertical", "radial", "stripes", "thin_stripes", "waves", "dots", "checks",
    "rays", "clouds", "heap", "diagonal", "halves", "arcs", "confetti", "hills", "marble", "weave",
    "bands",
)


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
    share = _share(name, size_wh, rng)
    a, b = np.array(first, np.float32), np.array(second, np.float32)
    return (a + share[..., None] * (b - a)).astype(np.uint8)


def _share(name: str, size_wh: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """(H, W) share of the second colour in [0, 1]."""
    width, height = size_wh
    x = np.linspace(0, width / height, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    angle = float(rng.uniform(0, np.pi))
    along = x * np.cos(angle) + y * np.sin(angle)
    count = float(rng.integers(3, 12))
    centre_x, centre_y = float(rng.uniform(0, width / height)), float(rng.uniform(0.1, 0.9))
    match name:
        case "vertical":
            share = np.broadcast_to(y**1.3, (height, width))
        case "radial":
            share = np.hypot(x - centre_x, y - centre_y) * 1.2
        case "stripes":
            share = _edge(np.sin(along * count * 6.28))
        case "thin_stripes":
            share = 0.5 * _edge(np.sin(along * (count + 9) * 6.28) - 0.6)
        case "waves":
            share = _edge(np.sin((y + 0.05 * np.sin(x * 12 + angle)) * count * 4))
        case "dots":
            share = _edge(np.sin(x * count * 8) * np.sin(y * count * 8) - 0.45)
        case "checks":
            share = _edge(np.sin(x * count * 5) * np.sin(y * count * 5), 30)
        case "rays":
            share = _edge(np.sin(np.arctan2(y - centre_y, x - centre_x) * round(count + 4)))
        case "clouds":
            share = smooth_noise(size_wh, rng, 5)
        case "diagonal":
            share = _edge(along - float(along.mean()))
        case "halves":
            share = _edge(y - float(rng.uniform(0.3, 0.7)) + 0.08 * np.sin(x * 7 + angle), 60)
        case "arcs":
            share = _edge(np.sin(np.hypot(x - centre_x, y - centre_y) * count * 5))
        case "hills":
            share = 0.5 * _edge(y - 0.6 - 0.1 * np.sin(x * 6 + angle), 80)
            share = share + 0.5 * _edge(y - 0.75 - 0.08 * np.sin(x * 9 + count), 80)
        case "marble":
            share = 0.5 + 0.5 * np.sin(along * 14 + 9 * smooth_noise(size_wh, rng, 4))
        case "weave":
            share = 0.35 * (np.sin(x * 160) * np.sin(y * 160) > 0) + 0.2 * y
        case "bands":
            share = _edge(np.abs(y - float(rng.uniform(0.3, 0.7))) - 0.22) + 0 * x
        case _:
            share = np.zeros((height, width), np.float32)
    full = np.broadcast_to(share, (height, width))
    return np.clip(full, 0.0, 1.0).astype(np.float32)


def _edge(value: FloatArray, steepness: float = 14.0) -> FloatArray:
    """Anti-aliased step at zero."""
    return np.clip(0.5 + value * steepness, 0.0, 1.0).astype(np.float32)


def smooth_noise(size_wh: tuple[int, int], rng: np.random.Generator, cells: int) -> FloatArray:
    """(H, W) soft random field in [0, 1] with about `cells` features across."""
    coarse = rng.random((cells + 2, cells + 2), dtype=np.float32)
    fine = rng.random((cells * 4, cells * 4), dtype=np.float32)
    noise = 0.75 * cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)
    noise += 0.25 * cv2.resize(fine, size_wh, interpolation=cv2.INTER_LINEAR)
    return np.clip(noise, 0.0, 1.0).astype(np.float32)


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
