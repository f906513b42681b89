"""Follow: a video's frames one after another, each facing with its identity and what its looks say.

Every frame tells how far the picture moved; those that are due are searched. The web client does
the same with the same tracker, looks and votes (web/src/engine/follow.ts).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.looks import Looks
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.scan import Scan
from facings.scope import EVERYTHING, Scope
from facings.track import Track, Tracker
from facings.types import Detections, Embeddings, Facing, Frame, Match
from facings.vote import Votes

SMALL_PX = 320  # width at which motion is measured
EDGE_SHARE = 0.03
"""How near to the frame's edge, of its height, a box ends whose facing may go on beyond it."""
SURE_IN_PART = 0.9
"""Probability from which a facing that the frame's edge cuts off is named (docs/log.md)."""


@dataclass(slots=True)
class _Known:
    """What is known of one facing."""

    looks: Looks = field(default_factory=Looks)
    votes: Votes = field(default_factory=Votes)
    is_in_part: bool = False


class Follower:
    """Scans the frames of one video."""

    def __init__(
        self, recognizer: Recognizer, scope: Scope = EVERYTHING, every_ms: float = 1000.0
    ) -> None:
        """Begin before the first frame.

        Args:
            scope: which products its facings may be.
            every_ms: time between two frames that are searched.
        """
        self._recognizer = recognizer
        self._scope = scope
        self._every_ms = every_ms
        self._tracker = Tracker(recognizer.detector.manifest.thresholds["score"])
        self._known: dict[int, _Known] = {}
        self._due_ms = 0.0
        self._motion = _Motion()

    def see(self, frame: Frame) -> Scan | None:
        """Take the next frame; a scan where it was due.

        Facings that an earlier frame showed better keep what they were called then.
        """
        at_ms = frame.timestamp_ms or 0.0
        self._motion.see(frame)
        if at_ms < self._due_ms:
            return None
        self._due_ms = max(self._due_ms + self._every_ms, at_ms)
        started = time.perf_counter()
        detections = self._recognizer.detector.detect(frame, self._tracker.weakest)
        detected = time.perf_counter()
        tracks = self._tracker.update(detections, at_ms, self._motion.since_taken())
        here = [track for track in tracks if track.seen_ms == at_ms]
        self._known = {each.id: self._known.get(each.id, _Known()) for each in tracks}
        return self._scan(frame, here, (detected - started) * 1000)

    def _scan(self, frame: Frame, tracks: Sequence[Track], detect_ms: float) -> Scan:
        recognizer = self._recognizer
        seen = _detections(frame, tracks)
        started = time.perf_counter()
        embeddings = recognizer.embedder.embed(rectify(frame, seen))
        embed_ms = (time.perf_counter() - started) * 1000
        found = recognizer.recognise(self._fused(frame, tracks, embeddings), seen, self._scope)
        facings = [
            self._voted(track, facing) for track, facing in zip(tracks, found.facings, strict=True)
        ]
        return Scan(
            name=frame.name,
            size_wh=frame.size_wh,
            facings=tuple(
                sorted(facings, key=lambda each: (each.shelf_index, each.position_index))
            ),
            lines_xyxy=found.lines_xyxy,
            latency_ms={"detect": detect_ms, "embed": embed_ms, **found.latency_ms},
            image=frame.image,
            models={
                "detect": recognizer.detector.manifest.label,
                "embed": recognizer.embedder.manifest.label,
            },
            timestamp_ms=frame.timestamp_ms,
        )

    def _fused(self, frame: Frame, tracks: Sequence[Track], fresh: Embeddings) -> Embeddings:
        """Add each facing's new look to those before; all of them as one."""
        for row, track in enumerate(tracks):
            known = self._known[track.id]
            area_px = _area_px(track)
            is_in_part = _is_cut(track, frame)
            if known.looks.count and (
                known.looks.is_nearer(area_px) or (known.is_in_part and not is_in_part)
            ):
                known.looks = Looks()
                known.votes.start_anew()
            known.is_in_part = is_in_part
            artwork = None if fresh.artwork is None else fresh.artwork[row]
            known.looks.add(fresh.vectors[row], artwork, area_px)
        looks = [self._known[track.id].looks for track in tracks]
        if not looks:
            return fresh
        artworks = [each.artwork for each in looks]
        whole = [each for each in artworks if each is not None]
        return Embeddings(
            np.stack([each.vector for each in looks]),
            fresh.embedder,
            np.stack(whole) if len(whole) == len(looks) else None,
        )

    def _voted(self, track: Track, facing: Facing) -> Facing:
        """Give a facing what all its answers say."""
        known = self._known[track.id]
        known.votes.add(_careful(facing.match) if known.is_in_part else facing.match)
        match = known.votes.decided or facing.match
        product = facing.product
        if match.gtin != facing.match.gtin:
            gtins = [match.gtin] if match.gtin else []
            product = self._recognizer.records.products(gtins).get(match.gtin or "")
        return replace(facing, match=match, product=product, track_id=track.id)


def scan_frames(
    recognizer: Recognizer, frames: Iterable[Frame], scope: Scope, every_ms: float
) -> Iterator[Scan]:
    """Scan pictures one by one, and each video as one walk.

    Args:
        frames: of videos every one, in their order: they tell the camera's way.
        every_ms: of a video, time between two frames that are scanned.
    """
    follower, video, last_ms = Follower(recognizer, scope, every_ms), "", 0.0
    for frame in frames:
        if frame.timestamp_ms is None:
            yield recognizer.scan(frame, scope)
            continue
        name = frame.name.rpartition("#")[0]
        if name != video or frame.timestamp_ms < last_ms:
            follower, video = Follower(recognizer, scope, every_ms), name
        last_ms = frame.timestamp_ms
        if scanned := follower.see(frame):
            yield scanned


class _Motion:
    """How far the picture has moved since a frame was taken, by phase correlation."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._since = np.zeros(2)

    def see(self, frame: Frame) -> None:
        width, height = frame.size_wh
        scale = SMALL_PX / width
        size_wh = (SMALL_PX, max(1, round(height * scale)))
        small = cv2.resize(frame.image, size_wh, interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
        if self._last is not None and self._last.shape == grey.shape:
            window = cv2.createHanningWindow((grey.shape[1], grey.shape[0]), cv2.CV_32F)
            shift, _ = cv2.phaseCorrelate(self._last, grey, window)
            self._since += np.array(shift) / scale
        self._last = grey

    def since_taken(self) -> tuple[float, float]:
        x, y = self._since.tolist()
        self._since = np.zeros(2)
        return x, y


def _detections(frame: Frame, tracks: Sequence[Track]) -> Detections:
    """The tracked facings as detections of this frame, within it."""
    width, height = frame.size_wh
    boxes = np.array([track.found_xyxy for track in tracks], np.float32).reshape(-1, 4)
    limits = np.array([width, height, width, height], np.float32)
    quads = [track.quad for track in tracks if track.quad is not None]
    return Detections(
        boxes.clip(0, limits),
        np.array([track.score for track in tracks], np.float32),
        np.array(quads, np.float32) if tracks and len(quads) == len(tracks) else None,
    )


def _area_px(track: Track) -> float:
    left, top, right, bottom = track.found_xyxy
    return (right - left) * (bottom - top)


def _is_cut(track: Track, frame: Frame) -> bool:
    width, height = frame.size_wh
    left, top, right, bottom = track.found_xyxy
    return max(right - width, bottom - height, -left, -top) > -EDGE_SHARE * height


def _careful(match: Match) -> Match:
    """Name what is seen in part only where little doubt is left: sizes say nothing of it."""
    if match.gtin is None or match.probability >= SURE_IN_PART:
        return match
    return replace(match, state="ambiguous", gtin=None)
