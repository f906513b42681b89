"""The mix that an embedder's bars are found on."""

from __future__ import annotations

from facings.evaluate.calibration import Observation
from facings_train.embedder.calibrate import drawn

SEVERAL = [Observation((), {}, gtin) for gtin in ("a", "b", "c", "d")]


def gtins(count: int, among: int = 4) -> str:
    """What is drawn of the first few."""
    return "".join(str(each.gtin) for each in drawn(SEVERAL[:among], count))


def test_of_none_none_are_drawn() -> None:
    """A folder of photographs may show nothing."""
    assert gtins(5, among=0) == ""


def test_few_are_drawn_evenly_and_many_several_times() -> None:
    """Neither the first nor the last are favoured."""
    assert gtins(2) == "ac"
    assert gtins(4) == "abcd"
    assert gtins(8) == "aabbccdd"
