"""Soft packs: pillow bags with sealed ends and stand-up pouches, crinkled and shiny."""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.patterns import smooth_noise
from facings_train.synthetic.products import SyntheticProduct


def draw_bag(
    product: SyntheticProduct, label: ByteImage, size_whd: tuple[int, int, int], yaw_deg: float
) -> tuple[ByteImage, tuple[float, float]]:
    """Draw a bag: the label bent by folds, lit by their slopes.

    Args:
        product: gives the folds and the gloss.
        label: (H, W, 3) RGB of the front.
        size_whd: width, height and depth in pixels.
        yaw_deg: shifts the print over the bulging front.

    Returns:
        RGBA and the middle of the lower edge.
    """
    width, height, _ = size_whd
    look = product.look
    rng = np.random.default_rng([look.art_seed, int(product.gtin[-7:])])
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    pouch = product.package == "pouch"
    half = _half_width(y, pouch, rng)
    across = x / half
    folds = smooth_noise((width, height), rng, 6) + 0.5 * smooth_noise((width, height), rng, 13)
    bend = 0.035 * (folds - 0.75)
    shift = 0.16 * np.sin(np.radians(yaw_deg)) * np.cos(np.clip(across, -1, 1) * np.pi / 2)
    map_x = (0.5 + 0.5 * across + bend - shift) * (label.shape[1] - 1)
    map_y = (y + 0.8 * bend) * (label.shape[0] - 1)
    image = cv2.remap(
        label,
        map_x.astype(np.float32),
        map_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    lit = _light(np.asarray(image, np.uint8), folds, across, y, look.glossy, pouch)
    alpha = _silhouette(across, y, pouch, width)
    return np.dstack([lit, alpha]), (width / 2, float(height))


def _half_width(y: FloatArray, pouch: bool, rng: np.random.Generator) -> FloatArray:
    """(H, 1) half width: pillow bags are drawn in where they are full."""
    if pouch:
        return np.asarray(0.97 + 0.03 * np.sin(y * np.pi), np.float32)
    pinch = float(rng.uniform(0.03, 0.1))
    wobble = 0.012 * np.sin(y * float(rng.uniform(9, 26)) + float(rng.uniform(0, 6)))
    return np.asarray(1 - pinch * np.abs(np.sin(y * np.pi)) ** 0.7 + wobble - 0.012, np.float32)


def _silhouette(across: FloatArray, y: FloatArray, pouch: bool, width: int) -> ByteImage:
    inside = np.abs(across) <= 1
    if pouch:
        corner = np.maximum(np.abs(across) - 0.9, 0) / 0.1
        inside &= ~((y < 0.03) & (corner**2 + ((0.03 - y) / 0.03) ** 2 > 1))
    else:
        teeth = 0.006 * (np.abs((across * width / 14) % 1 - 0.5) * 2)
        inside &= (y > teeth) & (y < 1 - teeth)
    return np.where(inside, np.uint8(255), np.uint8(0))


def _light(
    image: ByteImage,
    folds: FloatArray,
    across: FloatArray,
    y: FloatArray,
    glossy: float,
    pouch: bool,
) -> ByteImage:
    # The slope a pixel, times the pack's size, is the same whatever its resolution.
    scale = image.shape[0] / 90
    slope_x = cv2.Sobel(folds, cv2.CV_32F, 1, 0, ksize=3) * scale
    slope_y = cv2.Sobel(folds, cv2.CV_32F, 0, 1, ksize=3) * scale
    slope = 0.7 * slope_x + 0.6 * slope_y
    bulge = np.sqrt(np.clip(1.04 - across**2, 0, 1))
    gain = 0.62 + 0.42 * bulge + 0.22 * np.tanh(slope)
    shine = np.clip(slope - 0.55, 0, 1) * (60 + 130 * glossy)
    if not pouch:
        seal = (y < 0.055) | (y > 0.945)
        ridges = 0.86 + 0.1 * np.sign(np.sin(y * image.shape[0] * 1.2))
        gain = np.where(seal, ridges, gain)
    glow = cv2.merge([cv2.convertScaleAbs(shine)] * 3)
    dark = cv2.multiply(image, cv2.merge([gain.astype(np.float32)] * 3), dtype=cv2.CV_8U)
    return np.asarray(cv2.add(dark, glow), np.uint8)
