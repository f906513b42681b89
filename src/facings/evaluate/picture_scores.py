"""Scores as sums over pictures, so that draws of pictures can be scored by weights alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.bootstrap import Metric, Weights
from facings.evaluate.counts import count
from facings.evaluate.detection import DetectionRun
from facings.evaluate.matching import match_detections

COMPARED_IOUS = (0.5, 0.7)
COMPARED_RANKS = (1, 10)
_RECALLS = np.linspace(0, 1, 101)  # COCO's

Floats = NDArray[np.float64]


def detection_metrics(run: DetectionRun) -> dict[str, Metric]:
    """Precision, recall and F1 at the operating threshold, and AP at IoU 0.5, of draws.

    Counted as `facings.evaluate.detection` counts.
    """
    metrics: dict[str, Metric] = {}
    for iou in COMPARED_IOUS:
        metrics |= _rates(run, iou)
    metrics["ap50"] = _average_precision(run, 0.5)
    return metrics


def retrieval_metrics(ranks: Sequence[float]) -> dict[str, Metric]:
    """Shares of queries whose right product is among the first 1 and 10, of draws."""
    places = np.asarray(ranks, np.float64)
    return {f"hit@{rank}": _share(places <= rank) for rank in COMPARED_RANKS}


def _rates(run: DetectionRun, iou: float) -> Mapping[str, Metric]:
    pairs = zip(run.truths, run.found, strict=True)
    counted = [count(truth, found, run.threshold, iou) for truth, found in pairs]
    table = np.array([(each.hits, each.false, each.missed) for each in counted], np.float64)

    def precision(draws: Weights) -> Floats:
        hits, false, _ = (draws @ table).T
        return np.asarray(hits / np.maximum(hits + false, 1))

    def recall(draws: Weights) -> Floats:
        hits, _, missed = (draws @ table).T
        return np.asarray(hits / np.maximum(hits + missed, 1))

    def f1(draws: Weights) -> Floats:
        hits, false, missed = (draws @ table).T
        return np.asarray(2 * hits / np.maximum(2 * hits + false + missed, 1))

    return {f"precision@{iou}": precision, f"recall@{iou}": recall, f"f1@{iou}": f1}


def _average_precision(run: DetectionRun, iou: float) -> Metric:
    """COCO's average precision: the mean over 101 recalls of the best precision from there on."""
    matched = [
        match_detections(truth, found, 0.0, iou)
        for truth, found in zip(run.truths, run.found, strict=True)
    ]
    picture = np.repeat(np.arange(len(matched)), [len(each.kept) for each in matched])
    score = np.concatenate(
        [found.scores[each.kept] for each, found in zip(matched, run.found, strict=True)]
    )
    hit = np.concatenate([each.is_hit for each in matched])
    counts = hit | np.concatenate([each.is_false for each in matched])
    order = np.argsort(-score, kind="stable")
    order = order[counts[order]]
    picture, hit = picture[order], hit[order]
    boxes = np.array([len(truth.boxes_xyxy) for truth in run.truths])

    def of_draw(weights: Weights) -> float:
        times = weights[picture]
        hits = np.cumsum(times * hit)
        precision = hits / np.maximum(np.cumsum(times), 1)
        best_from = np.maximum.accumulate(precision[::-1])[::-1]
        recall = hits / max(int(weights @ boxes), 1)
        first = np.searchsorted(recall, _RECALLS, side="left")
        reached = first < len(recall)
        return float(best_from[first[reached]].sum() / len(_RECALLS))

    return lambda draws: np.array([of_draw(weights) for weights in draws])


def _share(is_hit: NDArray[np.bool_]) -> Metric:
    return lambda draws: np.asarray(draws @ is_hit / draws.shape[1], np.float64)
