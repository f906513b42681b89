"""Outline of what an alpha channel shows."""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray

OPAQUE = 128
"""Alpha from which a pixel belongs to the silhouette."""


def outline_points(alpha: ByteImage) -> FloatArray:
    """Convex outline of a silhouette.

    Args:
        alpha: (H, W) in [0, 255].

    Returns:
        (K, 2) points x, y in pixels, pixel i covering [i, i + 1]. Under any perspective their
        bounding box is the silhouette's.
    """
    mask = alpha >= OPAQUE
    filled = np.flatnonzero(mask.any(axis=1))
    if len(filled) == 0:
        raise ValueError("a sprite needs at least one opaque pixel")
    lefts = mask.argmax(axis=1)
    rights = mask.shape[1] - mask[:, ::-1].argmax(axis=1)
    points = np.concatenate(
        [
            np.stack([side[filled], filled + lower], axis=1)
            for side in (lefts, rights)
            for lower in (0, 1)
        ]
    )
    hull = cv2.convexHull(points.astype(np.float32))
    return np.asarray(hull.reshape(-1, 2), np.float32)
