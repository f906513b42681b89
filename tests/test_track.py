"""Facings keep their identity from frame to frame; the web client passes the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facings.track import Track, Tracker
from facings.types import Detections

GOLDEN = json.loads((Path(__file__).parent / "golden" / "tracks.json").read_text())
CASES = {case["name"]: case["frames"] for case in GOLDEN["cases"]}


def follow(frames: list[dict]) -> list[tuple[Track, ...]]:
    """Run a case."""
    tracker = Tracker(GOLDEN["strong"])
    return [
        tracker.update(
            Detections(
                np.array(frame["boxes_xyxy"], np.float32).reshape(-1, 4),
                np.array(frame["scores"], np.float32),
            ),
            frame["at_ms"],
            frame["shift"],
        )
        for frame in frames
    ]


def ids(tracks: tuple[Track, ...]) -> list[int]:
    """Name the facings that have an identity."""
    return [track.id for track in tracks]


@pytest.mark.parametrize("name", CASES)
def test_every_golden_case_is_as_it_was(name: str):
    """Identities exactly, boxes within a twentieth of a pixel."""
    for tracks, frame in zip(follow(CASES[name]), CASES[name], strict=True):
        assert ids(tracks) == [each["id"] for each in frame["tracks"]]
        assert [each.seen_ms for each in tracks] == [each["seen_ms"] for each in frame["tracks"]]
        for track, expected in zip(tracks, frame["tracks"], strict=True):
            assert track.box_xyxy == pytest.approx(expected["box_xyxy"], abs=GOLDEN["tolerance_px"])


def test_nothing_seen_is_nothing_followed():
    """No detections, no identities."""
    assert follow(CASES["nothing is ever seen"]) == [(), ()]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("a shelf that stands still", [1, 2, 3]),
        ("a facing comes and keeps its number when it is missed for a moment", [1, 2, 3]),
        ("a facing that is gone for more than a second is another one", [1, 3]),
        ("a weak detection goes on and begins nothing", [1]),
        ("a fast pan with its shift measured", [1, 2, 3, 4, 5, 6]),
        ("a pan that nobody measured goes on as it began", [1, 2, 3, 4]),
    ],
)
def test_identities_hold(name: str, last: list[int]):
    """Through misses, blur and pans of a whole facing between two frames."""
    assert sorted(ids(follow(CASES[name])[-1])) == last


def test_a_shaking_hand_makes_no_new_facings():
    """Eight stand there, and eight get a number, whatever is missed or weak for a moment."""
    seen = {track.id for tracks in follow(CASES["a shaking hand"]) for track in tracks}
    assert len(seen) <= 9


def test_a_facing_that_stays_is_always_seen_where_it_stands():
    """Boxes are smoothed, and do not lag behind a pan that was measured."""
    frames = CASES["a fast pan with its shift measured"]
    for tracks, frame in zip(follow(frames), frames, strict=True):
        lefts = sorted(track.box_xyxy[0] for track in tracks)
        assert lefts == pytest.approx(sorted(box[0] for box in frame["boxes_xyxy"]), abs=0.01)


def test_another_scene_has_other_facings():
    """After a reset the same places get new numbers."""
    frame = CASES["a shelf that stands still"][0]
    detections = Detections(
        np.array(frame["boxes_xyxy"], np.float32), np.array(frame["scores"], np.float32)
    )
    tracker = Tracker(GOLDEN["strong"])
    tracker.update(detections, 0)
    tracker.reset()
    assert ids(tracker.update(detections, 100)) == [4, 5, 6]
