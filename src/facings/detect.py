"""Detect: one frame to the facings on it."""

from __future__ import annotations

import cv2
import numpy as np

from facings.models import Manifest, open_model
from facings.session import Session
from facings.tensor import fit_tensor
from facings.types import Detections, FloatArray, Frame, IntArray


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
            Boxes in pixels of the frame, clipped to it, best score first; perhaps none.
        """
        thresholds, spec = self.manifest.thresholds, self.manifest.input
        tensor, tensor_from_frame = fit_tensor(frame.image, spec)
        outputs = self._session.run({spec.name: tensor})
        scores = outputs["scores"]
        likely = scores >= (thresholds["score"] if min_score is None else min_score)
        boxes, scores = outputs["boxes_xyxy"][likely] / tensor_from_frame, scores[likely]
        width, height = frame.size_wh
        boxes = boxes.clip(0, np.array([width, height, width, height], np.float32))
        solid = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= 1
        boxes, scores = boxes[solid], scores[solid]
        kept = non_maximum_suppression(boxes, scores, thresholds["nms_iou"])
        return Detections(boxes[kept], scores[kept])


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
