"""A scan compares pictures where the index weighs that, and goes on where a picture is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from facings import recognizer as module
from facings.capture import read_picture
from facings.evidence.sizes import weigh_sizes
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.scan import Scan
from facings.types import Candidates, Clues, Detections, Witnesses
from tiny_store import COLORS, MILK, TEA, shelf

WEIGHED = {"geometry_weight": 0.1, "detail_weight": 0.1}


def scan(home: Path, weight: dict[str, float], product: str) -> Scan:
    """Scan a shelf with one product by an index with such a weight."""
    file = home / "shelf.png"
    shelf(COLORS[product]).save(file)
    with Recognizer.open(home, reads_print=False) as recognizer:
        recognizer.index.set_thresholds(dict(recognizer.index.thresholds) | weight, None)
        return recognizer.scan(file)


def test_an_index_without_a_weight_of_pictures_compares_nothing(home: Path) -> None:
    """No time is spent on what has no weight."""
    assert "compare" not in scan(home, {}, MILK).latency_ms


@pytest.mark.parametrize(("product", "compared"), [(MILK, True), (TEA, False)])
def test_only_what_is_ambiguous_is_compared(home: Path, product: str, compared: bool) -> None:
    """Milk and its twin look alike; tea looks like nothing else."""
    found = scan(home, WEIGHED, product)

    [facing] = found.facings
    assert "compare" in found.latency_ms
    assert ("geometry" in facing.match.evidence) is compared


@pytest.mark.parametrize(("weight", "times"), [({}, 1), (WEIGHED, 2)])
def test_sizes_are_weighed_again_by_what_pictures_settled(
    home: Path, monkeypatch: pytest.MonkeyPatch, weight: dict[str, float], times: int
) -> None:
    """First by what facings resemble most, for want of better."""
    asked: list[Sequence[str | None] | None] = []

    def noting(
        found: Detections,
        candidates: Candidates,
        sizes_mm: Mapping[str, tuple[float, float]],
        witnesses: Witnesses,
        likely: Sequence[str | None] | None,
    ) -> Clues:
        asked.append(likely)
        return weigh_sizes(found, candidates, sizes_mm, witnesses, likely)

    monkeypatch.setattr(module, "weigh_sizes", noting)
    found = scan(home, weight, TEA)
    assert asked == [None, [found.facings[0].match.gtin]][:times]


def test_vectors_without_their_pictures_are_named_by_bars_of_their_own(home: Path) -> None:
    """A phone keeps its pictures; a picture of a shelf is here, held against those of twins."""
    file = home / "shelf.png"
    shelf(COLORS[MILK]).save(file)
    with Recognizer.open(home, reads_print=False) as recognizer:
        out_of_reach = WEIGHED | {"accept_without_pictures": 2.0}
        recognizer.index.set_thresholds(dict(recognizer.index.thresholds) | out_of_reach, None)
        frame = read_picture(file)
        found = recognizer.detector.detect(frame)
        sent = recognizer.embedder.embed(rectify(frame, found))

        [here] = recognizer.scan(frame).facings
        [there] = recognizer.recognise(sent, found).facings
    assert (here.match.state, there.match.state) == ("ambiguous", "unknown")


def test_a_gallery_picture_that_is_gone_says_nothing(home: Path) -> None:
    """The scan answers without it."""
    before = scan(home, WEIGHED, MILK)
    with Recognizer.open(home) as recognizer:
        for picture in recognizer.records.pictures():
            picture.path.rename(picture.path.with_suffix(".gone"))
            moved = picture.path
    found = scan(home, WEIGHED, MILK)
    for file in moved.parent.glob("*.gone"):
        file.rename(file.with_suffix(moved.suffix))

    assert found.facings[0].match.state == before.facings[0].match.state == "ambiguous"
    assert "geometry" not in found.facings[0].match.evidence
