"""Facings are cut out whole; catalogue pictures lose their border."""

import cv2
import numpy as np
import pytest

from facings.rectify import rectify, tilts_deg, trim_packshot
from facings.types import Detections, Frame


def test_no_detections_give_no_crops() -> None:
    """Empty in, empty out."""
    frame = Frame(np.zeros((40, 60, 3), np.uint8))
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    assert len(rectify(frame, nothing)) == 0


def test_a_crop_has_a_margin_inside_the_frame_and_none_outside() -> None:
    """100 px get 3 px on each side, except where the frame ends."""
    frame = Frame(np.zeros((200, 300, 3), np.uint8))
    boxes = np.array([[100, 50, 200, 150], [0, 0, 100, 100]], np.float32)

    inner, corner = rectify(frame, Detections(boxes, np.ones(2, np.float32))).images

    assert inner.shape == (106, 106, 3)
    assert corner.shape == (103, 103, 3)


def test_the_thinnest_box_still_gives_a_picture() -> None:
    """A crop is never empty."""
    frame = Frame(np.zeros((20, 20, 3), np.uint8))
    boxes = np.array([[19.4, 3, 20, 3.3]], np.float32)

    assert min(rectify(frame, Detections(boxes, np.ones(1, np.float32))).images[0].shape) >= 1


@pytest.mark.parametrize("tilt_deg", [-35.0, -8.0, 8.0, 35.0])
def test_a_leaning_front_is_turned_upright(tilt_deg: float) -> None:
    """Left half dark, right half bright, whatever the pack's tilt was."""
    pack = np.zeros((200, 200, 3), np.uint8)
    pack[60:140, 70:100], pack[60:140, 100:130] = 60, 220
    turn = cv2.getRotationMatrix2D((100, 100), -tilt_deg, 1.0)
    image = np.asarray(cv2.warpAffine(pack, turn, (200, 200)), np.uint8)
    front = np.array([[70, 60, 1], [130, 60, 1], [130, 140, 1], [70, 140, 1]], np.float64)
    quad = (front @ turn.T).astype(np.float32)
    box = np.array([[*quad.min(0), *quad.max(0)]], np.float32)

    [crop] = rectify(Frame(image), Detections(box, np.ones(1, np.float32), quad[None])).images

    assert tilts_deg(quad[None])[0] == pytest.approx(tilt_deg, abs=0.1)
    assert crop.shape == pytest.approx((85, 64, 3), abs=1)
    assert np.abs(crop[10:-10, 8:26].astype(int) - 60).max() < 10
    assert np.abs(crop[10:-10, -26:-8].astype(int) - 220).max() < 10


def test_a_front_seen_from_the_side_is_cut_out_as_it_is() -> None:
    """Slanting upper and lower edges are perspective, not a tilt: the crop is the box."""
    box = np.array([[100, 50, 200, 150]], np.float32)
    quad = np.array([[[100, 50], [200, 70], [200, 130], [100, 150]]], np.float32)
    frame = Frame(np.zeros((200, 300, 3), np.uint8))

    [crop] = rectify(frame, Detections(box, np.ones(1, np.float32), quad)).images

    assert crop.shape == (106, 106, 3)


def test_a_white_border_is_trimmed() -> None:
    """Only the pack is left of a catalogue picture."""
    packshot = np.full((100, 80, 3), 255, np.uint8)
    packshot[30:70, 20:50] = (200, 30, 30)

    assert trim_packshot(packshot).shape == (40, 30, 3)


def test_photos_and_blank_pictures_stay_whole() -> None:
    """Dark corners, uneven corners, or nothing drawn: nothing is cut."""
    photo = np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    blank = np.full((50, 40, 3), 255, np.uint8)

    assert trim_packshot(photo).shape == photo.shape
    assert trim_packshot(blank).shape == blank.shape
