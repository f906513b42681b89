"""Binding: the number on the pack, and what is found by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facings.collect.binding import bind, number_of
from facings.collect.eyes import is_cut_off
from facings.collect.field import Capture, FieldFolder
from facings.detect import Detector
from facings.errors import CatalogueError, InvalidGtin
from facings.types import Frame
from test_collect_barcodes import EAN13, label
from test_collect_field import jpeg, session, shelf
from tiny_store import WEIGHTS

GTIN, OTHER = EAN13.zfill(14), "04006381333931"


def code(gtin: str | None) -> Capture:
    """A picture of a barcode that was read so."""
    return Capture("b", "barcode", "0" * 64, 0, code=gtin, road="bars" if gtin else None)


@pytest.mark.parametrize(
    ("codes", "typed", "told"),
    [
        ([GTIN], None, (GTIN, "bars")),
        ([GTIN, None, GTIN], GTIN, (GTIN, "bars")),
        ([None], GTIN, (GTIN, "typed")),
        ([], GTIN, (GTIN, "typed")),
    ],
)
def test_the_code_goes_before_what_was_typed(
    codes: list[str | None], typed: str | None, told: tuple[str, str]
):
    """Typing is the last resort."""
    assert number_of([code(each) for each in codes], typed) == told


@pytest.mark.parametrize(
    ("codes", "typed", "words"),
    [
        ([], None, "no number"),
        ([None], None, "no number"),
        ([GTIN, OTHER], None, "two numbers"),
        ([GTIN], OTHER, "two numbers"),
    ],
)
def test_numbers_that_are_missing_or_differ_bind_nothing(
    codes: list[str | None], typed: str | None, words: str
):
    """Two packs were mixed up: a person must look."""
    with pytest.raises(InvalidGtin, match=words):
        number_of([code(each) for each in codes], typed)


def filled(folder: FieldFolder) -> list[str]:
    """A session with a code, a view and a dark view."""
    folder.begin(session())
    folder.add("s1", "code", "barcode", jpeg(label().image))
    folder.add("s1", "front", "product", jpeg(shelf()))
    folder.add("s1", "dark", "product", jpeg(shelf(2) // 12))
    return ["code", "front", "dark"]


def test_a_product_is_enrolled_by_the_views_that_are_fit(tmp_path: Path):
    """All of its captures carry the number from then on; once more changes nothing."""
    folder = FieldFolder(tmp_path)
    captures = filled(folder)
    enrolled: list[tuple[str, list[Path]]] = []
    for _ in range(2):
        bound = bind(folder, "s1", captures, None, lambda *what: enrolled.append(what))
    assert (bound.gtin, bound.how) == (GTIN, "bars")
    assert [each.id for each in bound.unfit] == ["dark"]
    assert enrolled == [(GTIN, [folder.picture("s1", bound.views[0])])] * 2
    assert {each.gtin for each in folder.captures("s1")} == {GTIN}
    assert [each.id for each in folder.captures("s1")] == captures


def test_a_capture_is_never_of_two_products(tmp_path: Path):
    """Nor of one that was not sent."""
    folder = FieldFolder(tmp_path)
    filled(folder)
    bind(folder, "s1", ["front"], OTHER, lambda *_: None)
    with pytest.raises(CatalogueError, match="shows 4006381333931 already"):
        bind(folder, "s1", ["front", "code"], None, lambda *_: None)
    with pytest.raises(CatalogueError, match="no capture side"):
        bind(folder, "s1", ["side"], OTHER, lambda *_: None)


def test_where_enrolment_fails_nothing_is_bound(tmp_path: Path):
    """It can simply be done again."""
    folder = FieldFolder(tmp_path)
    captures = filled(folder)

    def refuse(*_: object) -> None:
        raise CatalogueError("there is no product")

    with pytest.raises(CatalogueError):
        bind(folder, "s1", captures, None, refuse)
    assert {each.gtin for each in folder.captures("s1")} == {None}


@pytest.mark.parametrize(
    ("packs", "cut"),
    [
        ([], False),  # nothing to be cut
        ([(1, 1)], False),
        ([(1, 0), (1, 1)], True),  # goes on above
        ([(0, 1), (1, 1)], False),  # the one in the middle is whole
        ([(x, y) for x in range(3) for y in range(3)], False),  # nine packs
    ],
)
def test_a_pack_that_goes_on_beyond_the_picture_is_cut_off(
    packs: list[tuple[int, int]], cut: bool, monkeypatch: pytest.MonkeyPatch
):
    """Only the one the picture is about counts."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    image = np.zeros((192, 192, 3), np.uint8)
    for x, y in packs:
        image[64 * y : 64 * y + 64, 64 * x : 64 * x + 64] = 255
    detector = Detector.load()
    if cut:  # a tall pack, of which the test detector sees the cell in the middle
        image = np.zeros((64, 192, 3), np.uint8)
        image[:, 64:128] = 255
    assert is_cut_off(Frame(image, "x"), detector) is cut
