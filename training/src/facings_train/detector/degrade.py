"""What cameras do to colours and sharpness, done to training windows."""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage


def shift_colours(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Random gain, offset and grey mix: what the renderer's own camera does not vary enough."""
    gain = rng.uniform(0.75, 1.25, 3 if rng.random() < 0.5 else 1)
    shifted = image.astype(np.float32) * gain + rng.uniform(-15, 15)
    if rng.random() < 0.1:
        shifted[:] = shifted.mean(2, keepdims=True)
    return shifted.clip(0, 255).astype(np.uint8)


def degrade(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Sometimes a curve, a blur, noise or compression: real pictures are few and must not be known.

    A curve is a gamma of 0.6 to 1.6, a blur a Gaussian of up to 1.3 pixels, noise has a deviation
    of up to 9 grey levels, and JPEG a quality of 30 to 90.
    """
    if rng.random() < 0.3:
        gamma = float(np.exp(rng.uniform(-0.5, 0.5)))
        curve = (np.linspace(0, 1, 256) ** gamma * 255).round().astype(np.uint8)
        image = np.asarray(cv2.LUT(image, curve), np.uint8)
    if rng.random() < 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.3)), np.uint8)
    if rng.random() < 0.2:
        noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(1, 9))
        image = (image + noise).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        quality = int(rng.integers(30, 90))
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return image
