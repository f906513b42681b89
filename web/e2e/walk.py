"""A walk along the demo store as a camera sees it, and what a client made of it.

Four bays stand side by side. The camera stops at the upper and at the lower half of each for three
seconds, with the shake of a hand, and goes on to the next in two; all of it `slower` where asked.
Where every facing is in every frame follows from the store's truth and from where the camera was.
Each frame carries its number in its upper left corner, so that whatever the client says can be held
against the right one.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from facings.geometry import box_iou

BAYS = ("shelf-002.jpg", "shelf-009.jpg", "shelf-001.jpg", "shelf-010.jpg")
SIZE_WH = (1280, 720)
FPS = 15
HOLD_S, MOVE_S = 3.0, 2.0
SHAKE_PX = 3.0
MARK_PX, MARK_BITS = 16, 12
"""Side of a square of the frame's number, and how many there are."""
SEEN_SHARE = 0.9  # of a facing that must be inside the frame for it to count as visible
VISIBLE_S = 1.0
SAME_IOU = 0.5
CALM_PX = 6.0  # from frame to frame
PACE = {"detectMs": 110, "embedMs": 33, "readMs": 110, "compareMs": 75, "answerMs": 60}
"""How long looking takes in a replay: as measured on two idle cores (live-walk.json)."""

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the camera was, and what stands there."""

    corners: NDArray[np.float64]
    """(F, 2) left and top of each frame on the wall of bays."""
    boxes_xyxy: Boxes
    """(N, 4) facings on the wall."""
    gtins: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.corners)

    def boxes_in(self, frame: int) -> Boxes:
        """(N, 4) the facings in pixels of a frame, outside of it too."""
        return np.asarray(self.boxes_xyxy - np.tile(self.corners[frame], 2), np.float32)

    def visible(self) -> NDArray[np.bool_]:
        """(F, N) which facings are inside which frame."""
        limits = np.array([*SIZE_WH, *SIZE_WH], np.float32)
        rows = []
        for frame in range(len(self)):
            boxes = self.boxes_in(frame)
            inside = boxes.clip(0, limits)
            area = (inside[:, 2:] - inside[:, :2]).prod(axis=1)
            rows.append(area >= SEEN_SHARE * (boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
        return np.array(rows)


def plan(store: Path, bays: tuple[str, ...] = BAYS, slower: int = 1) -> Walk:
    """Say where the camera is, and what stands there."""
    bay = _bay(store, bays[0])
    return _truth(store, bays, _path(len(bays), bay.shape[1], bay.shape[0], slower))


def replayed(page: Page, store: Path, bays: tuple[str, ...] = BAYS) -> dict[str, object]:
    """Replay a walk on a page of the engine that has the bays beside it, and score it."""
    walk = plan(store, bays)
    asked = {
        "bays": [f"/walk/{name}" for name in bays],
        "corners": walk.corners.round(3).tolist(),
        "frameSize": {"width": SIZE_WH[0], "height": SIZE_WH[1]},
        "fps": FPS,
        **PACE,
    }
    said = page.evaluate("plan => replay(plan, null)", asked)
    became = reasons(walk, said["noted"], twins_of(store))
    return score(walk, said["noted"], said["sent"]) | {"what became of them": became}


def film(store: Path, out: Path, bays: tuple[str, ...] = BAYS, slower: int = 1) -> Walk:
    """Render the walk as a y4m file, which browsers take as a camera."""
    wall = np.hstack([_bay(store, name) for name in bays])
    walk = plan(store, bays, slower)
    width, height = SIZE_WH
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24"]
    command += ["-s", f"{width}x{height}", "-r", str(FPS), "-i", "-", "-pix_fmt", "yuv420p"]
    with subprocess.Popen([*command, str(out)], stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for number, (left, top) in enumerate(walk.corners):
            shift = np.array([[1, 0, -left], [0, 1, -top]], np.float64)
            frame = cv2.warpAffine(wall, shift, SIZE_WH, flags=cv2.INTER_LINEAR)
            _mark(np.asarray(frame, np.uint8), number)
            encoder.stdin.write(frame.tobytes())
    if encoder.returncode:
        raise RuntimeError(f"ffmpeg failed ({encoder.returncode})")
    return walk


def _bay(store: Path, name: str) -> NDArray[np.uint8]:
    """(H, W, 3) BGR."""
    return np.asarray(cv2.imread(str(store / "shelves" / name)), np.uint8)


def _path(bays: int, bay_width: int, wall_height: int, slower: int) -> NDArray[np.float64]:
    """(F, 2) from stop to stop, each reached and left gently, with a shaking hand."""
    width, height = SIZE_WH
    beside = (bay_width - width) / 2
    tops = (20.0, float(wall_height - height - 20))
    stops = [
        (i * bay_width + beside, top)
        for i in range(bays)
        for top in (tops if i % 2 == 0 else tops[::-1])
    ]
    places: list[tuple[float, float]] = []
    for i, stop in enumerate(stops):
        places += [stop] * round(slower * HOLD_S * FPS)
        if i + 1 < len(stops):
            steps = (1 - np.cos(np.linspace(0, np.pi, round(slower * MOVE_S * FPS) + 2)[1:-1])) / 2
            places += [tuple(np.add(stop, s * np.subtract(stops[i + 1], stop))) for s in steps]
    random = np.random.default_rng(0)
    shake = random.normal(0, 1, (len(places) + 8, 2))
    smooth = np.stack([np.convolve(axis, np.ones(9) / 3, "valid") for axis in shake.T], axis=1)
    return np.asarray(np.array(places) + SHAKE_PX * smooth)


def _truth(store: Path, bays: tuple[str, ...], corners: NDArray[np.float64]) -> Walk:
    truth = json.loads((store / "shelves" / "truth.json").read_text())
    images = {image["id"]: image for image in truth["images"]}
    boxes, gtins = [], []
    for each in truth["annotations"]:
        image = images[each["image_id"]]
        if image["file_name"] not in bays or each["category_id"] != 1 or each["iscrowd"]:
            continue
        left = bays.index(image["file_name"]) * image["width"]
        x, y, width, height = each["bbox"]
        boxes.append((left + x, y, left + x + width, y + height))
        gtins.append(each["gtin"])
    return Walk(corners, np.array(boxes, np.float32), tuple(gtins))


def _mark(frame: NDArray[np.uint8], number: int) -> None:
    for bit in range(MARK_BITS):
        grey = 235 if number >> bit & 1 else 20
        frame[:MARK_PX, bit * MARK_PX : (bit + 1) * MARK_PX] = grey


def score(
    walk: Walk, noted: Sequence[Mapping[str, Any]], sent: Mapping[str, Any]
) -> dict[str, object]:
    """Hold what a client said against the truth.

    Args:
        noted: moments as engine.ts notes them: `frame`, and `tracks` with id, box, state and GTIN.
        sent: bytes of requests and facings in them, without artwork (`plain`) and with.
    """
    said, overlaps = _said(walk, noted)
    names_of_track: dict[int, list[str]] = defaultdict(list)
    for moment in noted:
        for track in moment["tracks"]:
            names = names_of_track[track["id"]]
            if track["gtin"] and names[-1:] != [track["gtin"]]:
                names.append(track["gtin"])
    stays = stays_of(walk)
    calm = np.linalg.norm(np.diff(walk.corners, axis=0, prepend=walk.corners[:1]), axis=1) < CALM_PX
    named, right, waits_s, calm_waits_s = 0, 0, [], []
    for facing, first, last in stays:
        inside = [
            (at, track["gtin"])
            for at, track in said[facing]
            if first <= at <= last and track and track["gtin"]
        ]
        if not inside:
            continue
        named += 1
        usual, _ = Counter(gtin for _, gtin in inside).most_common(1)[0]
        right += usual == walk.gtins[facing]
        waits_s.append((inside[0][0] - first) / FPS)
        held = first + int(calm[first : last + 1].argmax())
        calm_waits_s.append(max(0, inside[0][0] - held) / FPS)
    return {
        "facings": len(walk.gtins),
        "visible for a second": len(stays),
        "recognised while visible": named,
        "share recognised": round(named / len(stays), 4),
        "right": right,
        "share right": round(right / max(named, 1), 4),
        "tracks that changed their product": sum(len(n) > 1 for n in names_of_track.values()),
        "tracks": len(names_of_track),
        "seconds from first sight to name": _spread(waits_s),
        "seconds from first held still to name": _spread(calm_waits_s),
        "mean overlap of shown box and facing (IoU)": round(float(np.mean(overlaps)), 3),
        "bytes a facing sent without artwork": _rate(sent["plain"]),
        "bytes a facing sent, with artwork": _rate(sent["artwork"]),
        "facings sent": sent["plain"]["facings"] + sent["artwork"]["facings"],
        "bytes in all a product recognised": round(
            (sent["plain"]["bytes"] + sent["artwork"]["bytes"]) / max(named, 1)
        ),
    }


def reasons(
    walk: Walk, noted: Sequence[Mapping[str, Any]], twins: Mapping[str, frozenset[str]]
) -> dict[str, int]:
    """Count what became of the facings that stay for a second, and why some have no name.

    Args:
        twins: GTIN to all products that its catalogue picture shows as well as itself.
    """
    said, _ = _said(walk, noted)
    return dict(
        Counter(
            _reason(
                walk.gtins[facing],
                [track for at, track in said[facing] if first <= at <= last],
                twins[walk.gtins[facing]],
            )
            for facing, first, last in stays_of(walk)
        ).most_common()
    )


def _reason(gtin: str, tracks: Sequence[Mapping[str, Any] | None], twins: frozenset[str]) -> str:
    names = [track["gtin"] for track in tracks if track and track["gtin"]]
    if names:
        usual, _ = Counter(names).most_common(1)[0]
        return "right" if usual == gtin else "wrong"
    answered = [track for track in tracks if track and track["maybe"]]
    if not answered:
        tracked = sum(track is not None for track in tracks) / FPS
        return "not detected" if tracked < VISIBLE_S / 2 else "not looked at in time"
    last = answered[-1]
    if last["state"] != "ambiguous":
        return "unknown"
    if gtin not in last["maybe"]:
        return "ambiguous without the right one"
    if len(twins) > 1 and set(last["maybe"]) <= twins:
        return "a choice that no picture settles"
    return "ambiguous with the right one"


def _said(
    walk: Walk, noted: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, list[tuple[int, Mapping[str, Any] | None]]], list[float]]:
    """For each facing the frames it is visible in with the track on it, and all overlaps."""
    visible = walk.visible()
    said: dict[int, list[tuple[int, Mapping[str, Any] | None]]] = defaultdict(list)
    overlaps: list[float] = []
    for moment in noted:
        frame, tracks = moment["frame"], moment["tracks"]
        if not 0 <= frame < len(walk):
            continue
        here = np.flatnonzero(visible[frame])
        boxes = np.array([track["boxXyxy"] for track in tracks], np.float32).reshape(-1, 4)
        overlap = box_iou(walk.boxes_in(frame)[here], boxes)
        for row, facing in enumerate(here.tolist()):
            best = int(overlap[row].argmax()) if len(boxes) else -1
            found = best >= 0 and overlap[row, best] >= SAME_IOU
            if found:
                overlaps.append(float(overlap[row, best]))
            said[facing].append((frame, tracks[best] if found else None))
    return said, overlaps


def stays_of(walk: Walk) -> list[tuple[int, int, int]]:
    """Facing, first and last frame of each time one is visible for at least a second."""
    visible = walk.visible()
    return [
        (facing, first, last)
        for facing in range(len(walk.gtins))
        for first, last in _stays(visible[:, facing])
        if (last - first + 1) / FPS >= VISIBLE_S
    ]


def twins_of(store: Path) -> dict[str, frozenset[str]]:
    """For each product all that have the very same first catalogue picture, itself among them."""
    products = json.loads((store / "products.json").read_text())
    alike: dict[bytes, set[str]] = defaultdict(set)
    picture = {
        f"{each['gtin']:0>14}": (store / each["pictures"][0]["file"]).read_bytes()
        for each in products
    }
    for gtin, contents in picture.items():
        alike[contents].add(gtin)
    return {gtin: frozenset(alike[contents]) for gtin, contents in picture.items()}


def _rate(sent: Mapping[str, int]) -> int:
    return round(sent["bytes"] / max(sent["facings"], 1))


def _spread(waits_s: Sequence[float]) -> dict[str, float] | None:
    ordered = sorted(waits_s)
    if not ordered:
        return None
    p90 = ordered[int(0.9 * (len(ordered) - 1))]
    return {"median": round(median(ordered), 2), "p90": round(p90, 2)}


def _stays(visible: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each time without a break."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], visible.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
