"""Seconds a box: told by kind only where pictures tell it."""

from __future__ import annotations

from facings.collect.seconds import Taken, seconds_a_box


def test_without_times_nothing_is_known():
    """No picture, and a picture without boxes."""
    nothing = {"accepted": None, "adjusted": None, "deleted": None, "added": None}
    assert seconds_a_box([]) == {"pictures": 0, "a_picture": None, "a_box": None, **nothing}
    told = seconds_a_box([Taken(4.0, {})])
    assert told == {"pictures": 1, "a_picture": 4.0, "a_box": None, **nothing}


def test_each_kind_is_the_median_of_pictures_that_tell_it_apart():
    """Adjusted where all others were accepted; added where the rest is known by then."""
    told = seconds_a_box(
        [
            Taken(10, {"accepted": 10}),
            Taken(30, {"accepted": 20}),
            Taken(20, {"accepted": 20}),
            Taken(16, {"accepted": 10, "adjusted": 2}),
            Taken(28, {"accepted": 10, "adjusted": 2, "added": 3}),
        ]
    )
    assert told == {
        "pictures": 5,
        "a_picture": 20,
        "a_box": 1.33,
        "accepted": 1,
        "adjusted": 3,
        "deleted": None,
        "added": 4,
    }


def test_kinds_that_always_come_together_are_not_told_apart():
    """A picture's time belongs to both: only that of a box of whatever kind is known."""
    told = seconds_a_box([Taken(30, {"accepted": 5, "added": 5})] * 3)
    assert (told["a_box"], told["accepted"], told["added"]) == (3, None, None)


def test_a_kind_costs_no_less_than_nothing():
    """Where a picture took less than its other boxes take as a rule."""
    told = seconds_a_box([Taken(10, {"accepted": 5}), Taken(8, {"accepted": 5, "deleted": 1})])
    assert told["deleted"] == 0
