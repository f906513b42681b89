"""Evidence: what speaks for or against a candidate besides its looks. So far: its size.

Two packs of one line often differ in nothing but how tall they are. The camera does not know
millimetres, but the neighbours do: the products that most facings resemble say how many pixels
a millimetre takes here, and with that each candidate's height can be held against the facing's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from facings.types import Candidates, Detections, Evidence, FloatArray

MIN_WITNESSES = 6  # facings of known height needed before size is evidence
ROUNDS = 4  # of dropping witnesses that contradict the others


def weigh_sizes(
    detections: Detections, candidates: Candidates, height_mm: Mapping[str, float]
) -> Evidence:
    """Hold each facing's height against those of its candidates.

    Args:
        detections: N facings of one frame.
        candidates: of the same facings, best first.
        height_mm: GTIN to height of the product's front; products without one are absent.
    """
    empty: Mapping[str, float] = {}
    scale = _log_pixels_per_mm(detections.boxes_xyxy, candidates, height_mm)
    if scale is None:
        return Evidence((empty,) * len(candidates))
    heights = detections.boxes_xyxy[:, 3] - detections.boxes_xyxy[:, 1]
    return Evidence(
        tuple(
            {
                candidate.gtin: float(abs(np.log(height / height_mm[candidate.gtin]) - here))
                for candidate in per_crop
                if candidate.gtin in height_mm
            }
            for per_crop, height, here in zip(candidates.per_crop, heights, scale, strict=True)
        )
    )


def _log_pixels_per_mm(
    boxes: FloatArray, candidates: Candidates, height_mm: Mapping[str, float]
) -> FloatArray | None:
    """(N,) log scale at each facing: a plane over the picture, fitted to the nearest candidates.

    Least squares in rounds, each without the witnesses furthest off (half of them at most).
    """
    seen = [
        (i, np.log(height_mm[per_crop[0].gtin]))
        for i, per_crop in enumerate(candidates.per_crop)
        if per_crop and per_crop[0].gtin in height_mm
    ]
    if len(seen) < MIN_WITNESSES:
        return None
    rows = np.array([i for i, _ in seen])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    spread = np.maximum(np.ptp(centres, axis=0), 1.0)
    plane = np.concatenate([(centres - centres.mean(axis=0)) / spread, np.ones((len(boxes), 1))], 1)
    wanted = np.log(boxes[rows, 3] - boxes[rows, 1]) - np.array([log_mm for _, log_mm in seen])
    kept = np.arange(len(rows))
    solution = np.array([0.0, 0.0, np.median(wanted)])
    for _ in range(ROUNDS):
        misfit = np.abs(plane[rows] @ solution - wanted)
        limit = max(0.05, 2.5 * float(np.median(misfit)))
        kept = np.flatnonzero(misfit <= limit)
        solution = np.linalg.lstsq(plane[rows[kept]], wanted[kept], rcond=None)[0]
    return np.asarray(plane @ solution, np.float32)
