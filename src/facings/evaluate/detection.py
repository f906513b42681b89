"""Score a detector against boxes drawn by people, in the COCO format.

Average precision is COCO's own (https://cocodataset.org/#detection-eval), counted by
faster-coco-eval, with up to 1000 detections an image because shelves are dense. F1 is what
a user sees: precision and recall at the one operating threshold the detector ships with.
Truth boxes with `iscrowd` are regions nobody annotated: what is found there is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.truth import PRODUCT_CATEGORY, Truth
from facings.geometry import box_areas, box_iou
from facings.types import Detections, FloatArray

MAX_DETECTIONS = 1000
F1_IOUS = (0.5, 0.7, 0.75)
_LOWEST_SCORE = 0.01
_CROWD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """How well detections agree with the truth; all in [0, 1], higher is better."""

    ap: float
    """Mean of the average precision at IoU 0.50, 0.55, ... 0.95."""
    ap50: float
    ap75: float
    f1: Mapping[float, float]
    """IoU a detection must reach to F1 at the operating threshold."""


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """A detector's scores on one set of pictures."""

    n_images: int
    n_boxes: int
    scores: DetectionScores
    threshold: float
    """Score from which a detection counts in F1."""
    latency_ms: float
    """Median time for one picture, decoding left out."""

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, rounded to what can be told apart."""
        return {
            "n_images": self.n_images,
            "n_boxes": self.n_boxes,
            "ap": round(self.scores.ap, 4),
            "ap50": round(self.scores.ap50, 4),
            "ap75": round(self.scores.ap75, 4),
            "f1": {str(iou): round(f1, 4) for iou, f1 in self.scores.f1.items()},
            "threshold": self.threshold,
            "latency_ms": round(self.latency_ms, 2),
        }


def evaluate_detection(
    detector: Detector,
    truths: Sequence[Truth],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> DetectionReport:
    """Detect in every picture and score what was found.

    Args:
        detector: scored at its manifest's threshold `score`.
        truths: at least one product box in all.
        progress: told how many pictures of how many are done.

    Raises:
        PictureError: a picture cannot be read.
    """
    threshold = detector.manifest.thresholds["score"]
    found: list[Detections] = []
    took_ms: list[float] = []
    for truth in truths:
        frame = read_picture(truth.file)
        start = time.perf_counter()
        found.append(detector.detect(frame, min_score=_LOWEST_SCORE))
        took_ms.append(1000 * (time.perf_counter() - start))
        progress(len(found), len(truths))
    return DetectionReport(
        n_images=len(truths),
        n_boxes=sum(len(truth.boxes_xyxy) for truth in truths),
        scores=score_detections(truths, found, threshold),
        threshold=threshold,
        latency_ms=float(np.median(took_ms)),
    )


def score_detections(
    truths: Sequence[Truth], found: Sequence[Detections], threshold: float
) -> DetectionScores:
    """Score detections against the truth.

    Args:
        truths: one a picture; at least one product box in all.
        found: one a picture, in the same order, down to low scores.
        threshold: score from which a detection counts in F1.
    """
    precision = _coco_precision(truths, found)
    return DetectionScores(
        ap=float(precision.mean()),
        ap50=float(precision[0].mean()),
        ap75=float(precision[5].mean()),
        f1={iou: f1_score(truths, found, threshold, iou) for iou in F1_IOUS},
    )


def f1_score(
    truths: Sequence[Truth], found: Sequence[Detections], threshold: float, iou: float
) -> float:
    """Compute F1 = 2 TP / (2 TP + FP + FN) over all pictures.

    Best score first, each detection takes the free truth box it overlaps most, if by `iou`.
    One left without a box is false, unless more than half of it lies in a crowd region.

    Args:
        truths: one a picture.
        found: one a picture, in the same order.
        threshold: weaker detections are not counted at all.
        iou: overlap needed, in (0, 1].
    """
    hits = false = boxes = 0
    for truth, detections in zip(truths, found, strict=True):
        kept = detections.boxes_xyxy[detections.scores >= threshold]
        kept = kept[np.argsort(-detections.scores[detections.scores >= threshold], kind="stable")]
        unmatched = _match(kept, truth.boxes_xyxy, iou)
        in_crowd = _inside(kept[unmatched], truth.crowds_xyxy) > _CROWD_SHARE
        hits += len(kept) - len(unmatched)
        false += int(len(unmatched) - in_crowd.sum())
        boxes += len(truth.boxes_xyxy)
    wrong = false + (boxes - hits)
    return 2 * hits / (2 * hits + wrong) if hits else 0.0


def _match(boxes_xyxy: FloatArray, truth_xyxy: FloatArray, iou: float) -> list[int]:
    """Match greedily in the order given; return the indices left without a truth box."""
    if not len(truth_xyxy):
        return list(range(len(boxes_xyxy)))
    overlaps = box_iou(boxes_xyxy, truth_xyxy)
    unmatched: list[int] = []
    for index, row in enumerate(overlaps):
        best = int(row.argmax())
        if row[best] >= iou:
            overlaps[:, best] = -1.0
        else:
            unmatched.append(index)
    return unmatched


def _inside(boxes_xyxy: FloatArray, regions_xyxy: FloatArray) -> FloatArray:
    """Share of each box's area, (N,) in [0, 1], within the one region that holds most of it."""
    if not len(regions_xyxy):
        return np.zeros(len(boxes_xyxy), np.float32)
    inner_min = np.maximum(boxes_xyxy[:, None, :2], regions_xyxy[None, :, :2])
    inner_max = np.minimum(boxes_xyxy[:, None, 2:], regions_xyxy[None, :, 2:])
    shared = (inner_max - inner_min).clip(0).prod(axis=2).max(axis=1)
    return np.asarray(shared / np.maximum(box_areas(boxes_xyxy), 1e-9), np.float32)


def _coco_precision(truths: Sequence[Truth], found: Sequence[Detections]) -> NDArray[np.float64]:
    """Precision at IoU 0.50, 0.55... (10 rows) and recall 0, 0.01... 1 (101 columns)."""
    from faster_coco_eval import COCO, COCOeval_faster

    truth = COCO(_coco_dataset(truths))
    evaluation = COCOeval_faster(truth, truth.loadRes(_coco_results(found)), iouType="bbox")
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.params.areaRng = [[0, 1e10]]
    evaluation.params.areaRngLbl = ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"], dtype=np.float64)[:, :, 0, 0, 0]


def _coco_dataset(truths: Sequence[Truth]) -> dict[str, object]:
    annotations: list[dict[str, object]] = []
    for image_id, truth in enumerate(truths, start=1):
        for boxes, crowd in ((truth.boxes_xyxy, 0), (truth.crowds_xyxy, 1)):
            for x0, y0, x1, y1 in boxes.tolist():
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image_id,
                        "category_id": 1,
                        "bbox": [x0, y0, x1 - x0, y1 - y0],
                        "area": (x1 - x0) * (y1 - y0),
                        "iscrowd": crowd,
                    }
                )
    return {
        "images": [{"id": image_id} for image_id in range(1, len(truths) + 1)],
        "categories": [{"id": 1, "name": PRODUCT_CATEGORY}],
        "annotations": annotations,
    }


def _coco_results(found: Sequence[Detections]) -> list[dict[str, object]]:
    return [
        {
            "image_id": image_id,
            "category_id": 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "score": score,
        }
        for image_id, detections in enumerate(found, start=1)
        for (x0, y0, x1, y1), score in zip(
            detections.boxes_xyxy.tolist(), detections.scores.tolist(), strict=True
        )
    ]
