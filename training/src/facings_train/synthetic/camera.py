"""A phone's camera in front of a shelf: maps millimetres on the shelf's front to pixels.

The plane of the shelf fronts has x to the right, y down and depth z into the shelf, in mm.
Pictures use pixel coordinates in which pixel i covers [i, i + 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray

Matrix = NDArray[np.float64]
MAP_STEP_PX = 8
"""The warp is computed exactly on this grid and interpolated between."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Where the camera stands and how it sees the shelf's front plane."""

    size_wh: tuple[int, int]
    picture_from_plane: Matrix
    """(3, 3) homography, millimetres to undistorted pixels."""
    eye_xyd_mm: tuple[float, float, float]
    """The camera's foot on the plane, x and y, and its distance from it."""
    distortion: float
    """Radial: undistorted = distorted * (1 + distortion * r^2), r = 1 in the corners."""

    def project(self, points_mm: NDArray[np.floating]) -> FloatArray:
        """Pixels of points on the plane, (N, 2) to (N, 2)."""
        homogeneous = np.column_stack([points_mm, np.ones(len(points_mm))])
        mapped = homogeneous @ self.picture_from_plane.T
        straight = mapped[:, :2] / mapped[:, 2:]
        return self._distort(straight).astype(np.float32)

    def unproject(self, pixels: NDArray[np.floating]) -> Matrix:
        """Points of the plane, in mm, that pixels show: (N, 2) to (N, 2)."""
        centre, radius = self._lens()
        offset = (pixels - centre) / radius
        square = np.minimum((offset**2).sum(1, keepdims=True), 4.0)
        straight = offset * (1 + self.distortion * square) * radius + centre
        homogeneous = np.column_stack([straight, np.ones(len(straight))])
        mapped = homogeneous @ np.linalg.inv(self.picture_from_plane).T
        return np.asarray(mapped[:, :2] / mapped[:, 2:])

    def _lens(self) -> tuple[Matrix, float]:
        centre = np.array(self.size_wh, float) / 2
        return centre, float(np.hypot(*centre))

    def _distort(self, straight: Matrix) -> Matrix:
        centre, radius = self._lens()
        target = (straight - centre) / radius
        offset = target
        for _ in range(12):
            square = np.minimum((offset**2).sum(1, keepdims=True), 4.0)
            offset = target / (1 + self.distortion * square)
        return np.asarray(offset * radius + centre)

    def warp(
        self, canvas: ByteImage, origin_mm: tuple[float, float], px_per_mm: float
    ) -> ByteImage:
        """Photograph a canvas that lies in the plane.

        Args:
            canvas: (h, w, 3) RGB.
            origin_mm: the canvas's top left corner.
            px_per_mm: the canvas's scale.

        Returns:
            (H, W, 3) RGB of `size_wh`.
        """
        width, height = self.size_wh
        x = np.arange(0, width + MAP_STEP_PX, MAP_STEP_PX) + 0.5
        y = np.arange(0, height + MAP_STEP_PX, MAP_STEP_PX) + 0.5
        grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
        source = (self.unproject(grid) - origin_mm) * px_per_mm - 0.5
        coarse = source.reshape(len(y), len(x), 2).astype(np.float32)
        # Bilinear interpolation of the grid whose nodes lie at whole steps.
        rows = np.arange(height, dtype=np.float32)[:, None] / MAP_STEP_PX
        columns = np.arange(width, dtype=np.float32)[None, :] / MAP_STEP_PX
        map_y, map_x = np.broadcast_arrays(rows, columns)
        fine = cv2.remap(
            coarse, np.ascontiguousarray(map_x), np.ascontiguousarray(map_y), cv2.INTER_LINEAR
        )
        from_x, from_y = cv2.split(fine)
        return np.asarray(
            cv2.remap(canvas, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )

    def visible_polygon_mm(self) -> Matrix:
        """(K, 2) border of what the picture shows of the plane, clockwise."""
        width, height = self.size_wh
        steps = np.linspace(0, 1, 9)[:-1]
        zero, one = np.zeros(8), np.ones(8)
        border = np.concatenate(
            [
                np.stack([steps, zero], 1),
                np.stack([one, steps], 1),
                np.stack([1 - steps, one], 1),
                np.stack([zero, 1 - steps], 1),
            ]
        )
        return self.unproject(border * (width, height))

    def seen_at_depth(
        self, point_mm: tuple[float, float], depth_mm: float
    ) -> tuple[float, float, float]:
        """Where on the plane a point behind it appears, and how much smaller it looks."""
        x, y, distance = self.eye_xyd_mm
        shrink = distance / (distance + depth_mm)
        return x + (point_mm[0] - x) * shrink, y + (point_mm[1] - y) * shrink, shrink


def aim_camera(
    size_wh: tuple[int, int],
    height_mm: float,
    *,
    yaw_deg: float,
    pitch_deg: float,
    roll_deg: float,
    focal: float,
    distortion: float,
) -> Camera:
    """Stand so that the picture's middle shows the plane's origin.

    Args:
        size_wh: picture in pixels.
        height_mm: how much of the plane the picture's height shows at its middle.
        yaw_deg: positive looks from the left.
        pitch_deg: positive looks down from above.
        roll_deg: the phone's own tilt.
        focal: focal length as a share of the picture's longer side.
        distortion: radial, see `Camera`.
    """
    width, height = size_wh
    focal_px = focal * max(size_wh)
    distance = focal_px * height_mm / height
    rotation = _turn("z", roll_deg) @ _turn("x", pitch_deg) @ _turn("y", yaw_deg)
    intrinsics = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1.0]])
    shift = np.array([0.0, 0.0, distance])
    homography = intrinsics @ np.column_stack([rotation[:, 0], rotation[:, 1], shift])
    eye = -rotation.T @ shift
    return Camera(size_wh, homography, (float(eye[0]), float(eye[1]), float(-eye[2])), distortion)


def _turn(axis: str, degrees: float) -> Matrix:
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    match axis:
        case "x":
            return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
        case "y":
            return np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
        case _:
            return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
