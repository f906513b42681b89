"""From a picture to a network's input tensor, exactly as the model's manifest says.

The only preprocessing there is: training, runtime and export all call it, browsers do the same.
"""

from __future__ import annotations

import cv2
import numpy as np

from facings.models import InputSpec
from facings.types import ByteImage, FloatArray


def fit_tensor(
    image: ByteImage, spec: InputSpec, scale: float | None = None
) -> tuple[FloatArray, float]:
    """Shrink a picture to the model's size, never enlarge it, and pad right and bottom.

    Args:
        image: (H, W, 3) RGB.
        spec: with `resize` "fit".
        scale: tensor pixels a picture pixel, above 0, instead of that of the model's size.

    Returns:
        Tensor (1, 3, h, w), h and w multiples of `multiple_of`, and the scale that turned
        picture pixels into tensor pixels.
    """
    height, width = image.shape[:2]
    if scale is None:
        scale = min(1.0, max(spec.size_wh) / max(height, width))
    fitted = resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
    step = spec.multiple_of
    rows, columns = (-(-side // step) * step for side in fitted.shape[:2])
    canvas = np.full((rows, columns, 3), spec.pad_value, np.uint8)
    canvas[: fitted.shape[0], : fitted.shape[1]] = fitted
    return _normalised(canvas, spec)[None], scale


def crop_tensor(image: ByteImage, spec: InputSpec) -> FloatArray:
    """Resize a crop into the middle of the model's size, as the network's input.

    Args:
        image: (H, W, 3) RGB.
        spec: with `resize` "halfway".

    Returns:
        (3, h, w), where `size_wh` is (w, h).
    """
    return _normalised(crop_canvas(image, spec), spec)


def crop_canvas(image: ByteImage, spec: InputSpec) -> ByteImage:
    """The same as a picture (h, w, 3): what the network is shown."""
    columns, rows = spec.size_wh
    width, height = _halfway_wh(image.shape[1], image.shape[0], spec.size_wh)
    inner = resized(image, width, height)
    top, left = (rows - height) // 2, (columns - width) // 2
    canvas = np.full((rows, columns, 3), spec.pad_value, np.uint8)
    canvas[top : top + height, left : left + width] = inner
    return canvas


def _halfway_wh(width: int, height: int, size_wh: tuple[int, int]) -> tuple[int, int]:
    """Largest size inside `size_wh` whose width / height is the geometric mean of both."""
    columns, rows = size_wh
    aspect = (width / height * columns / rows) ** 0.5
    if aspect * rows > columns:
        return columns, max(1, round(columns / aspect))
    return max(1, round(rows * aspect)), rows


def resized(image: ByteImage, width: int, height: int) -> ByteImage:
    """Resize a picture; sides that shrink average areas: fine print must not turn into noise."""
    least_wh = (min(width, image.shape[1]), min(height, image.shape[0]))
    shrunk = cv2.resize(image, least_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _normalised(image: ByteImage, spec: InputSpec) -> FloatArray:
    mean, std = (np.array(values, np.float32) for values in (spec.mean, spec.std))
    scaled = (image.astype(np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))
