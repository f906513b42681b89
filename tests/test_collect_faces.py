"""Faces: every part of a picture is looked at; those printed on a pack stay."""

from __future__ import annotations

import numpy as np
import pytest

from facings.capture import read_picture
from facings.collect.eyes import beside_the_pack
from facings.collect.faces import FaceFinder, tiles
from facings.detect import Detector
from test_published_models import GOLDEN
from tiny_store import WEIGHTS


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (300, 1200), (500, 500)])
def test_tiles_cover_every_pixel_at_every_size(size: tuple[int, int]):
    """Squares within the picture; neighbours share a third."""
    width, height = size
    found = [tile for tile in tiles(width, height) if tile[2] > 0]
    for side in {each[2] for each in found}:
        seen = np.zeros((height, width), bool)
        for left, top, _ in (each for each in found if each[2] == side):
            assert 0 <= left <= width - side
            assert 0 <= top <= height - side
            seen[top : top + side, left : left + side] = True
        assert seen.all()


def test_a_shelf_without_people_has_no_faces():
    """The published network sees none in rendered packs."""
    shelf = read_picture(GOLDEN / "store" / "shelves" / "shelf-000.jpg")
    assert FaceFinder.load()(shelf.image).shape == (0, 4)


def test_what_is_printed_on_a_pack_is_no_bystander(monkeypatch: pytest.MonkeyPatch):
    """A pack with a face on it stays as it is; a person beside it does not."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    detector = Detector.load()
    image = np.zeros((192, 192, 3), np.uint8)
    on_the_pack, beside = [80, 80, 110, 110], [10, 80, 40, 110]
    faces = np.array([on_the_pack, beside], np.float32)
    assert len(beside_the_pack(image, faces[:0], detector)) == 0
    assert len(beside_the_pack(image, faces, detector)) == 2  # there is no pack
    image[64:128, 64:128] = 255
    assert beside_the_pack(image, faces, detector).tolist() == [beside]
