"""Points of one picture are found again in another of the same pack."""

from __future__ import annotations

import cv2
import numpy as np

from facings.evidence.geometry import Points, find_move, find_points
from packs import pack


def points(image: np.ndarray) -> Points:
    """Of an RGB picture."""
    return find_points(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def test_an_even_picture_has_no_points_and_moves_nowhere() -> None:
    """Nothing is found, and nothing agrees."""
    even = find_points(np.full((40, 30), 200, np.uint8))

    assert len(even.places_xy) == 0
    assert find_move(even, points(pack("LIME"))) is None


def test_a_smaller_turned_picture_moves_onto_its_own() -> None:
    """The move is found as it was made."""
    turn = cv2.getRotationMatrix2D((90, 150), 8, 0.7)
    seen = cv2.warpAffine(pack("LIME"), turn, (180, 300))

    move = find_move(points(pack("LIME")), points(seen))
    assert move is not None
    assert move.agreeing_count > 20
    assert np.allclose(move.matrix, turn, atol=[0.03, 0.03, 4])


def test_other_art_agrees_less() -> None:
    """A few points always do."""
    own = find_move(points(pack("LIME")), points(pack("OATS")))
    other = find_move(points(pack("LIME")), points(pack("LIME", seed=1)))

    assert own is not None
    assert own.agreeing_count > 20 > (other.agreeing_count if other else 0)


def test_a_move_that_shrinks_to_nothing_is_none() -> None:
    """All pairs agree with a collapse to one spot, which is no view of a pack."""
    seen = points(pack("LIME"))
    tiny = Points(seen.places_xy * np.float32(0.01), seen.looks)

    assert find_move(seen, tiny) is None
