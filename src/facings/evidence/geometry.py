"""Geometry: which points of a facing one move puts onto those of a picture.

Print of another flavour has other corners, or has them elsewhere. Points are described and paired
as in D. Lowe, "Distinctive image features from scale-invariant keypoints" (IJCV 60, 2004); those
count that one affine move agrees with (RANSAC).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray, IntArray

MOST_POINTS = 300
CLEARER = 0.8  # a pair counts if the next best is this much farther away (Lowe, 2004)
AGREEMENT_PX = 6.0
FEWEST_PAIRS = 4
LEAST_AREA, MOST_AREA = 0.15, 6.0
"""By which a move may shrink or enlarge: pictures compared are of one size, and of one pack."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where a picture has points, and how each looks."""

    places_xy: FloatArray
    """(N, 2) in its pixels."""
    looks: ByteImage
    """(N, 128), whole numbers as the method has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """An affine move from one picture to another."""

    matrix: FloatArray
    """(2, 3) from pixels of the one to pixels of the other."""
    agreeing_count: int
    """Points of the one that it puts onto their like."""


def find_points(grey: ByteImage) -> Points:
    """Find at most MOST_POINTS points of a grey picture (H, W)."""
    found, looks = cv2.SIFT.create(MOST_POINTS).detectAndCompute(grey, None)
    if looks is None:
        return Points(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    return Points(np.array([each.pt for each in found], np.float32), looks.astype(np.uint8))


def find_move(seen: Points, known: Points) -> Move | None:
    """Find the move that puts most points of a picture onto those of another; None if none does."""
    if min(len(seen.looks), len(known.looks)) < FEWEST_PAIRS:
        return None
    seen_index, known_index = _pairs(seen.looks, known.looks)
    if len(seen_index) < FEWEST_PAIRS:
        return None
    matrix, agrees = cv2.estimateAffine2D(
        seen.places_xy[seen_index],
        known.places_xy[known_index],
        ransacReprojThreshold=AGREEMENT_PX,
    )
    if matrix is None or not LEAST_AREA < np.linalg.det(matrix[:, :2]) < MOST_AREA:
        return None
    return Move(np.asarray(matrix, np.float32), int(agrees.sum()))


def _pairs(seen: ByteImage, known: ByteImage) -> tuple[IntArray, IntArray]:
    """Rows of both that look alike, and like nothing else of `known`."""
    ours, theirs = seen.astype(np.float32), known.astype(np.float32)
    apart = np.square(ours).sum(1)[:, None] + np.square(theirs).sum(1) - 2 * ours @ theirs.T
    nearest = np.argpartition(apart, 1, axis=1)[:, :2]
    first, second = np.take_along_axis(apart, nearest, axis=1).T
    clear = first < CLEARER**2 * second
    return np.flatnonzero(clear), nearest[clear, 0]
