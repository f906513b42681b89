"""A video is one walk: facings keep their identity and their name from scan to scan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import facings
from facings.capture import read_picture
from facings.catalogue.gtin import gtin14
from facings.detect import Detector
from facings.follow import Follower, scan_frames
from facings.models import open_model
from facings.recognizer import Recognizer
from facings.scope import EVERYTHING
from facings.types import Frame
from tiny_store import COLORS, TEA, shelf

SHELF = Path(__file__).parent / "golden" / "store" / "shelves" / "shelf-000.jpg"
STEP_PX, STEP_MS = 12, 100.0


def pan(frames: int) -> Iterator[Frame]:
    """Walk along a shelf, 12 pixels in a tenth of a second."""
    wall = read_picture(SHELF).image
    width = wall.shape[1] - frames * STEP_PX
    for number in range(frames):
        left = number * STEP_PX
        part = np.ascontiguousarray(wall[:, left : left + width])
        yield Frame(part, f"pan.mp4#{number}", number * STEP_MS)


def test_no_frames_are_no_scans(home: Path):
    """An empty video is refused where it is read; here nothing happens."""
    with Recognizer.open(home) as recognizer:
        assert list(scan_frames(recognizer, [], EVERYTHING, 500.0)) == []


def test_a_still_has_no_identities(home: Path):
    """One picture says nothing of before and after."""
    with Recognizer.open(home) as recognizer:
        (scan,) = scan_frames(recognizer, [read_picture(SHELF)], EVERYTHING, 500.0)
    assert scan.facings
    assert {each.track_id for each in scan.facings} == {None}


def test_facings_keep_their_identity_through_a_pan(home: Path):
    """Every frame tells the way, the frames that are due are scanned."""
    with Recognizer.open(home) as recognizer:
        published = Path(facings.__file__).parent / "weights"
        recognizer.detector = Detector(*open_model("facings-detector", folder=published))
        scans = list(scan_frames(recognizer, pan(11), EVERYTHING, 500.0))
    assert [scan.timestamp_ms for scan in scans] == [0, 500, 1000]
    places = [{each.track_id: each.box_xyxy[2] for each in scan.facings} for scan in scans]
    both = places[0].keys() & places[2].keys()
    assert len(both) >= 0.6 * len(places[0])
    ways = [places[2][track] - places[0][track] for track in both]
    assert abs(float(np.median(ways)) + 10 * STEP_PX) < 10


def test_a_name_outlasts_a_scan_that_is_unsure(home: Path):
    """What was recognised before stays so while later looks say neither this nor that."""
    picture = np.asarray(shelf(COLORS[TEA]))
    gloomy = np.asarray(shelf((150, 150, 150)))
    frames = [Frame(picture, "tea.mp4#0", 0.0), Frame(gloomy, "tea.mp4#1", 500.0)]
    with Recognizer.open(home) as recognizer:
        first, second = scan_frames(recognizer, frames, EVERYTHING, 500.0)
    (named,), (later,) = first.facings, second.facings
    assert named.match.gtin == gtin14(TEA)
    assert (later.track_id, later.match.gtin) == (named.track_id, named.match.gtin)
    assert later.product == named.product


def test_another_video_begins_anew(home: Path):
    """Its facings are others, though they stand at the same place."""
    with Recognizer.open(home) as recognizer:
        frames = [next(pan(4)), Frame(next(pan(4)).image, "other.mp4#0", 0.0)]
        first, second = scan_frames(recognizer, frames, EVERYTHING, 500.0)
    assert {each.track_id for each in first.facings} == {each.track_id for each in second.facings}


def test_a_frame_between_is_not_scanned(home: Path):
    """It only tells how the picture moved."""
    with Recognizer.open(home) as recognizer:
        follower = Follower(recognizer, every_ms=500.0)
        frames = list(pan(2))
        assert follower.see(frames[0]) is not None
        assert follower.see(frames[1]) is None
