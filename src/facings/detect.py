"""Detect: one frame to the facings, price tags and gaps on it."""

from __future__ import annotations

import cv2
import numpy as np

from facings.models import Manifest, open_model
from facings.session import Session
from facings.tensor import fit_tensor
from facings.types import NO_MARKS, Detections, FloatArray, Frame, IntArray, Marks


class Detector:
    """Finds every visible product unit, whatever product it is."""

    def __init__(self, manifest: Manifest, session: Session) -> None:
        self.manifest = manifest
        self._session = session

    @classmethod
    def load(cls, name: str = "facings-detector", threads: int | None = None) -> Detector:
        """Load a published detector.

        Raises:
            ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
        """
        return cls(*open_model(name, threads))

    def detect(self, frame: Frame, min_score: float | None = None) -> Detections:
        """Find the facings of a frame.

        Args:
            frame: any size; it is shrunk to the manifest's `size_wh`.
            min_score: in [0, 1]; None means the manifest's operating point.

        Returns:
            Boxes in pixels of the frame, clipped to it, best score first; perhaps none. Quads,
            price tags and gaps come with detectors that know of them; `min_score` does not
            concern the latter two.
        """
        thresholds, spec = self.manifest.thresholds, self.manifest.input
        tensor, tensor_from_frame = fit_tensor(frame.image, spec)
        outputs = self._session.run({spec.name: tensor})
        width, height = frame.size_wh
        limits = np.array([width, height, width, height], np.float32)
        boxes = (outputs["boxes_xyxy"] / tensor_from_frame).clip(0, limits)
        nms_iou = thresholds["nms_iou"]

        def best(scores: FloatArray, least: float) -> IntArray:
            likely = np.flatnonzero(scores >= least)
            sides = boxes[likely, 2:] - boxes[likely, :2]
            likely = likely[sides.min(axis=1, initial=np.inf) >= 1]
            kept: IntArray = likely[non_maximum_suppression(boxes[likely], scores[likely], nms_iou)]
            return kept

        def marks(kind: str) -> Marks:
            if f"{kind}_score" not in thresholds:
                return NO_MARKS
            scores = outputs[f"{kind}_scores"]
            kept = best(scores, thresholds[f"{kind}_score"])
            return Marks(boxes[kept], scores[kept])

        scores = outputs["scores"]
        kept = best(scores, thresholds["score"] if min_score is None else min_score)
        quads = outputs["quads"][kept] / tensor_from_frame if "quads" in outputs else None
        return Detections(boxes[kept], scores[kept], quads, marks("price_tag"), marks("gap"))


def non_maximum_suppression(boxes_xyxy: FloatArray, scores: FloatArray, max_iou: float) -> IntArray:
    """Keep the best box of every overlapping group.

    Args:
        boxes_xyxy: (N, 4) in pixels.
        scores: (N,) in [0, 1].
        max_iou: overlap above which the weaker box is dropped.

    Returns:
        (K,) indices, best score first. Empty input gives empty output.
    """
    if not len(scores):
        return np.zeros(0, np.int64)
    boxes_xywh = np.concatenate([boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(boxes_xywh.tolist(), scores.tolist(), 0.0, max_iou)
    return np.asarray(kept, np.int64).reshape(-1)
