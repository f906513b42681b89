"""Seconds a box: what correcting costs people, from the time that their pictures took.

Label Studio keeps one time for a picture (`lead_time`), in which a person accepts some boxes,
moves others and draws more. A kind of work is told apart where pictures allow it: first those in
which nothing else was done, then those in which all the rest is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from facings.collect.review import KINDS


@dataclass(frozen=True, slots=True)
class Taken:
    """What one person did to one picture, and how long it took."""

    seconds: float
    boxes: Mapping[str, int]


def seconds_a_box(taken: Sequence[Taken]) -> dict[str, float | int | None]:
    """Report medians of the pictures whose time is known.

    Returns:
        `pictures` that have a time; `a_picture`; `a_box` of whatever kind; and each kind's, None
        where no picture tells it apart.
    """
    done = [each for each in taken if sum(each.boxes.values())]
    known = _by_kind(done)
    return {
        "pictures": len(taken),
        "a_picture": _rounded([each.seconds for each in taken]),
        "a_box": _rounded([each.seconds / sum(each.boxes.values()) for each in done]),
        **{kind: _rounded(known.get(kind, [])) for kind in KINDS},
    }


def _by_kind(taken: Sequence[Taken]) -> dict[str, list[float]]:
    """Seconds a box that single pictures tell of each kind, once all others in them are known."""
    known: dict[str, list[float]] = {}
    while True:
        fresh: dict[str, list[float]] = {}
        for each in taken:
            unknown = [kind for kind in KINDS if each.boxes.get(kind) and kind not in known]
            if len(unknown) == 1:
                [kind] = unknown
                rest = sum(median(known[one]) * each.boxes.get(one, 0) for one in known)
                left = max(0.0, each.seconds - rest)
                fresh.setdefault(kind, []).append(left / each.boxes[kind])
        if not fresh:
            return known
        known |= fresh


def _rounded(seconds: Sequence[float]) -> float | None:
    return round(median(seconds), 2) if seconds else None
