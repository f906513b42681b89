"""What a picture of one product is about."""

from pathlib import Path

import numpy as np
import pytest

from facings.capture import read_picture
from facings.detect import Detector
from facings.main_product import MainProductCrop, gallery_crop, main_index
from facings.rectify import trim_packshot
from facings.types import Detections, Frame

PACKSHOT = Path(__file__).parent / "golden/store/pictures/9520772539757-front.jpg"


def photo_of_a_pack() -> tuple[Frame, tuple[int, int]]:
    """A golden pack in the middle of a grey room, and the pack's height and width."""
    pack = trim_packshot(read_picture(PACKSHOT).image)
    height, width = pack.shape[:2]
    photo = np.full((2 * height, 3 * width, 3), 120, np.uint8)
    photo[height // 2 : height // 2 + height, width : 2 * width] = pack
    return Frame(photo), (height, width)


def test_the_main_product_is_cut_out_of_a_query():
    """What is around the product is not embedded."""
    photo, pack_hw = photo_of_a_pack()
    cut = MainProductCrop(Detector.load())(photo)
    assert np.allclose(cut.shape[:2], pack_hw, rtol=0.2)


def test_a_query_without_a_detection_is_taken_whole():
    """Nothing found must not mean nothing asked."""
    dark = np.zeros((100, 100, 3), np.uint8)
    assert MainProductCrop(Detector.load())(Frame(dark)) is dark


@pytest.mark.parametrize(
    ("boxes", "scores", "main"),
    [
        ([[40, 40, 60, 60], [45, 45, 65, 65]], [0.9, 0.9], 0),  # centred
        ([[40, 40, 60, 60], [30, 30, 70, 70]], [0.9, 0.9], 1),  # larger
        ([[40, 40, 60, 60], [40, 40, 60, 60]], [0.5, 0.9], 1),  # surer
    ],
)
def test_the_main_product_is_large_central_and_sure(boxes: list, scores: list, main: int):
    """One property at a time, the others equal."""
    found = Detections(np.array(boxes, np.float32), np.array(scores, np.float32))
    assert main_index(found, (100, 100)) == main


@pytest.mark.parametrize("boxes", [[], [[0, 0, 40, 90], [60, 0, 100, 100]]])
def test_a_picture_is_not_about_what_stands_at_its_side(boxes: list):
    """However large and sure: the middle is what somebody aimed at."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    assert main_index(Detections(xyxy, np.ones(len(xyxy), np.float32)), (100, 100)) is None


def test_a_packshot_enters_the_gallery_without_its_border():
    """It needs no detector: the pack is what the border leaves."""
    packshot = np.full((90, 80, 3), 255, np.uint8)
    packshot[20:60, 30:60] = 40
    assert gallery_crop(Frame(packshot)).shape == (40, 30, 3)


def test_of_a_photo_the_pack_alone_enters_the_gallery():
    """What is around it is not the product."""
    photo, pack_hw = photo_of_a_pack()
    assert np.allclose(gallery_crop(photo).shape[:2], pack_hw, rtol=0.2)


def test_a_picture_full_of_its_pack_stays_whole():
    """Nothing of a front is cut off because a detector likes one part of it better."""
    pack = trim_packshot(read_picture(PACKSHOT).image).copy()
    pack[[0, 0, -1, -1], [0, -1, 0, -1]] = 0  # no even border is left to be trimmed
    assert gallery_crop(Frame(pack)).shape == pack.shape
