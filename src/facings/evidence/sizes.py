"""Sizes: how far a facing's width and height are from those of each product it may be.

Two packs of one line often differ in nothing but how large they are. The camera does not know
millimetres, but the neighbours do: the products that most facings resemble say how many pixels
a millimetre takes here, and with that each candidate's measures can be held against the facing's.
Where most of them may be the same product, in whatever size, only the others do: a row of one line
would confirm whatever it is taken for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from facings.types import (
    NO_WITNESSES,
    Candidate,
    Candidates,
    Clues,
    Detections,
    FloatArray,
    Witnesses,
)

MIN_WITNESSES = 6  # facings of known size needed before size is evidence
ROUNDS = 4  # of dropping witnesses that contradict the others
NEAR = 0.1
"""By how much less similar than its best a product may still be what stands there."""
LEVEL = 0.05
"""Width of a row by its length, below which its witnesses say nothing of scale across it."""
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
            None takes what it resembles most, where that is not most of what there is.

    Returns:
        For each facing GTIN to the mean misfit of width and height: 0 fits, 0.08 is a tenth off,
        0.26 half or double. Absent where a size is not known, or too few neighbours tell.
    """
    boxes = np.concatenate([detections.boxes_xyxy, witnesses.boxes_xyxy])
    log_sides = np.log(np.concatenate([_sides(detections), _spans(witnesses.boxes_xyxy)]))
    doubtful = [frozenset[str]()] * len(candidates)
    if likely is None:
        likely = [per_crop[0].gtin if per_crop else None for per_crop in candidates.per_crop]
        doubtful = [_unsettled(per_crop, sizes_mm) for per_crop in candidates.per_crop]
    scale = _Scale(boxes, log_sides, [*likely, *witnesses.gtins], sizes_mm)
    return tuple(
        _misfits(per_crop, log_sides[i], scale.at(i, doubtful[i]), sizes_mm)
        for i, per_crop in enumerate(candidates.per_crop)
    )


def _unsettled(
    per_crop: Sequence[Candidate], sizes_mm: Mapping[str, tuple[float, float]]
) -> frozenset[str]:
    """What a facing may be by its vector, if that is of several sizes; else nothing."""
    most = max((each.similarity for each in per_crop), default=0.0)
    near = frozenset(each.gtin for each in per_crop if most - each.similarity < NEAR)
    return near if len({sizes_mm.get(gtin) for gtin in near}) > 1 else frozenset()


def _misfits(
    per_crop: Sequence[Candidate],
    log_sides: FloatArray,
    log_px_per_mm: FloatArray | None,
    sizes_mm: Mapping[str, tuple[float, float]],
) -> Mapping[str, float]:
    """Hold one facing's sides against those of its candidates."""
    if log_px_per_mm is None:
        return {}
    log_mm = log_sides - log_px_per_mm
    known = [each.gtin for each in per_crop if each.gtin in sizes_mm]
    return {gtin: _misfit(np.log(sizes_mm[gtin]) - log_mm) for gtin in known}


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


class _Scale:
    """Log pixels a millimetre, across and down, anywhere in a picture.

    For each direction a plane over the picture, fitted to what is `likely` by least squares
    in rounds, each without the witnesses that are far from the others (half of them at most).
    """

    def __init__(
        self,
        boxes: FloatArray,
        log_sides: FloatArray,
        likely: Sequence[str | None],
        sizes_mm: Mapping[str, tuple[float, float]],
    ) -> None:
        self._known = {i: gtin for i, gtin in enumerate(likely) if gtin and gtin in sizes_mm}
        self._scale = {i: log_sides[i] - np.log(sizes_mm[gtin]) for i, gtin in self._known.items()}
        self._centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        self._planes: dict[tuple[int, ...], FloatArray] = {}

    def at(self, place: int, doubtful: frozenset[str]) -> FloatArray | None:
        """(2,) at one facing, told by its neighbours; None where those are few.

        Args:
            place: of the facing.
            doubtful: products that say nothing where most of the neighbours are of them.
        """
        witnesses = tuple(i for i, gtin in self._known.items() if gtin not in doubtful)
        if len(witnesses) >= len(self._known) / 2:
            witnesses = tuple(self._known)
        if len(witnesses) < MIN_WITNESSES:
            return None
        if witnesses not in self._planes:
            scale = np.array([self._scale[i] for i in witnesses])
            terms = self._terms[list(witnesses)]
            planes = [_fit(terms, scale[:, axis]) for axis in (0, 1)]
            self._planes[witnesses] = np.stack(planes, axis=1)
        return np.asarray(self._terms[place] @ self._planes[witnesses], np.float32)

    @cached_property
    def _terms(self) -> FloatArray:
        """(N, 3) of a plane at each facing."""
        middle, spread = self._centres.mean(axis=0), np.ptp(self._centres, axis=0)
        ones = np.ones((len(self._centres), 1), np.float32)
        return np.concatenate([(self._centres - middle) / np.maximum(spread, 1.0), ones], 1)


def _fit(terms: FloatArray, wanted: FloatArray) -> FloatArray:
    """Coefficients (3,) of the plane that most witnesses agree on."""
    plane = np.array([0.0, 0.0, np.median(wanted)], np.float32)
    for _ in range(ROUNDS):
        misfit = np.abs(terms @ plane - wanted)
        kept = misfit <= max(SPREAD, 2.5 * float(np.median(misfit)))
        middle, mean = terms[kept].mean(axis=0), wanted[kept].mean()
        off = terms[kept] - middle
        slopes = np.linalg.lstsq(off[:, :2], wanted[kept] - mean, rcond=LEVEL)[0]
        plane = np.array([*slopes, mean - middle[:2] @ slopes])
    return plane
