"""Score what else than product boxes a detector finds: fronts' corners, price tags and gaps.

The truth is that of a rendered store, `shelves/truth.json`: COCO with `quad` and `visible_share` at
each product, a category `price_tag`, and `gap_boxes_xyxy` at each picture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facings.evaluate.counts import NONE, Counts, count
from facings.evaluate.matching import match_detections
from facings.evaluate.truth import Truth
from facings.types import Detections, FloatArray, Marks

QUAD_IOU = 0.7
MARK_IOU = 0.5
"""Price tags are small: two pixels beside one of 16 are an IoU of 0.6."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in one picture."""

    products: Truth
    quads: FloatArray
    """(N, 4, 2) corners of each product's front from the top left, clockwise."""
    price_tags: Truth
    gaps: Truth

    def __post_init__(self) -> None:
        if len(self.quads) != len(self.products.boxes_xyxy):
            counts = len(self.quads), len(self.products.boxes_xyxy)
            raise ValueError(f"one quad a product, got {counts}")


def read_layouts(store: Path) -> tuple[Layout, ...]:
    """Read the pictures of a rendered store."""
    folder = store / "shelves"
    content = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return tuple(
        _layout(folder / image["file_name"], image, content["annotations"])
        for image in content["images"]
    )


def _layout(file: Path, image: dict[str, Any], annotations: list[dict[str, Any]]) -> Layout:
    own = [each for each in annotations if each["image_id"] == image["id"]]
    products = [each for each in own if each["category_id"] == 1]
    tags = [each for each in own if each["category_id"] == 2]
    clear = [each for each in products if not each["iscrowd"]]
    nothing = np.zeros((0, 4), np.float32)
    gaps = np.array(image["gap_boxes_xyxy"], np.float32).reshape(-1, 4)
    quads = np.array([each["quad"] for each in clear], np.float32).reshape(-1, 4, 2)
    hidden = _xyxy([each["bbox"] for each in products if each["iscrowd"]])
    return Layout(
        Truth(file, _xyxy([each["bbox"] for each in clear]), hidden),
        quads,
        Truth(file, _xyxy([each["bbox"] for each in tags]), nothing),
        Truth(file, gaps, nothing),
    )


def _xyxy(boxes_xywh: Sequence[Any]) -> FloatArray:
    xywh = np.array(boxes_xywh, np.float32).reshape(-1, 4)
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def count_marks(truths: Sequence[Truth], found: Sequence[Marks], threshold: float) -> Counts:
    """Count price tags or gaps that are right, wrong and missing, at an IoU of 0.5."""
    pairs = zip(truths, found, strict=True)
    as_found = ((truth, Detections(each.boxes_xyxy, each.scores)) for truth, each in pairs)
    return sum((count(truth, each, threshold, MARK_IOU) for truth, each in as_found), NONE)


def count_quads(
    layouts: Sequence[Layout],
    found: Sequence[Detections],
    threshold: float,
    iou: float = QUAD_IOU,
) -> Counts:
    """Count products whose front was found with its corners.

    A detection is matched by its box, at an IoU of 0.5; it is right when its quad, too, overlaps
    that of its product by `iou`. Without quads its box is taken for one. Both count as far as the
    picture shows them: where it cuts a front, nobody can know the corners outside.
    """
    return sum(
        (_count_quads(*pair, threshold, iou) for pair in zip(layouts, found, strict=True)), NONE
    )


def _count_quads(layout: Layout, found: Detections, threshold: float, iou: float) -> Counts:
    matches = match_detections(layout.products, found, threshold, 0.5)
    boxes = found.boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    quads = boxes if found.quads is None else found.quads
    pairs = zip(matches.kept[matches.is_hit], matches.owner[matches.is_hit], strict=True)
    hits = sum(
        polygon_iou(
            shown(quads[index], found.boxes_xyxy[index]),
            shown(layout.quads[owner], layout.products.boxes_xyxy[owner]),
        )
        >= iou
        for index, owner in pairs
    )
    loose = int(matches.is_hit.sum()) - hits
    return Counts(hits, int(matches.is_false.sum()) + loose, len(layout.quads) - hits)


def shown(quad: FloatArray, box_xyxy: FloatArray) -> FloatArray:
    """The part (K, 2) of a convex quad (4, 2) in its box, which ends where the picture does."""
    corners = box_xyxy[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2)
    _, inside = cv2.intersectConvexConvex(quad.astype(np.float32), corners.astype(np.float32))
    return np.asarray(quad if inside is None else inside.reshape(-1, 2), np.float32)


def polygon_iou(a: FloatArray, b: FloatArray) -> float:
    """Intersection over union in [0, 1] of two convex polygons (K, 2)."""
    shared, _ = cv2.intersectConvexConvex(a.astype(np.float32), b.astype(np.float32))
    areas = float(cv2.contourArea(a.astype(np.float32)) + cv2.contourArea(b.astype(np.float32)))
    return float(shared) / max(areas - float(shared), 1e-9)
