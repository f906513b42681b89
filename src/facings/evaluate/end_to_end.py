"""Hold whole scans against shelves of which every product is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facings.catalogue.gtin import gtin14
from facings.evaluate.retrieval import wilson_interval
from facings.geometry import box_iou
from facings.scan import Scan
from facings.types import FloatArray, IntArray, Match

SAME_FACING_IOU = 0.5


@dataclass(frozen=True, slots=True)
class ShelfTruth:
    """What stands in one picture: facings that can be judged, hidden ones left out."""

    file: Path
    boxes_xyxy: FloatArray
    """(N, 4) in pixels."""
    gtins: tuple[str, ...]
    """GTIN-14 of each."""
    shelf_index: IntArray
    """(N,) shelf of each, 0 at the top."""


def read_shelf_truths(annotations: Path) -> tuple[ShelfTruth, ...]:
    """Read `truth.json` of a rendered store; pictures lie beside it (docs/data/demo-store.md)."""
    coco = json.loads(annotations.read_text(encoding="utf-8"))
    facings: dict[int, list[dict[str, object]]] = {image["id"]: [] for image in coco["images"]}
    products = {c["id"] for c in coco["categories"] if c["name"] == "product"}
    for annotation in coco["annotations"]:
        if annotation["category_id"] in products and not annotation["iscrowd"]:
            facings[annotation["image_id"]].append(annotation)
    return tuple(
        _shelf_truth(annotations.parent / image["file_name"], facings[image["id"]])
        for image in coco["images"]
    )


def _shelf_truth(file: Path, facings: list[dict[str, object]]) -> ShelfTruth:
    boxes_xywh = np.array([facing["bbox"] for facing in facings], np.float32).reshape(-1, 4)
    return ShelfTruth(
        file,
        np.concatenate([boxes_xywh[:, :2], boxes_xywh[:, :2] + boxes_xywh[:, 2:]], axis=1),
        tuple(gtin14(str(facing["gtin"])) for facing in facings),
        np.array([facing["shelf_index"] for facing in facings], np.int64),
    )


def match_boxes(boxes_xyxy: FloatArray, truth_xyxy: FloatArray) -> IntArray:
    """Pair boxes with true ones, largest overlap first, from SAME_FACING_IOU up.

    Returns:
        (N,) index of each box's true one, -1 for none. A true box is given once.
    """
    owner = np.full(len(boxes_xyxy), -1, np.int64)
    overlap = box_iou(boxes_xyxy, truth_xyxy)
    while overlap.size and overlap.max() >= SAME_FACING_IOU:
        box, truth = np.unravel_index(int(overlap.argmax()), overlap.shape)
        owner[box] = truth
        overlap[box], overlap[:, truth] = 0, 0
    return owner


def outcome(match: Match, gtin: str) -> str:
    """Name what a person is told about a facing whose product is `gtin`."""
    named = gtin in {candidate.gtin for candidate in match.alternatives}
    match match.state:
        case "recognised":
            return "recognised right" if match.gtin == gtin else "recognised wrong"
        case "ambiguous":
            return "ambiguous with the right one" if named else "ambiguous without it"
        case _:
            return "unknown"


def count_shares(outcomes: Sequence[str]) -> dict[str, object]:
    """Share of each outcome, most frequent first, with its 95 % interval."""
    n = len(outcomes)
    return {
        name: {
            "n": count,
            "share": round(count / n, 4),
            "interval": [round(edge, 4) for edge in wilson_interval(count, n)],
        }
        for name, count in Counter(outcomes).most_common()
    }


@dataclass(frozen=True, slots=True)
class ScanScores:
    """How scans of known shelves came out."""

    outcomes: tuple[str, ...]
    """Of every facing there is; "not found" where no detection lies on it."""
    nearest_right: float
    """Share of found facings whose nearest product, thresholds aside, is the right one."""
    same_shelf: float
    """Share of pairs of found facings rightly put on one shelf or on two."""


def score_scans(scans: Sequence[Scan], truths: Sequence[ShelfTruth]) -> ScanScores:
    """Compare scans with what stands there, picture by picture, in the same order."""
    outcomes: list[str] = []
    nearest: list[bool] = []
    agreeing = pairs = 0
    for scan, truth in zip(scans, truths, strict=True):
        boxes = np.array([each.box_xyxy for each in scan.facings], np.float32).reshape(-1, 4)
        owner = match_boxes(boxes, truth.boxes_xyxy)
        found = np.flatnonzero(owner >= 0)
        for i in found:
            match, gtin = scan.facings[i].match, truth.gtins[owner[i]]
            outcomes.append(outcome(match, gtin))
            nearest.append(match.likeliest == gtin)
        outcomes += ["not found"] * (len(truth.gtins) - len(found))
        ours = np.array([scan.facings[i].shelf_index for i in found])
        theirs = truth.shelf_index[owner[found]]
        same = (ours[:, None] == ours[None]) == (theirs[:, None] == theirs[None])
        agreeing += int(same.sum()) - len(found)
        pairs += same.size - len(found)
    return ScanScores(
        tuple(outcomes), float(np.mean(nearest)) if nearest else 0.0, agreeing / max(1, pairs)
    )
