"""Points of a facing are held against gallery pictures where it is still undecided."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facings.evidence.geometry import Geometry, agreeing_points, contenders, find_points
from facings.types import ByteImage, Candidate, Crops, Match


def pack(word: str, seed: int = 0) -> ByteImage:
    """A pack with art of one seed and a word."""
    art = np.random.default_rng(seed).integers(0, 255, (10, 6, 3), np.uint8)
    image = cv2.resize(art, (180, 300), interpolation=cv2.INTER_NEAREST)
    cv2.putText(image, word, (10, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 5)
    return image


def match(state: str, *gtins: str) -> Match:
    """What a facing may be, each candidate's picture numbered by its place."""
    alternatives = tuple(Candidate(gtin, 0.9, number) for number, gtin in enumerate(gtins))
    return Match(state, None, 0.9, 0.5, alternatives)


def geometry(pictures: dict[str, ByteImage | None]) -> Geometry:
    """Of a gallery with one picture a product."""
    return Geometry(lambda _, gtin: pictures[gtin])


def test_no_facings_give_no_evidence() -> None:
    """Empty in, empty out."""
    assert geometry({}).weigh(Crops(()), ()) == ()


def test_an_even_picture_has_no_points() -> None:
    """Nothing is found, and nothing agrees."""
    even = find_points(np.full((40, 30, 3), 200, np.uint8))

    assert len(even.places_xy) == 0
    assert agreeing_points(even, find_points(pack("LIME"))) == 0


def test_a_smaller_turned_picture_agrees_with_its_own() -> None:
    """One turn, scale and shift is found."""
    turn = cv2.getRotationMatrix2D((90, 150), 8, 0.7)
    seen = cv2.warpAffine(pack("LIME"), turn, (180, 300))

    own = agreeing_points(find_points(seen), find_points(pack("LIME")))
    other = agreeing_points(find_points(seen), find_points(pack("LIME", seed=1)))
    assert own > 20 > other


def test_the_word_tells_packs_of_one_art_apart() -> None:
    """Where all else is alike the right word has more points."""
    pictures: dict[str, ByteImage | None] = {"lime": pack("LIME"), "oats": pack("OATS")}
    seen = cv2.resize(pack("OATS"), (110, 190), interpolation=cv2.INTER_AREA)

    [said] = geometry(pictures).weigh(Crops((seen,)), (match("ambiguous", "lime", "oats"),))
    assert said["oats"] > said["lime"] > 0


def candidates(*similarities: float) -> tuple[Candidate, ...]:
    """Lime first, then oats."""
    return tuple(Candidate(("lime", "oats")[i], each, i) for i, each in enumerate(similarities))


@pytest.mark.parametrize(
    ("state", "alternatives"),
    [
        ("recognised", candidates(0.9, 0.89)),
        ("unknown", ()),
        ("unknown", candidates(0.9, 0.79)),
        ("unknown", candidates(0.39, 0.38)),
    ],
)
def test_what_is_decided_or_like_nothing_is_not_compared(
    state: str, alternatives: tuple[Candidate, ...]
) -> None:
    """Comparing takes time."""
    gtin = "lime" if state == "recognised" else None
    decided = Match(state, gtin, 0.9, 0.9, alternatives)

    assert contenders(decided) == ()
    assert geometry({}).weigh(Crops((pack("LIME"),)), (decided,)) == ({},)


def test_look_alikes_of_an_unknown_facing_contend() -> None:
    """What is cut off is unlike all products, and still may say which of two it is."""
    unknown = Match("unknown", None, 0.5, 0.1, candidates(0.5, 0.45))

    assert contenders(unknown) == unknown.alternatives


def test_a_picture_that_is_gone_says_nothing() -> None:
    """Of one picture alone there is nothing to compare."""
    pictures = {"lime": pack("LIME"), "oats": None}

    said = geometry(pictures).weigh(Crops((pack("LIME"),)), (match("ambiguous", "lime", "oats"),))
    assert said == ({},)
