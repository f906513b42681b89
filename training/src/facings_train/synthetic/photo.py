"""What a phone does to a scene: light, colour, blur, noise, compression."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray

NOISE_SIDE = 1024


@cache
def _noise_tile() -> FloatArray:
    """One tile of unit noise with the grain of a demosaiced sensor, reused at random offsets."""
    rng = np.random.default_rng(0x2015E)
    fine = rng.normal(0, 1, (NOISE_SIDE, NOISE_SIDE, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.8)
    return np.asarray(0.5 * fine + 0.5 * soft / soft.std(), np.float32)


def expose(image: ByteImage, rng: np.random.Generator, harshness: float) -> ByteImage:
    """Photograph a clean picture.

    Args:
        image: (H, W, 3) RGB.
        rng: decides on everything.
        harshness: 0 leaves almost nothing but compression, 1 is usual for training.

    Returns:
        (H, W, 3) RGB after a JPEG round trip.
    """
    size_wh = (image.shape[1], image.shape[0])
    lit = _light(image, size_wh, rng, harshness)
    lit = _blur(lit, rng, harshness)
    lit = _add_noise(lit, rng, harshness)
    return _compress(lit, rng, harshness)


def _light(
    image: ByteImage, size_wh: tuple[int, int], rng: np.random.Generator, harshness: float
) -> ByteImage:
    """Exposure, white balance, vignetting, shadow and glare as one gain field and one table."""
    x = np.linspace(-1, 1, 64, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, 48, dtype=np.float32)[:, None]
    exposure = 2.0 ** float(0.18 + rng.normal(0.0, 0.34) * harshness)
    gain = np.full((48, 64), exposure, np.float32)
    gain *= 1 - float(rng.uniform(0, 0.28)) * harshness * (x**2 + y**2) / 2
    angle, slope = float(rng.uniform(0, 6.28)), float(rng.uniform(0, 0.22)) * harshness
    gain *= 1 + slope * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < 0.3 * harshness:
        edge = np.cos(angle) * x + np.sin(angle) * y - float(rng.uniform(-0.5, 0.9))
        gain *= 1 - float(rng.uniform(0.15, 0.5)) * harshness * np.clip(0.5 + edge * 4, 0, 1)
    white = np.exp(rng.normal(0, 0.07, 3) * (0.3 + 0.7 * harshness)).astype(np.float32)
    white /= white.mean()
    field = cv2.resize(gain, size_wh, interpolation=cv2.INTER_LINEAR)
    coloured = cv2.merge([field * float(part) for part in white])
    lit = np.asarray(cv2.multiply(image, coloured, dtype=cv2.CV_8U), np.uint8)
    if rng.random() < 0.3 * harshness:
        lit = _glare(lit, rng)
    gamma = float(np.exp(rng.normal(0, 0.16 * harshness)))
    contrast = float(rng.uniform(1 - 0.25 * harshness, 1 + 0.2 * harshness))
    levels = np.arange(256, dtype=np.float32) / 255
    table = 255 * (0.5 + (levels**gamma - 0.5) * contrast) + float(rng.uniform(0, 14)) * harshness
    return np.asarray(cv2.LUT(lit, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def _glare(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Reflections of lamps: soft white ovals."""
    height, width = image.shape[:2]
    spot = np.zeros((height // 8 + 1, width // 8 + 1), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(spot.shape[1])), int(rng.integers(spot.shape[0])))
        axes = (int(rng.integers(3, 16)), int(rng.integers(2, 9)))
        cv2.ellipse(
            spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, int(rng.integers(50, 190)), -1
        )
    spot = cv2.GaussianBlur(spot, (0, 0), float(rng.uniform(1.5, 5)))
    large = cv2.resize(spot, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(image, cv2.merge([large, large, large])), np.uint8)


def _blur(image: ByteImage, rng: np.random.Generator, harshness: float) -> ByteImage:
    choice = rng.random()
    scale = max(image.shape[:2]) / 1280
    if choice < 0.18 * harshness:
        length = int(rng.integers(3, max(int((3 + 8 * harshness) * scale), 4))) | 1
        kernel = np.zeros((length, length), np.float32)
        angle = float(rng.uniform(0, np.pi))
        half = length // 2
        tip = (round(half * float(np.cos(angle))), round(half * float(np.sin(angle))))
        cv2.line(kernel, (half - tip[0], half - tip[1]), (half + tip[0], half + tip[1]), 1.0)
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)
    if choice < 0.6:
        sigma = float(rng.uniform(0.3, 0.5 + 1.3 * harshness)) * max(scale, 0.3)
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    if choice < 0.75:
        # Phones sharpen.
        soft = cv2.GaussianBlur(image, (0, 0), 1.2)
        return np.asarray(cv2.addWeighted(image, 1.6, soft, -0.6, 0), np.uint8)
    return image


def _add_noise(image: ByteImage, rng: np.random.Generator, harshness: float) -> ByteImage:
    sigma = float(rng.gamma(1.6, 2.2)) * harshness
    tile = _noise_tile()
    height, width = image.shape[:2]
    shift = rng.integers(0, NOISE_SIDE, 2)
    if sigma < 0.5:
        return image
    down, right = -(-(height + shift[0]) // NOISE_SIDE), -(-(width + shift[1]) // NOISE_SIDE)
    scaled = cv2.convertScaleAbs(tile, alpha=sigma, beta=128)
    field = np.tile(scaled, (int(down), int(right), 1))
    field = field[shift[0] : shift[0] + height, shift[1] : shift[1] + width]
    return np.asarray(cv2.addWeighted(image, 1.0, field, 1.0, -128), np.uint8)


def _compress(image: ByteImage, rng: np.random.Generator, harshness: float) -> ByteImage:
    lowest = int(94 - 54 * harshness)
    quality = int(rng.integers(lowest, 97))
    ok, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"cannot compress a picture of shape {image.shape}")
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
