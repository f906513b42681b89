"""Ambiguous facings are read for the words that only one of their products has."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facings.evidence.words import (
    label_words,
    lines_on,
    open_reader,
    own_words,
    share_read,
    weigh_words,
)
from facings.product import Product
from facings.types import ByteImage, Candidate, Crops, Match

LABELS = {
    "mint": label_words(Product("1", "Tea Mint", "Velduny", net_content="250 g")),
    "lemon": label_words(Product("2", "Tea Lemon", "Velduny", net_content="250 g")),
}
TIE = Match("ambiguous", None, 0.9, 0.5, (Candidate("mint", 0.9, 1), Candidate("lemon", 0.9, 2)))
BLANK: ByteImage = np.full((120, 240, 3), 255, np.uint8)


class Lines:
    """A reader that reads what it is told to."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.asked = lines, 0

    def read(self, image: ByteImage) -> tuple[str, ...]:
        """Count how often it is asked."""
        assert image.ndim == 3
        self.asked += 1
        return self.lines


def test_no_crops_are_not_read() -> None:
    """Empty in, empty out."""
    assert weigh_words((), LABELS, lines_on(Crops(()), Lines())) == ()


def test_only_ambiguous_facings_are_read() -> None:
    """Reading is slow: what is recognised or unknown stays so."""
    reader = Lines("mint")
    sure = Match("recognised", "mint", 0.9, 0.99, TIE.alternatives)
    unknown = Match("unknown", None, 0.1, 0.0, ())

    assert weigh_words((sure, unknown), LABELS, lines_on(Crops((BLANK, BLANK)), reader)) == ({}, {})
    assert reader.asked == 0


def test_without_a_reader_nothing_is_said() -> None:
    """The extra is not installed."""
    assert weigh_words((TIE,), LABELS, lines_on(Crops((BLANK,)), None)) == ({},)


@pytest.mark.parametrize(
    ("lines", "mint", "lemon"),
    [
        ((), 0.0, 0.0),
        (("VELDUNY", "Tea", "Lemon"), 0.0, 1.0),
        (("velduny teamint",), 0.67, 0.0),
        (("Lenon",), 0.0, 0.33),
    ],
)
def test_what_is_read_speaks_for_the_label_that_says_it(
    lines: tuple[str, ...], mint: float, lemon: float
) -> None:
    """Exactly, run together, or with a letter misread."""
    [said] = weigh_words((TIE,), LABELS, lines_on(Crops((BLANK,)), Lines(*lines)))

    assert (said["mint"], said["lemon"]) == pytest.approx((mint, lemon), abs=0.01)


def test_labels_that_say_the_same_are_not_read() -> None:
    """Two sizes without a recorded amount: there is no word to look for."""
    reader = Lines("tea")

    assert weigh_words(
        (TIE,), dict.fromkeys(LABELS, LABELS["mint"]), lines_on(Crops((BLANK,)), reader)
    ) == ({},)
    assert reader.asked == 0


def test_words_of_a_label_are_folded_and_amounts_are_one_word() -> None:
    """Accents, capitals and the space before a unit do not count; single letters are no words."""
    words = label_words(Product("3", "Crème N", "Müller's", net_content="6 x 330 ml"))

    assert words == {"mullers", "creme", "6x", "330ml"}


def test_own_words_are_those_that_not_all_have() -> None:
    """Of no labels there are none."""
    assert own_words([]) == []
    assert own_words([LABELS["mint"], LABELS["lemon"]]) == [{"mint"}, {"lemon"}]


def test_a_short_line_is_no_long_word() -> None:
    """ "te" is in "chocolate", and says nothing of it."""
    assert share_read(frozenset({"chocolate"}), ["te"]) == 0


def test_what_is_left_of_a_long_word_is_no_short_one() -> None:
    """ "raspberry" misread has most letters of "cherry"."""
    assert share_read(frozenset({"cherry"}), ["imehery"]) == pytest.approx(0)


def test_real_print_is_read() -> None:
    """A word drawn on a white crop, by the networks that are installed."""
    reader = open_reader()
    assert reader is not None
    label = BLANK.copy()
    cv2.putText(label, "Lemon", (30, 75), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 90, 20), 4)

    [said] = weigh_words((TIE,), LABELS, lines_on(Crops((label,)), reader))

    assert said["lemon"] > 0.8 > said["mint"]
