"""Geometry: which share of a facing's points one move of it puts onto those of a gallery picture.

Print of another flavour has other corners, or has them elsewhere. Points are described and paired
as in D. Lowe, "Distinctive image features from scale-invariant keypoints" (IJCV 60, 2004); those
count that one turn, scale and shift agrees with (RANSAC). It needs the gallery's pictures and takes
some 45 ms a facing, so only facings are compared that are still ambiguous, or unknown with several
candidates that are as near: of what is cut off or turned away much may still agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from facings.types import ByteImage, Candidate, Clues, Crops, FloatArray, Match

SIDE_PX = 256  # longest side in which points are looked for
MOST_POINTS = 300
CLEARER = 0.8  # a pair counts if the next best is this much farther away (Lowe, 2004)
AGREEMENT_PX = 6.0
FEWEST_PAIRS = 4
FEW_POINTS = 20  # of which a share says little: it is counted as if there were so many
NEAR = 0.1  # by how much less similar than the first a candidate of an unknown facing contends
LEAST_SIMILARITY = 0.4  # of an unknown facing to anything, below which it is not compared
KEPT_PICTURES = 2048
"""Gallery pictures whose points are kept in memory, 40 kB each."""

ReadPicture = Callable[[int, str], ByteImage | None]
"""From a gallery picture's id and its GTIN to the picture, as the embedder saw it."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where a picture has points, and how each looks."""

    places_xy: FloatArray
    """(N, 2) in pixels of the picture at SIDE_PX."""
    looks: ByteImage
    """(N, 128), whole numbers as the method has them."""


class Geometry:
    """Holds facings against gallery pictures, whose points it keeps."""

    def __init__(self, picture: ReadPicture) -> None:
        """Take what gives a gallery picture: None where there is none any more."""

        @lru_cache(maxsize=KEPT_PICTURES)
        def points_of(picture_id: int, gtin: str) -> Points | None:
            image = picture(picture_id, gtin)
            return None if image is None else find_points(image)

        self._points_of = points_of

    def weigh(self, crops: Crops, matches: Sequence[Match]) -> Clues:
        """Compare each crop with its `contenders`.

        Args:
            crops: N facings.
            matches: what they are by other evidence.

        Returns:
            For each crop GTIN to the share of the crop's points that agree, in [0, 1]; nothing
            unless two contenders have a picture.
        """
        return tuple(
            self._weigh(crop, contenders(match))
            for crop, match in zip(crops.images, matches, strict=True)
        )

    def _weigh(self, crop: ByteImage, among: Sequence[Candidate]) -> Mapping[str, float]:
        known = {each.gtin: self._points_of(each.picture_id, each.gtin) for each in among}
        pictures = {gtin: points for gtin, points in known.items() if points is not None}
        if len(pictures) < 2:
            return {}
        seen = find_points(crop)
        count = max(len(seen.looks), FEW_POINTS)
        return {gtin: agreeing_points(seen, points) / count for gtin, points in pictures.items()}


def contenders(match: Match) -> tuple[Candidate, ...]:
    """What a facing may be that is undecided by other evidence; nothing where nobody contends."""
    if match.state == "recognised" or not match.alternatives:
        return ()
    if match.state == "ambiguous":
        return match.alternatives
    most = max(each.similarity for each in match.alternatives)
    near = tuple(each for each in match.alternatives if most - each.similarity < NEAR)
    return near if len(near) > 1 and most >= LEAST_SIMILARITY else ()


def find_points(image: ByteImage) -> Points:
    """Find the points of an RGB picture (H, W, 3), which is brought to one size before."""
    scale = SIDE_PX / max(image.shape[:2])
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size_wh = [max(1, round(scale * side)) for side in image.shape[1::-1]]
    sized = cv2.resize(image, size_wh, interpolation=way)
    grey = cv2.cvtColor(sized, cv2.COLOR_RGB2GRAY)
    found, looks = cv2.SIFT.create(MOST_POINTS).detectAndCompute(grey, None)
    if looks is None:
        return Points(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    return Points(np.array([each.pt for each in found], np.float32), looks.astype(np.uint8))


def agreeing_points(seen: Points, known: Points) -> int:
    """Count the points of a crop that one turn, scale and shift puts onto those of a picture."""
    if min(len(seen.looks), len(known.looks)) < FEWEST_PAIRS:
        return 0
    pairs = [
        first
        for first, second in cv2.BFMatcher().knnMatch(seen.looks, known.looks, k=2)
        if first.distance < CLEARER * second.distance
    ]
    if len(pairs) < FEWEST_PAIRS:
        return 0
    _, agrees = cv2.estimateAffinePartial2D(
        seen.places_xy[[pair.queryIdx for pair in pairs]],
        known.places_xy[[pair.trainIdx for pair in pairs]],
        ransacReprojThreshold=AGREEMENT_PX,
    )
    return 0 if agrees is None else int(agrees.sum())
