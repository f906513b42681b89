"""Detect: one frame to the facings, price tags and gaps on it.

A shelf is photographed from near and from far, and a network finds packs best at about the size
it was trained on most. So a detector looks twice: a small first look tells how tall facings are,
the second is taken at the scale that makes them as tall as the manifest says
(`facing_height_px`). docs/models/facings-detector.md has what that brings.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facings.geometry import box_iou
from facings.models import Manifest, open_model
from facings.session import Session
from facings.tensor import fit_tensor
from facings.types import NO_MARKS, Detections, FloatArray, Frame, IntArray, Marks

FIRST_LOOK_SCORE = 0.5
"""From which a find of the first look tells how tall facings are."""
LOOK_PX = (224.0, 1600.0)
"""Longer side of the second look. Taller packs than a small look can shrink are found anyway, and
1600 px leave a facing its height with 22 shelves above each other."""
MAX_ENLARGEMENT = 2.0
VOTING_SCORE, VOTING_IOU = 0.05, 0.7
"""Cells that say where a box that was kept ends: those as sure as this that overlap it so."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What every cell of the network says, in pixels of the frame."""

    boxes_xyxy: FloatArray
    """(A, 4) clipped to the frame."""
    quads: FloatArray | None
    """(A, 4, 2)."""
    scores: dict[str, FloatArray]
    """(A,) in [0, 1] of each output that is a score."""

    def likely(self, kind: str, least: float) -> IntArray:
        """Cells whose score reaches `least` and whose box has at least a pixel."""
        likely = np.flatnonzero(self.scores[kind] >= least)
        boxes = self.boxes_xyxy[likely]
        sides = boxes[:, 2:] - boxes[:, :2]
        large: IntArray = likely[sides.min(axis=1, initial=np.inf) >= 1]
        return large


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
            frame: any size.
            min_score: in [0, 1]; None means the manifest's operating point.

        Returns:
            Boxes in pixels of the frame, clipped to it, best score first; perhaps none. Quads,
            price tags and gaps come with detectors that know of them; `min_score` does not
            concern the latter two.
        """
        look = self._look(frame)
        if scale := self._better_scale(frame, look):
            look = self._look(frame, scale)
        least = self.manifest.thresholds["score"] if min_score is None else min_score
        kept = self._best(look, "scores", least)
        boxes, quads = _voted(look, kept)
        marks = self._marks(look, "price_tag"), self._marks(look, "gap")
        return Detections(boxes, look.scores["scores"][kept], quads, *marks)

    def _look(self, frame: Frame, scale: float | None = None) -> _Look:
        spec = self.manifest.input
        tensor, tensor_from_frame = fit_tensor(frame.image, spec, scale)
        outputs = self._session.run({spec.name: tensor})
        limits = np.array([*frame.size_wh, *frame.size_wh], np.float32)
        quads = outputs.get("quads")
        return _Look(
            (outputs["boxes_xyxy"] / tensor_from_frame).clip(0, limits),
            None if quads is None else quads / tensor_from_frame,
            {name: output for name, output in outputs.items() if name.endswith("scores")},
        )

    def _better_scale(self, frame: Frame, first: _Look) -> float | None:
        """Scale of the second look; None where this detector looks once."""
        wanted_px = self.manifest.facing_height_px
        if wanted_px is None:
            return None
        longest_px = max(frame.size_wh)
        smallest, largest = (side / longest_px for side in LOOK_PX)
        found, _ = _voted(first, self._best(first, "scores", FIRST_LOOK_SCORE))
        # Nothing found: an empty shelf, or one too far away, as only a closer look can tell.
        scale = wanted_px / float(np.median(found[:, 3] - found[:, 1])) if len(found) else np.inf
        scale = min(max(scale, smallest), largest, MAX_ENLARGEMENT)
        step = self.manifest.input.multiple_of  # whole steps: the same on every device
        return step * max(1, round(scale * longest_px / step)) / longest_px

    def _best(self, look: _Look, kind: str, least: float) -> IntArray:
        likely = look.likely(kind, least)
        max_iou = self.manifest.thresholds["nms_iou"]
        boxes, scores = look.boxes_xyxy[likely], look.scores[kind][likely]
        kept: IntArray = likely[non_maximum_suppression(boxes, scores, max_iou)]
        return kept

    def _marks(self, look: _Look, kind: str) -> Marks:
        least = self.manifest.thresholds.get(f"{kind}_score")
        if least is None:
            return NO_MARKS
        kept = self._best(look, f"{kind}_scores", least)
        return Marks(look.boxes_xyxy[kept], look.scores[f"{kind}_scores"][kept])


def _voted(look: _Look, kept: IntArray) -> tuple[FloatArray, FloatArray | None]:
    """Boxes and quads of the cells kept, each the mean of all that mean the same facing.

    Weighed by score and squared overlap (box voting: Gidaris and Komodakis, arXiv 1505.01749).
    """
    voters = look.likely("scores", VOTING_SCORE)
    if not len(kept) or not len(voters):
        return look.boxes_xyxy[kept], None if look.quads is None else look.quads[kept]
    overlap = box_iou(look.boxes_xyxy[kept], look.boxes_xyxy[voters])
    weights = np.where(overlap >= VOTING_IOU, overlap**2, 0) * look.scores["scores"][voters]
    own = kept[:, None] == voters
    weights = np.where(weights.any(axis=1, keepdims=True), weights, own).astype(np.float32)
    total = weights.sum(axis=1, keepdims=True)
    weights /= np.where(total > 0, total, 1)
    # one too unsure to vote, for which nobody votes, stays as it is
    boxes = np.where(total > 0, weights @ look.boxes_xyxy[voters], look.boxes_xyxy[kept])
    if look.quads is None:
        return boxes, None
    quads = (weights @ look.quads[voters].reshape(len(voters), 8)).reshape(-1, 4, 2)
    return boxes, np.where(total[:, :, None] > 0, quads, look.quads[kept])


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
