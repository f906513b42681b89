"""EAN-13 and UPC-A read from bars too blurred or too small to be told black from white.

The rows of a code are averaged into one line of brightness, and each digit's seven modules are
compared with blurred templates, so nothing is decided before the whole number is known. After
Gallo and Manduchi, "Reading 1D Barcodes with Mobile Phones Using Deformable Templates" (2011);
patterns from the GS1 General Specifications, section 5.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray

_L = ("0001101", "0011001", "0010011", "0111101", "0100011",
      "0110001", "0101111", "0111011", "0110111", "0001011")  # fmt: skip
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG",
           "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")  # fmt: skip
_MODULES = 95
_SAMPLES = 4  # of a module
_FIRST_MODULES = (*range(3, 45, 7), *range(50, 92, 7))
_BLURS = (0.4, 0.7, 1.0)  # standard deviation in modules
_SHIFTS = (-2, -1, 0, 1, 2)  # samples that a digit may be out of place: packs are curved
_ANGLES = (0, -4, 4, -8, 8, -12, 12)  # degrees
_NARROWEST_PX = 90
_LIKELY = 0.86  # mean correlation of the twelve digits, below which it was no code
_LEAD = 0.007  # in mean correlation over the next number with a right check digit


@dataclass(frozen=True, slots=True)
class BlurredRead:
    """A number that the bars may say."""

    digits: str
    """13, the check digit is right."""
    likeness: float
    """Mean correlation of the digits with their templates, in [0, 1]."""
    lead: float
    """How much more than that of the next number."""


def read_blurred_bars(grey: ByteImage) -> list[BlurredRead]:
    """Read the most code-like part of a picture, once for each band of its rows.

    Args:
        grey: (H, W) a code within about 12 degrees of upright bars, either way up.

    Returns:
        One read for each band and angle that was clear enough; agreement is for the caller.
    """
    reads: list[BlurredRead] = []
    for turned in (grey, np.ascontiguousarray(grey[::-1, ::-1])):
        for angle in _ANGLES:
            for line in _lines(_rotated(turned, angle)):
                read = _read_line(line)
                if read:
                    reads.append(read)
    return reads


def _rotated(grey: ByteImage, degrees: float) -> ByteImage:
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(
        grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)


def _lines(grey: ByteImage) -> Iterator[FloatArray]:
    """Average the rows of three bands of the part whose edges are the most upright."""
    light = grey.astype(np.float32)
    across = np.abs(cv2.Sobel(light, cv2.CV_32F, 1, 0))
    along = np.abs(cv2.Sobel(light, cv2.CV_32F, 0, 1))
    height = grey.shape[0]
    bars = cv2.blur(across - 2 * along, (max(9, grey.shape[1] // 12), max(9, height // 16)))
    strong = (bars > 0.45 * bars.max()).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(strong)
    if count < 2:
        return
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    top, tall = int(stats[largest, cv2.CC_STAT_TOP]), int(stats[largest, cv2.CC_STAT_HEIGHT])
    for start, end in ((0.1, 0.4), (0.35, 0.65), (0.6, 0.9)):
        rows = light[top + int(start * tall) : max(top + int(end * tall), top + 1)]
        if len(rows):
            yield rows.mean(axis=0)


def _read_line(line: FloatArray) -> BlurredRead | None:
    """Try every pair of edges that may be the code's ends; keep the likeliest number."""
    starts, lengths = _extents(line)
    if not len(starts):
        return None
    places = (np.arange(-_SAMPLES, (_MODULES + 1) * _SAMPLES) + 0.5) / (_MODULES * _SAMPLES)
    sampled = np.interp(
        (starts[:, None] + lengths[:, None] * places[None]).ravel(), np.arange(len(line)), line
    ).reshape(len(starts), -1)
    likeness = _digit_likeness(sampled.astype(np.float32))
    rough = likeness.max(axis=2).mean(axis=1)
    best: BlurredRead | None = None
    for each in np.argsort(rough)[::-1][:5]:
        read = _best_number(likeness[each])
        if best is None or read.likeness > best.likeness:
            best = read
    clear = best is not None and best.likeness >= _LIKELY and best.lead >= _LEAD
    return best if clear else None


def _extents(line: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K,) starts and lengths in pixels: from a falling edge to a rising one, and near them."""
    slope = np.gradient(cv2.GaussianBlur(line[None], (0, 0), 0.8)[0])
    steep = 0.2 * np.abs(slope).max() if len(slope) else 0.0
    inner = np.arange(1, len(slope) - 1)
    peak = (np.abs(slope[1:-1]) >= np.abs(slope[:-2])) & (np.abs(slope[1:-1]) > np.abs(slope[2:]))
    falling = inner[peak & (slope[1:-1] < -steep)]
    rising = inner[peak & (slope[1:-1] > steep)]
    pairs = [
        (start, end - start)
        for start in falling[:14]
        for end in rising[-14:]
        if end - start >= _NARROWEST_PX
    ]
    near = [
        (start + a, length + b)
        for start, length in pairs
        for a in (-0.5, 0, 0.5)
        for b in (-1, 0, 1)
    ]
    found = np.array(near, np.float32).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _digit_likeness(sampled: FloatArray) -> FloatArray:
    """(K, 12, 20) best correlation over blurs of each digit with ten L or R and ten G patterns."""
    size = 9 * _SAMPLES
    by_shift = []
    for shift in _SHIFTS:
        firsts = [first * _SAMPLES + shift for first in _FIRST_MODULES]
        windows = np.stack([sampled[:, max(f, 0) : max(f, 0) + size] for f in firsts], axis=1)
        windows = windows - windows.mean(axis=2, keepdims=True)
        norms = np.linalg.norm(windows, axis=2, keepdims=True)
        by_shift.append(windows / np.maximum(norms, 1e-3))
    best = np.full((len(sampled), 12, 20), -1, np.float32)
    for blur in _BLURS:
        left, right = _templates(blur)
        for windows in by_shift:
            best[:, :6] = np.maximum(best[:, :6], windows[:, :6] @ left.T)
            best[:, 6:, :10] = np.maximum(best[:, 6:, :10], windows[:, 6:] @ right.T)
    return best


@cache
def _templates(blur: float) -> tuple[FloatArray, FloatArray]:
    """(20, S) L and G patterns and (10, S) R patterns, each with a module of its neighbours."""
    right = [pattern.translate(str.maketrans("01", "10")) for pattern in _L]
    left = [*_L, *(pattern[::-1] for pattern in right)]
    return (
        np.stack([_template(f"1{pattern}0", blur) for pattern in left]),
        np.stack([_template(f"0{pattern}1", blur) for pattern in right]),
    )


def _template(modules: str, blur: float) -> FloatArray:
    padded = modules[0] * 3 + modules + modules[-1] * 3
    light = np.repeat([1.0 - int(module) for module in padded], _SAMPLES).astype(np.float32)
    soft = cv2.GaussianBlur(light[None], (0, 0), blur * _SAMPLES)[0]
    inner = soft[3 * _SAMPLES : -3 * _SAMPLES]
    centred = inner - inner.mean()
    return np.asarray(centred / np.linalg.norm(centred), np.float32)


def _best_number(likeness: FloatArray) -> BlurredRead:
    """Find the likeliest number with a right check digit, and how far the next one is behind."""
    found: list[tuple[float, str]] = []
    for first, parity in enumerate(_PARITY):
        rows = [likeness[i, 10:] if mark == "G" else likeness[i, :10] for i, mark in
                enumerate(parity)] + [likeness[i, :10] for i in range(6, 12)]  # fmt: skip
        found += _two_best(first, rows)
    found.sort(reverse=True)
    (likely, digits), (next_likely, _) = found[0], found[1]
    return BlurredRead(digits, likely / 12, (likely - next_likely) / 12)


def _two_best(first: int, rows: list[FloatArray]) -> list[tuple[float, str]]:
    """The two likeliest ways through the digits for each sum modulo ten, that end at zero."""
    states: dict[int, list[tuple[float, str]]] = {first % 10: [(0.0, str(first))]}
    for place, row in enumerate(rows):
        weight = 1 if place % 2 else 3
        fresh: dict[int, list[tuple[float, str]]] = {}
        likely = [int(digit) for digit in np.argsort(row)[::-1][:6]]
        for total, ways in states.items():
            for digit in likely:
                after = (total + weight * digit) % 10
                fresh.setdefault(after, []).extend(
                    (score + float(row[digit]), digits + str(digit)) for score, digits in ways
                )
        states = {total: sorted(ways, reverse=True)[:2] for total, ways in fresh.items()}
    return states.get(0, [])
