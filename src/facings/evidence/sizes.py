"""Sizes: how far a facing's width and height are from those of each product it may be.

Two packs of one line often differ in nothing but how large they are. The camera does not know
millimetres, but the neighbours do: the products that most facings resemble say how many pixels
a millimetre takes here, and with that each candidate's measures can be held against the facing's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from facings.types import (
    NO_WITNESSES,
    Candidates,
    Clues,
    Detections,
    FloatArray,
    Witnesses,
)

MIN_WITNESSES = 6  # facings of known size needed before size is evidence
ROUNDS = 4  # of dropping witnesses that contradict the others
SPREAD = 0.05
"""Log units; more than half of all measures are off by less. So near a witness is never dropped."""


def weigh_sizes(
    detections: Detections,
    candidates: Candidates,
    sizes_mm: Mapping[str, tuple[float, float]],
    witnesses: Witnesses = NO_WITNESSES,
    likely: Sequence[str | None] | None = None,
) -> Clues:
    """Hold each facing's width and height against those of its candidates.

    A side that is off by d log units misfits by SPREAD log(1 + (d / SPREAD)^2), the logarithm of a
    Cauchy distribution: near the truth every hundredth counts, and a front that is cut off or
    covered is simply wrong, no matter by how much.

    Args:
        detections: N facings of one frame; of those with corners the front is measured, which a
            view from above or aside makes narrower than its box.
        candidates: of the same facings, best first.
        sizes_mm: GTIN to (width, height) of the product's front; those without one are absent.
        witnesses: other facings of the frame, recognised before.
        likely: GTIN of what each facing most likely is, by which pixels are told from millimetres;
            None takes what it resembles most.

    Returns:
        For each facing GTIN to the mean misfit of width and height: 0 fits, 0.08 is a tenth off,
        0.26 half or double. Absent where a size is not known.
    """
    nothing: Mapping[str, float] = {}
    boxes = np.concatenate([detections.boxes_xyxy, witnesses.boxes_xyxy])
    log_sides = np.log(np.concatenate([_sides(detections), _spans(witnesses.boxes_xyxy)]))
    if likely is None:
        likely = [per_crop[0].gtin if per_crop else None for per_crop in candidates.per_crop]
    log_px_per_mm = _log_scale(boxes, log_sides, [*likely, *witnesses.gtins], sizes_mm)
    if log_px_per_mm is None:
        return (nothing,) * len(candidates)
    log_sides_mm = (log_sides - log_px_per_mm)[: len(candidates)]
    return tuple(
        {
            candidate.gtin: _misfit(np.log(sizes_mm[candidate.gtin]) - seen)
            for candidate in per_crop
            if candidate.gtin in sizes_mm
        }
        for per_crop, seen in zip(candidates.per_crop, log_sides_mm, strict=True)
    )


def _misfit(off: FloatArray) -> float:
    return SPREAD * float(np.log1p((off / SPREAD) ** 2).mean())


def _sides(detections: Detections) -> FloatArray:
    """(N, 2) mean width and height of each front by its corners, else of its box."""
    if detections.quads is None:
        return _spans(detections.boxes_xyxy)
    edges = np.linalg.norm(detections.quads - np.roll(detections.quads, -1, axis=1), axis=2)
    sides = np.stack([edges[:, 0::2].mean(axis=1), edges[:, 1::2].mean(axis=1)], axis=1)
    return np.asarray(np.maximum(sides, 1.0), np.float32)


def _spans(boxes: FloatArray) -> FloatArray:
    return boxes[:, 2:] - boxes[:, :2]


def _log_scale(
    boxes: FloatArray,
    log_sides: FloatArray,
    likely: Sequence[str | None],
    sizes_mm: Mapping[str, tuple[float, float]],
) -> FloatArray | None:
    """(N, 2) log pixels a millimetre, across and down, at each facing; None if few have a size.

    For each direction a plane over the picture, fitted to what is `likely` by least squares
    in rounds, each without the witnesses that are far from the others (half of them at most).
    """
    known = {i: sizes_mm[gtin] for i, gtin in enumerate(likely) if gtin and gtin in sizes_mm}
    witnesses = list(known)
    if len(witnesses) < MIN_WITNESSES:
        return None
    known_mm = np.array(list(known.values()))
    scale = log_sides[witnesses] - np.log(known_mm)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    spread = np.maximum(np.ptp(centres, axis=0), 1.0)
    terms = np.concatenate([(centres - centres.mean(axis=0)) / spread, np.ones((len(boxes), 1))], 1)
    planes = [_fit(terms[witnesses], scale[:, axis]) for axis in (0, 1)]
    return np.asarray(terms @ np.stack(planes, axis=1), np.float32)


def _fit(terms: FloatArray, wanted: FloatArray) -> FloatArray:
    """Coefficients (3,) of the plane that most witnesses agree on."""
    plane = np.array([0.0, 0.0, np.median(wanted)], np.float32)
    for _ in range(ROUNDS):
        misfit = np.abs(terms @ plane - wanted)
        kept = misfit <= max(SPREAD, 2.5 * float(np.median(misfit)))
        plane = np.linalg.lstsq(terms[kept], wanted[kept], rcond=None)[0]
    return plane
