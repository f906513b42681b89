"""Facings are cut out whole; catalogue pictures lose their border."""

import numpy as np

from facings.rectify import rectify, trim_packshot
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
