"""A bay is seen flat again, whatever the camera's angle was."""

import cv2
import numpy as np
import pytest

from facings.bay import FOCAL, flat_bay, flat_from_frame
from facings.types import FloatArray

SIZE_WH = (1600, 1200)


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Homography of a camera that turns about its centre."""
    focal = FOCAL * max(SIZE_WH)
    camera = np.array([[focal, 0, SIZE_WH[0] / 2], [0, focal, SIZE_WH[1] / 2], [0, 0, 1.0]])
    turns = np.radians([[pitch_deg, 0, 0], [0, yaw_deg, 0], [0, 0, roll_deg]])
    pitch, yaw, roll = (cv2.Rodrigues(each)[0] for each in turns)
    return camera @ roll @ pitch @ yaw @ np.linalg.inv(camera)


def fronts(seed: int = 0, lean_deg: float = 0.0) -> FloatArray:
    """(24, 4, 2) fronts on four boards seen straight, each leaning a little."""
    rng = np.random.default_rng(seed)
    quads = []
    for place in range(24):
        x, y = 500 + 100 * (place % 6), 400 + 120 * (place // 6)
        half, tall = rng.uniform(25, 40), rng.uniform(60, 90)
        box = np.array([[-half, -tall], [half, -tall], [half, 0], [-half, 0]])
        lean = np.radians(rng.normal(0, lean_deg))
        turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
        quads.append(box @ turn.T + (x, y))
    return np.array(quads, np.float32)


def test_without_fronts_nothing_is_turned() -> None:
    """The picture stays as it is."""
    image = np.zeros((30, 40, 3), np.uint8)

    flat, homography = flat_bay(image, np.zeros((0, 4, 2), np.float32))

    assert flat.shape == image.shape
    assert np.allclose(homography, np.eye(3))


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (-40, 8, 5), (10, -12, 20), (0, 0, -25)])
def test_boards_are_level_and_packs_upright_again(angles: tuple[float, float, float]) -> None:
    """Fronts seen from an angle come back as the rectangles they are, packs leaning 2 degrees."""
    straight = fronts(lean_deg=2.0)
    seen = cv2.perspectiveTransform(straight.reshape(1, -1, 2), turned(*angles))

    flat = cv2.perspectiveTransform(seen, flat_from_frame(seen.reshape(-1, 4, 2), SIZE_WH))

    offset = flat[0] - straight.reshape(-1, 2)
    assert np.abs(offset - offset.mean(axis=0)).max() < 12


def test_a_flat_picture_shows_every_front() -> None:
    """Bright fronts stay bright under their corners in the flat picture, which is cut to them."""
    seen = cv2.perspectiveTransform(fronts().reshape(1, -1, 2), turned(12, 5, 8)).reshape(-1, 4, 2)
    image = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    for quad in seen:
        cv2.fillConvexPoly(image, quad.round().astype(np.int32), (255, 255, 255))

    flat, homography = flat_bay(image, seen)

    assert flat.shape[0] < 700
    moved = cv2.perspectiveTransform(seen.reshape(1, -1, 2), homography).reshape(-1, 4, 2)
    for quad in moved:
        middle = quad.mean(axis=0).round().astype(int)
        assert flat[middle[1], middle[0]].tolist() == [255, 255, 255]
        assert abs(quad[0, 1] - quad[1, 1]) < 1.5
        assert abs(quad[0, 0] - quad[3, 0]) < 1.5
