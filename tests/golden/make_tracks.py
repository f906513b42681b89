"""Write tracks.json anew: what the tracker does in each case, for Python and TypeScript alike.

    .venv/bin/python tests/golden/make_tracks.py

Look at the difference before committing it; tests/test_track.py says in words what must hold.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from facings.track import Tracker
from facings.types import Detections

STRONG = 0.5
Seen = tuple[float, float, float]
"""Left and top of a facing of 100 x 200 pixels, and its score."""
Moment = tuple[float, tuple[float, float] | None, list[Seen]]


def _row(left: float, count: int, score: float = 0.9) -> list[Seen]:
    return [(left + 110.0 * i, 50.0, score) for i in range(count)]


def _jittered(frames: int) -> list[Moment]:
    """A hand that shakes, over a row of eight, with misses, weak scores and measured shifts."""
    random = np.random.default_rng(6)
    moments: list[Moment] = []
    last = np.zeros(2)
    for frame in range(frames):
        place = random.normal(0, 12, 2).round(1)
        seen = [
            (
                round(60 + 110 * i + place[0] + random.normal(0, 2), 1),
                round(50 + place[1] + random.normal(0, 2), 1),
                round(float(random.uniform(0.3, 0.95)), 2),
            )
            for i in range(8)
            if random.random() > 0.1
        ]
        way = (place - last).round(1)
        moments.append((125.0 * frame, (float(way[0]), float(way[1])) if frame else None, seen))
        last = place
    return moments


CASES: dict[str, list[Moment]] = {
    "nothing is ever seen": [(0, None, []), (100, None, [])],
    "a shelf that stands still": [(0, None, _row(10, 3)), (100, None, _row(10, 3))],
    "a facing comes and keeps its number when it is missed for a moment": [
        (0, None, _row(10, 2)),
        (100, None, _row(10, 1)),
        (200, None, _row(10, 2)),
        (300, None, _row(10, 3)),
    ],
    "a facing that is gone for more than a second is another one": [
        (0, None, _row(10, 2)),
        (600, None, _row(10, 1)),
        (1200, None, _row(10, 1)),
        (1300, None, _row(10, 2)),
    ],
    "a weak detection goes on and begins nothing": [
        (0, None, _row(10, 1)),
        (100, None, [(12.0, 50.0, 0.3), (300.0, 50.0, 0.3)]),
        (200, None, [(12.0, 50.0, 0.2)]),
    ],
    "a fast pan with its shift measured": [
        (0, None, _row(500, 4)),
        (200, (-100.0, 0.0), _row(400, 5)),
        (400, (-100.0, 0.0), _row(300, 6)),
    ],
    "a pan that nobody measured goes on as it began": [
        (0, None, _row(500, 4)),
        (100, None, _row(470, 4)),
        (200, None, _row(420, 4)),
        (300, None, _row(360, 4)),
    ],
    "two overlap one: the larger overlap wins": [
        (0, None, [(100.0, 50.0, 0.9), (160.0, 50.0, 0.8)]),
        (100, None, [(150.0, 50.0, 0.9)]),
    ],
    "a shaking hand": _jittered(24),
}


def detections_of(seen: list[Seen]) -> Detections:
    """Best score first, as a detector gives them."""
    ordered = sorted(seen, key=lambda each: -each[2])
    boxes = [[left, top, left + 100, top + 200] for left, top, _ in ordered]
    scores = [score for *_, score in ordered]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32).reshape(-1)
    )


def main() -> None:
    """Run every case."""
    cases = []
    for name, moments in CASES.items():
        tracker = Tracker(STRONG)
        frames = []
        for at_ms, shift, seen in moments:
            detections = detections_of(seen)
            tracks = tracker.update(detections, at_ms, shift)
            frames.append(
                {
                    "at_ms": at_ms,
                    "shift": shift,
                    "boxes_xyxy": detections.boxes_xyxy.round(2).tolist(),
                    "scores": detections.scores.astype(float).round(4).tolist(),
                    "tracks": [
                        {
                            "id": track.id,
                            "box_xyxy": [round(side, 2) for side in track.box_xyxy],
                            "seen_ms": track.seen_ms,
                        }
                        for track in tracks
                    ],
                }
            )
        cases.append({"name": name, "frames": frames})
    golden = {"strong": STRONG, "tolerance_px": 0.05, "cases": cases}
    (Path(__file__).parent / "tracks.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
