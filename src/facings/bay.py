"""The bay in a picture: how the camera stood to it, and how it looks from straight ahead.

Read off the fronts' corners: the sides that are upright on every pack, and the edges that are
level, meet in two vanishing points, which give the camera's rotation.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray

FOCAL = 0.95  # of a phone's main camera, as a share of the picture's longer side
_ROUNDS = 5
_TOLERANCE = 0.05  # radians by which packs lean and fronts are found off
_LARGEST = 2.0  # a flat picture's sides, as shares of the picture's own

Matrix = NDArray[np.float64]


def flat_from_frame(quads: FloatArray, size_wh: tuple[int, int]) -> Matrix:
    """Homography to the picture that a camera turned square to the bay would take.

    Each edge of a front spans a plane with the camera's centre; the direction of all level edges
    is at right angles to all their planes' normals, and likewise for the upright ones (S. Barnard,
    Interpreting perspective images, 1983). Packs that lean are weighed down.

    Args:
        quads: (N, 4, 2) corners in pixels from the top left, clockwise.
        size_wh: of the picture.

    Returns:
        (3, 3); the identity where there are fewer than two fronts.
    """
    if len(quads) < 2:
        return np.eye(3)
    focal = FOCAL * max(size_wh)
    camera = np.array([[focal, 0, size_wh[0] / 2], [0, focal, size_wh[1] / 2], [0, 0, 1.0]])
    homogeneous = np.concatenate([quads, np.ones((len(quads), 4, 1))], axis=2)
    rays = homogeneous @ np.linalg.inv(camera).T
    upright = np.concatenate([np.cross(rays[:, 0], rays[:, 3]), np.cross(rays[:, 1], rays[:, 2])])
    level = np.concatenate([np.cross(rays[:, 0], rays[:, 1]), np.cross(rays[:, 3], rays[:, 2])])
    down = _direction(upright, np.array([0.0, 1, 0]))
    across = _direction(level - np.outer(level @ down, down), np.array([1.0, 0, 0]), apart=down)
    rotation = np.stack([across, down, np.cross(across, down)])
    return np.asarray(camera @ rotation @ np.linalg.inv(camera))


def _direction(normals: Matrix, near: Matrix, apart: Matrix | None = None) -> Matrix:
    """Unit vector at right angles to most normals, on the side of `near`; not along `apart`."""
    lengths = np.linalg.norm(normals, axis=1)
    units = normals / np.maximum(lengths, 1e-12)[:, None]
    weights = lengths
    best = near
    for _ in range(_ROUNDS):
        spread = (units * weights[:, None]).T @ units
        if apart is not None:
            spread += 1e6 * np.outer(apart, apart)
        best = np.linalg.eigh(spread)[1][:, 0]
        # Cauchy's weights: an edge that is off by the tolerance counts half.
        weights = lengths / (1 + ((units @ best) / _TOLERANCE) ** 2)
    return np.asarray(best * (np.sign(best @ near) or 1.0))


def flat_bay(image: ByteImage, quads: FloatArray) -> tuple[ByteImage, Matrix]:
    """Show the bay as seen from straight ahead, as far as it has fronts.

    Args:
        image: (H, W, 3) RGB.
        quads: (N, 4, 2) fronts in it.

    Returns:
        The flat picture, at most twice as wide and high, and `flat_from_frame` with its shift.
    """
    height, width = image.shape[:2]
    flat = flat_from_frame(quads, (width, height))
    inside = quads.clip(0, np.array([width, height], np.float32)) if len(quads) else None
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
    seen = cv2.perspectiveTransform(
        (corners if inside is None else inside).reshape(1, -1, 2), flat
    )[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = float(
        min(1.0, (_LARGEST * np.array([width, height]) / np.maximum(high - low, 1)).min())
    )
    shift = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1.0]])
    moved = shift @ flat
    size_wh = tuple(max(1, round(float(side))) for side in (high - low) * scale)
    shown = cv2.warpPerspective(image, moved, size_wh, borderValue=(114, 114, 114))
    return np.asarray(shown, np.uint8), np.asarray(moved)
