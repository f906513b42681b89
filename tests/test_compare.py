"""Undecided facings are held against the pictures of what they may be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.compare import MOST_VIEWS, Comparison, compare_by_blocks, contenders, grey_view
from facings.types import ByteImage, Candidate, Crops, Evidence, Match
from packs import pack

GOLDEN = Path(__file__).parent / "golden" / "compare"
Pictures = dict[str, list[ByteImage]]


def match(state: str, *gtins: str) -> Match:
    """What a facing may be."""
    alternatives = tuple(Candidate(gtin, 0.9, number) for number, gtin in enumerate(gtins))
    return Match(state, None, 0.9, 0.5, alternatives)


def comparison(pictures: Pictures) -> Comparison[tuple[str, int]]:
    """Of a gallery."""
    places = {gtin: [(gtin, i) for i in range(len(of))] for gtin, of in pictures.items()}
    return Comparison(lambda _gtins: places, lambda place: pictures[place[0]][place[1]])


def compare(pictures: Pictures, seen: Sequence[ByteImage], matches: Sequence[Match]) -> Evidence:
    """Where nothing else is known."""
    nothing = ({},) * len(matches)
    before = Evidence(nothing, nothing, nothing)
    return comparison(pictures).compare(Crops(tuple(seen)), matches, before)


def test_no_facings_give_no_evidence() -> None:
    """Empty in, empty out."""
    said = compare({}, [], [])
    assert (said.geometry, said.detail) == ((), ())


def test_the_word_tells_packs_of_one_art_apart() -> None:
    """Where all else is alike the right word has more points, and is more alike."""
    seen = cv2.resize(pack("OATS"), (110, 190), interpolation=cv2.INTER_AREA)
    pictures = {"lime": [pack("LIME")], "oats": [pack("OATS")]}

    said = compare(pictures, [seen], [match("ambiguous", "lime", "oats")]).of(0)
    assert said["geometry"]["oats"] > said["geometry"]["lime"] > 0
    assert said["detail"]["oats"] > said["detail"]["lime"] + 0.3


def test_the_view_that_shows_it_is_the_one_compared() -> None:
    """A product's other pictures may show its back, and in whatever order."""
    back = pack("", seed=9)
    pictures = {"lime": [back, pack("LIME")], "oats": [pack("OATS"), back]}

    said = compare(pictures, [pack("LIME")], [match("ambiguous", "oats", "lime")]).of(0)
    assert said["detail"]["lime"] > 0.8 > said["detail"]["oats"] + 0.3


def test_a_pack_that_lies_over_nothing_is_compared_by_points_alone() -> None:
    """On an even picture there is no place where the word would be."""
    pictures = {"lime": [pack("LIME")], "oats": [np.full((300, 180, 3), 90, np.uint8)]}

    said = compare(pictures, [pack("LIME")], [match("ambiguous", "lime", "oats")]).of(0)
    assert set(said["geometry"]) == {"lime", "oats"}
    assert said["detail"] == {}


def test_each_view_is_read_once_and_no_more_than_are_looked_at() -> None:
    """A product may have a hundred photos."""
    read: list[tuple[str, int]] = []

    def read_one(place: tuple[str, int]) -> ByteImage:
        read.append(place)
        return pack(place[0])

    places = {gtin: [(gtin, i) for i in range(100)] for gtin in ("lime", "oats")}
    held = Comparison(lambda _gtins: places, read_one)
    assert held.weigh(pack("LIME"), ["lime", "oats"]) == held.weigh(pack("LIME"), ["lime", "oats"])
    assert sorted(read) == [(gtin, i) for gtin in ("lime", "oats") for i in range(MOST_VIEWS)]


def test_pictures_that_come_and_go_are_noticed() -> None:
    """A picture taken out of the gallery because it shows another product no longer counts."""
    shown = {"a": pack("LIME"), "b": pack("OATS"), "wrong": pack("LIME")}
    places = {"lime": ["a"], "oats": ["b", "wrong"]}
    held = Comparison(lambda _gtins: places, shown.__getitem__)

    _, before = held.weigh(pack("LIME"), ["lime", "oats"])
    places["oats"] = ["b"]
    _, after = held.weigh(pack("LIME"), ["lime", "oats"])
    assert before["oats"] == before["lime"]
    assert after["oats"] < after["lime"]


def candidates(*similarities: float) -> tuple[Candidate, ...]:
    """Lime first, then oats."""
    return tuple(Candidate(("lime", "oats")[i], each, i) for i, each in enumerate(similarities))


@pytest.mark.parametrize(
    ("state", "probability", "alternatives"),
    [
        ("recognised", 0.9, candidates(0.9, 0.89)),
        ("recognised", 0.8, candidates(0.9, 0.79)),
        ("unknown", 0.1, ()),
        ("unknown", 0.6, candidates(0.9, 0.79)),
        ("unknown", 0.4, candidates(0.39, 0.38)),
    ],
)
def test_what_is_settled_or_like_nothing_is_not_compared(
    state: str, probability: float, alternatives: tuple[Candidate, ...]
) -> None:
    """Comparing takes time."""
    gtin = "lime" if state == "recognised" else None
    settled = Match(state, gtin, 0.9, probability, alternatives)

    assert contenders(settled) == ()
    assert compare({}, [pack("LIME")], [settled]).geometry == ({},)


@pytest.mark.parametrize("state", ["recognised", "unknown"])
def test_look_alikes_of_what_no_bar_calls_ambiguous_contend(state: str) -> None:
    """What is named may yet be another; what is cut off still says which of two it is."""
    gtin = "lime" if state == "recognised" else None
    match_of_two = Match(state, gtin, 0.5, 0.8, candidates(0.5, 0.45))

    assert contenders(match_of_two) == match_of_two.alternatives


def test_a_picture_that_is_gone_says_nothing() -> None:
    """Of one product alone there is nothing to compare."""
    pictures: Pictures = {"lime": [pack("LIME")], "oats": []}

    said = compare(pictures, [pack("LIME")], [match("ambiguous", "lime", "oats")])
    assert (said.geometry, said.detail) == (({},), ({},))


def test_an_even_facing_agrees_with_nothing() -> None:
    """It has no points to lay it over anything by."""
    pictures = {"lime": [pack("LIME")], "oats": [pack("OATS")]}
    even = np.full((30, 20, 3), 200, np.uint8)

    said = compare(pictures, [even], [match("ambiguous", "lime", "oats")]).of(0)
    assert said["geometry"] == {"lime": 0, "oats": 0}
    assert said["detail"] == {}


def test_by_blocks_the_word_tells_packs_of_one_art_apart() -> None:
    """Whichever of them is laid below; an even facing lies over neither."""
    seen = cv2.resize(pack("OATS"), (110, 190), interpolation=cv2.INTER_AREA)
    lime, oats = grey_view(pack("LIME")), grey_view(pack("OATS"))

    to_lime, to_oats = compare_by_blocks(np.asarray(seen), [lime, oats])
    assert to_oats > to_lime + 0.3
    to_oats, to_lime = compare_by_blocks(np.asarray(seen), [oats, lime])
    assert to_oats > to_lime + 0.3
    assert compare_by_blocks(np.full((190, 110, 3), 90, np.uint8), [lime, oats]) == ()


@pytest.mark.parametrize("case", json.loads((GOLDEN / "expected.json").read_text()))
def test_golden_facings_are_as_alike_as_they_were(case: dict) -> None:
    """The browser's comparison reads the same files: web/tests/compare.test.ts."""
    facing = cv2.cvtColor(cv2.imread(str(GOLDEN / case["facing"])), cv2.COLOR_BGR2RGB)
    files = [str(GOLDEN / f"{each}.pgm") for each in case["views"]]
    views = [np.asarray(cv2.imread(each, cv2.IMREAD_GRAYSCALE), np.uint8) for each in files]

    said = compare_by_blocks(np.asarray(facing, np.uint8), views)
    assert said == pytest.approx(case["likeness"], abs=0.01)
