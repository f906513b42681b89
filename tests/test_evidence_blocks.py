"""Blocks of a picture are found again in a facing of the same pack, without points."""

from __future__ import annotations

import cv2
import numpy as np

from facings.evidence.blocks import covered_by, find_move_by_blocks, moved_by
from facings.types import ByteImage
from packs import pack


def grey(image: ByteImage) -> ByteImage:
    """Of an RGB picture."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def test_on_an_even_picture_nothing_is_found() -> None:
    """It has no block that stands out."""
    even = np.full((300, 180), 200, np.uint8)

    assert find_move_by_blocks(grey(pack("LIME")), even) is None
    assert find_move_by_blocks(even, grey(pack("LIME"))) is None


def test_a_picture_smaller_than_a_block_moves_nowhere() -> None:
    """There is no room for one."""
    tiny = grey(pack("LIME"))[:12, :8]

    assert find_move_by_blocks(tiny, tiny) is None


def test_a_picture_lies_over_itself() -> None:
    """All of it, where it is."""
    seen = grey(pack("LIME"))
    move = find_move_by_blocks(seen, seen)

    assert move is not None
    assert np.allclose(move, np.eye(2, 3), atol=1e-6)
    assert (covered_by(move, seen) == 255).all()


def test_a_turned_and_moved_facing_is_laid_over_its_picture() -> None:
    """The move is found as it was made, from the picture to the facing, and undone."""
    known = grey(pack("LIME"))
    made = np.array([[1.04, 0.04, -6], [-0.03, 0.97, 9]])
    seen = np.asarray(cv2.warpAffine(known, made, (180, 300)), np.uint8)

    move = find_move_by_blocks(seen, known)
    assert move is not None
    assert np.allclose(move, made, atol=[0.02, 0.02, 2])
    inside = np.s_[40:-40, 30:-30]
    off = np.abs(moved_by(move, seen)[inside].astype(int) - known[inside])
    assert np.median(off) < 5
    assert (covered_by(move, seen) == 0).any()
