"""Track: detections of one frame after the other to facings that keep their identity.

After ByteTrack (Zhang et al. 2022, arXiv 2110.06864): what is detected surely is paired first, then
what is detected weakly with facings that were there a moment ago. Its Kalman filter is not needed
here: a shelf stands still and the camera moves, so all facings move alike. The web client does the
same with the same cases (web/src/engine/track.ts, tests/golden/tracks.json).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facings.geometry import box_iou
from facings.types import Detections

WEAK = 0.5
"""Share of `strong` from which a detection may still continue a track."""
STRONG_IOU = 0.3
WEAK_IOU = 0.5
KEEP_MS = 1000.0  # how long a facing that is not detected keeps its identity
FRESH = 0.6  # how much of a new box counts against where the track was expected

_Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Track:
    """One facing followed from frame to frame."""

    id: int
    """Never used again for another facing."""
    box_xyxy: tuple[float, float, float, float]
    """Where it is, smoothed; where it is expected while it is not detected."""
    score: float
    """Of its last detection, in [0, 1]."""
    first_ms: float
    """Time of the frame it was detected in first."""
    seen_ms: float
    """Time of the frame it was detected in last."""
    found_xyxy: tuple[float, float, float, float]
    """Its box in that frame, as it was detected."""
    quad: tuple[tuple[float, float], ...] | None = None
    """Its front's corners there, as far as the detector knows them."""


class Tracker:
    """Follows the facings of one video."""

    def __init__(self, strong: float) -> None:
        """Begin without facings.

        Args:
            strong: score from which a detection may begin a track, in (0, 1]: the detector's
                operating point.
        """
        self._strong = strong
        self._tracks: tuple[Track, ...] = ()
        self._next_id = 1
        self._last_ms: float | None = None
        self._velocity = np.zeros(2)  # of all facings together, in pixels a millisecond

    @property
    def weakest(self) -> float:
        """Lowest score worth handing in."""
        return self._strong * WEAK

    def update(
        self, detections: Detections, at_ms: float, shift: tuple[float, float] | None = None
    ) -> tuple[Track, ...]:
        """Take the detections of the next frame.

        Args:
            detections: with scores down to `weakest`.
            at_ms: time of the frame, later than that of the frame before.
            shift: (dx, dy) how far the picture moved since, in pixels; None where nobody measured
                it: then facings are expected to go on as they did.

        Returns:
            Every facing that has an identity, oldest first; those missing in this frame too.
        """
        took_ms = 0.0 if self._last_ms is None else at_ms - self._last_ms
        move = self._velocity * took_ms if shift is None else np.asarray(shift, np.float64)
        before = np.array([track.box_xyxy for track in self._tracks], np.float64).reshape(-1, 4)
        expected = before + np.tile(move, 2)
        boxes = detections.boxes_xyxy.astype(np.float64)
        pairs = self._pair(expected, boxes, detections.scores.astype(np.float64))
        if took_ms > 0:
            self._velocity = _common_move(before, boxes, pairs) / took_ms
        kept = [
            self._continue(track, expected[index], pairs.get(index), boxes, detections, at_ms)
            for index, track in enumerate(self._tracks)
        ]
        taken = set(pairs.values())
        born = [index for index in self._strong_ones(detections) if index not in taken]
        for index in born:
            score = float(detections.scores[index])
            box, quad = _box(boxes[index]), _quad(detections, index)
            kept.append(Track(self._next_id, box, score, at_ms, at_ms, box, quad))
            self._next_id += 1
        self._tracks = tuple(track for track in kept if at_ms - track.seen_ms <= KEEP_MS)
        self._last_ms = at_ms
        return self._tracks

    def reset(self) -> None:
        """Forget everything: another scene. Ids go on."""
        self._tracks = ()
        self._velocity = np.zeros(2)

    def _strong_ones(self, detections: Detections) -> list[int]:
        return [i for i, score in enumerate(detections.scores.tolist()) if score >= self._strong]

    def _pair(self, expected: _Boxes, boxes: _Boxes, scores: NDArray[np.float64]) -> dict[int, int]:
        """Track to detection, by their places."""
        pairs: dict[int, int] = {}
        if not len(expected) or not len(boxes):
            return pairs
        overlap = box_iou(expected, boxes)  # type: ignore[arg-type]  # exact here, float32 there
        strong = scores >= self._strong
        weak = ~strong & (scores >= self.weakest)
        everyone = range(len(expected))
        _take(overlap, everyone, np.flatnonzero(strong).tolist(), STRONG_IOU, pairs)
        # What is half hidden or blurred goes on, if it was there a moment ago; it begins nothing.
        seen = [i for i, track in enumerate(self._tracks) if track.seen_ms == self._last_ms]
        _take(overlap, seen, np.flatnonzero(weak).tolist(), WEAK_IOU, pairs)
        return pairs

    @staticmethod
    def _continue(
        track: Track,
        expected: _Boxes,
        found: int | None,
        boxes: _Boxes,
        detections: Detections,
        at_ms: float,
    ) -> Track:
        if found is None:
            return replace(track, box_xyxy=_box(expected))
        box = expected + FRESH * (boxes[found] - expected)
        score = float(detections.scores[found])
        return replace(
            track,
            box_xyxy=_box(box),
            score=score,
            seen_ms=at_ms,
            found_xyxy=_box(boxes[found]),
            quad=_quad(detections, found),
        )


def _take(
    overlap: NDArray[np.float32],
    tracks: Sequence[int],
    detections: Sequence[int],
    least_iou: float,
    pairs: dict[int, int],
) -> None:
    """Pair free tracks with free detections, largest overlap first."""
    near = [
        (-float(overlap[track, found]), track, found)
        for track in tracks
        for found in detections
        if overlap[track, found] >= least_iou
    ]
    for _, track, found in sorted(near):
        if track not in pairs and found not in pairs.values():
            pairs[track] = found


def _common_move(before: _Boxes, boxes: _Boxes, pairs: dict[int, int]) -> NDArray[np.float64]:
    """(2,) the median way of those that were paired; no way of none."""
    if not pairs:
        return np.zeros(2)
    ways = boxes[list(pairs.values())] - before[list(pairs)]
    return np.asarray(np.median((ways[:, :2] + ways[:, 2:]) / 2, axis=0), np.float64)


def _box(sides: _Boxes) -> tuple[float, float, float, float]:
    left, top, right, bottom = sides.tolist()
    return left, top, right, bottom


def _quad(detections: Detections, index: int) -> tuple[tuple[float, float], ...] | None:
    if detections.quads is None:
        return None
    return tuple((x, y) for x, y in detections.quads[index].tolist())
