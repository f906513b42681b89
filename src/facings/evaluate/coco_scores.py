"""COCO's average precision and recall (https://cocodataset.org/#detection-eval).

Counted by faster-coco-eval, with up to 1000 detections an image because shelves are dense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facings.evaluate.truth import PRODUCT_CATEGORY, Truth
from facings.types import Detections

MAX_DETECTIONS = 1000
RECALL_DETECTIONS = 300


@dataclass(frozen=True, slots=True)
class CocoScores:
    """All in [0, 1], higher is better."""

    ap: float
    """Mean of the average precision at IoU 0.50, 0.55, ... 0.95."""
    ap50: float
    ap75: float
    ar300: float
    """Mean of the recall at these IoUs of the 300 best detections of each picture."""


def score_as_coco(truths: Sequence[Truth], found: Sequence[Detections]) -> CocoScores:
    """Score detections against the truth, at every score there is.

    Args:
        truths: one a picture; at least one product box in all.
        found: one a picture, in the same order, down to low scores.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    truth = COCO(_coco_dataset(truths))
    evaluation = COCOeval_faster(truth, truth.loadRes(_coco_results(found)), iouType="bbox")
    evaluation.params.maxDets = [RECALL_DETECTIONS, MAX_DETECTIONS]
    evaluation.params.areaRng = [[0, 1e10]]
    evaluation.params.areaRngLbl = ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    # (10 IoUs, 101 recalls, 1 category, 1 area range, 2 limits), and without recalls.
    precision = np.asarray(evaluation.eval["precision"], np.float64)[:, :, 0, 0, 1]
    recall = np.asarray(evaluation.eval["recall"], np.float64)[:, 0, 0, 0]
    return CocoScores(
        ap=float(precision.mean()),
        ap50=float(precision[0].mean()),
        ap75=float(precision[5].mean()),
        ar300=float(recall.mean()),
    )


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
