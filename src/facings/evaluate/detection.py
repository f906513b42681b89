"""Score a detector against boxes drawn by people, in the COCO format.

Average precision and recall are COCO's own. Precision, recall and F1 are what a user sees, at
the one operating threshold the detector ships with. Truth boxes with `iscrowd` are regions
nobody annotated: what is found there is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.coco_scores import CocoScores, score_as_coco
from facings.evaluate.counts import (
    FACING_SIZES,
    NONE,
    CountingError,
    Counts,
    FacingSize,
    count,
    count_by_size,
    counting_error,
)
from facings.evaluate.reliability import Reliability, measure_reliability
from facings.evaluate.truth import Truth
from facings.types import Detections

IOUS = (0.5, 0.7, 0.75)
"""Overlaps a detection must reach to be right, each counted by itself."""
_LOWEST_SCORE = 0.01


@dataclass(frozen=True, slots=True)
class DetectionRun:
    """What a detector found in each picture, down to scores far below its threshold."""

    truths: tuple[Truth, ...]
    found: tuple[Detections, ...]
    sizes_wh: tuple[tuple[int, int], ...]
    """(width, height) of each picture in pixels."""
    latency_ms: float
    """Median time for one picture, decoding left out."""
    threshold: float
    """Score from which the detector itself lets a detection count."""

    def __post_init__(self) -> None:
        if not len(self.truths) == len(self.found) == len(self.sizes_wh):
            counts = len(self.truths), len(self.found), len(self.sizes_wh)
            raise ValueError(f"truth, detections and size of every picture, got {counts}")


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """A detector's scores on one set of pictures."""

    n_images: int
    n_boxes: int
    coco: CocoScores
    counts: Mapping[float, Counts]
    """IoU a detection must reach to what was right, wrong and missing at the threshold."""
    counts_by_size: Mapping[FacingSize, Mapping[float, Counts]]
    counting: CountingError
    reliability: Reliability
    threshold: float
    """Score from which a detection counts, but for `coco` and `reliability`."""
    latency_ms: float
    """Median time for one picture, decoding left out."""

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, rounded to what can be told apart."""
        return {
            "n_images": self.n_images,
            "n_boxes": self.n_boxes,
            "ap": round(self.coco.ap, 4),
            "ap50": round(self.coco.ap50, 4),
            "ap75": round(self.coco.ap75, 4),
            "ar300": round(self.coco.ar300, 4),
            **_rates(self.counts),
            "counting": {
                "mae": round(self.counting.mae, 2),
                "bias": round(self.counting.bias, 2),
            },
            "by_size": {
                size: {"n_boxes": _boxes(counts), **_rates(counts)}
                for size, counts in self.counts_by_size.items()
            },
            "calibration": {
                "expected_error": round(self.reliability.expected_error, 4),
                "bins": {
                    f"{each.low:.1f}-{each.high:.1f}": {
                        "n": each.n,
                        "mean_score": round(each.mean_score, 4),
                        "right": round(each.right, 4),
                    }
                    for each in self.reliability.bins
                },
            },
            "threshold": self.threshold,
            "latency_ms": round(self.latency_ms, 2),
        }


def evaluate_detection(
    detector: Detector,
    truths: Sequence[Truth],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> DetectionReport:
    """Detect in every picture and score what was found: see `run_detector` and `report_on`."""
    return report_on(run_detector(detector, truths, progress))


def run_detector(
    detector: Detector,
    truths: Sequence[Truth],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> DetectionRun:
    """Detect in every picture.

    Args:
        detector: scored at its manifest's threshold `score`.
        truths: at least one product box in all.
        progress: told how many pictures of how many are done.

    Raises:
        PictureError: a picture cannot be read.
    """
    found: list[Detections] = []
    sizes_wh: list[tuple[int, int]] = []
    took_ms: list[float] = []
    for truth in truths:
        frame = read_picture(truth.file)
        start = time.perf_counter()
        found.append(detector.detect(frame, min_score=_LOWEST_SCORE))
        took_ms.append(1000 * (time.perf_counter() - start))
        sizes_wh.append(frame.size_wh)
        progress(len(found), len(truths))
    return DetectionRun(
        tuple(truths),
        tuple(found),
        tuple(sizes_wh),
        float(np.median(took_ms)),
        detector.manifest.thresholds["score"],
    )


def report_on(run: DetectionRun) -> DetectionReport:
    """Score what a detector found."""
    truths, found, threshold = run.truths, run.found, run.threshold
    return DetectionReport(
        n_images=len(truths),
        n_boxes=sum(len(truth.boxes_xyxy) for truth in truths),
        coco=score_as_coco(truths, found),
        counts={iou: count_all(truths, found, threshold, iou) for iou in IOUS},
        counts_by_size=_count_by_size(run),
        counting=counting_error(truths, found, threshold),
        reliability=measure_reliability(truths, found),
        threshold=threshold,
        latency_ms=run.latency_ms,
    )


def count_all(
    truths: Sequence[Truth], found: Sequence[Detections], threshold: float, iou: float
) -> Counts:
    """Count right, wrong and missing boxes over all pictures; see `match_detections`.

    Args:
        truths: one a picture.
        found: one a picture, in the same order.
        threshold: weaker detections are not counted at all.
        iou: overlap needed, in (0, 1].
    """
    pairs = zip(truths, found, strict=True)
    return sum((count(truth, each, threshold, iou) for truth, each in pairs), NONE)


def f1_score(
    truths: Sequence[Truth], found: Sequence[Detections], threshold: float, iou: float
) -> float:
    """F1 over all pictures, counted as `count_all` does."""
    return count_all(truths, found, threshold, iou).f1


def _count_by_size(run: DetectionRun) -> dict[FacingSize, dict[float, Counts]]:
    totals = {size: dict.fromkeys(IOUS, NONE) for size in FACING_SIZES}
    for truth, found, size_wh in zip(run.truths, run.found, run.sizes_wh, strict=True):
        for iou in IOUS:
            each = count_by_size(truth, found, size_wh, run.threshold, iou)
            for size, counts in each.items():
                totals[size][iou] += counts
    return totals


def _rates(counts: Mapping[float, Counts]) -> dict[str, dict[str, float]]:
    return {
        "f1": {str(iou): round(each.f1, 4) for iou, each in counts.items()},
        "precision": {str(iou): round(each.precision, 4) for iou, each in counts.items()},
        "recall": {str(iou): round(each.recall, 4) for iou, each in counts.items()},
    }


def _boxes(counts: Mapping[float, Counts]) -> int:
    first = counts[IOUS[0]]
    return first.hits + first.missed
