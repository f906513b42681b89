"""Compare: facings that are not settled, held against the pictures of what they may be.

Their points say how much of a picture is there, and how to lay the facing over it; laid over each
other, the fine print tells look-alikes apart. It needs the gallery's pictures and takes some 0.1 s
a facing, so only facings are compared that no other evidence settles. Of what is unknown, cut off
or turned away much may still agree.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from typing import Generic, TypeVar

import cv2
import numpy as np

from facings.evidence.blocks import covered_by, find_move_by_blocks, moved_by
from facings.evidence.detail import compare_detail
from facings.evidence.geometry import Move, Points, find_move, find_points
from facings.session import usable_cores
from facings.tensor import resized
from facings.types import ByteImage, Candidate, Crops, Evidence, Match

SIDE_PX = 256  # longest side at which pictures are compared
MOST_VIEWS = 6  # pictures of a product that are looked at
FEW_POINTS = 20  # of which a share says little: it is counted as if there were so many
FEWEST_AGREEING = 6  # points that must agree for one picture to be laid over another
SETTLED = 0.9  # probability from which a product has no contenders
NEAR = 0.1  # by how much less similar than the first a candidate contends
LEAST_SIMILARITY = 0.4  # of a facing to anything, below which it is not compared
KEPT_VIEWS = 1024
"""Gallery pictures that are kept in memory with their points, some 90 kB each."""
KEPT_OVERLAYS = 1024
"""Pictures laid over a look-alike's that are kept, some 50 kB each."""

PICTURE_WEIGHTS = ("geometry_weight", "detail_weight")
"""An index without either compares nothing."""

PictureId = TypeVar("PictureId", bound=Hashable)
"""Whatever names one picture of one product for good."""
Said = tuple[Mapping[str, float], Mapping[str, float]]
"""GTIN to the share of points that agree, and to likeness in detail."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture at SIDE_PX, with its points."""

    grey: ByteImage
    """(H, W)"""
    points: Points


class Comparison(Generic[PictureId]):
    """Holds facings against gallery pictures, which it keeps."""

    def __init__(
        self,
        pictures: Callable[[Iterable[str]], Mapping[str, Sequence[PictureId]]],
        read: Callable[[PictureId], ByteImage | None],
        threads: int | None = None,
    ) -> None:
        """Make one that has seen nothing yet.

        Args:
            pictures: which pictures products have now, by GTIN.
            read: gives a picture as the embedder saw it; None where it is gone. It is called from
                several threads.
            threads: cores used within one call; None means all this process may use.
        """
        self._pictures = pictures
        self._threads = threads or usable_cores()

        @lru_cache(maxsize=KEPT_VIEWS)
        def view(picture: PictureId) -> View | None:
            image = read(picture)
            return None if image is None else view_of(image)

        @lru_cache(maxsize=KEPT_OVERLAYS)
        def overlay(above: tuple[PictureId, ...], below: PictureId) -> ByteImage | None:
            base, views = view(below), [seen for each in above if (seen := view(each))]
            if base is None:
                return None
            best = _most_agreeing([find_move(seen.points, base.points) for seen in views])
            return None if best is None else _moved(views[best[0]].grey, best[1], base)

        self._view = view
        self._overlay = overlay

    def compare(self, crops: Crops, matches: Sequence[Match], evidence: Evidence) -> Evidence:
        """Compare each crop with its `contenders`, and add what that says.

        Args:
            crops: N facings.
            matches: what they are by the evidence so far.
            evidence: of the same facings.
        """
        among = [tuple(each.gtin for each in contenders(match)) for match in matches]
        known = self._pictures({gtin for gtins in among for gtin in gtins})
        with ThreadPoolExecutor(self._threads) as pool:
            said = list(pool.map(self._weigh, crops.images, among, repeat(known)))
        geometry, detail = (tuple(each[kind] for each in said) for kind in (0, 1))
        return replace(evidence, geometry=geometry, detail=detail)

    def weigh(self, crop: ByteImage, gtins: Sequence[str]) -> Said:
        """Compare one facing with what it may be; it says nothing unless two have pictures."""
        return self._weigh(crop, gtins, self._pictures(gtins))

    def _weigh(
        self,
        crop: ByteImage,
        gtins: Sequence[str],
        known: Mapping[str, Sequence[PictureId]],
    ) -> Said:
        shown = [
            (gtin, each, view)
            for gtin in gtins
            for each in known.get(gtin, ())[:MOST_VIEWS]
            if (view := self._view(each))
        ]
        if len({gtin for gtin, _, _ in shown}) < 2:
            return {}, {}
        seen = view_of(crop)
        moves = [find_move(seen.points, view.points) for _, _, view in shown]
        count = max(len(seen.points.looks), FEW_POINTS)
        agreement: dict[str, float] = {}
        for (gtin, _, _), move in zip(shown, moves, strict=True):
            share = move.agreeing_count / count if move else 0.0
            agreement[gtin] = max(share, agreement.get(gtin, 0.0))
        best = _most_agreeing(moves)
        if best is None:
            return agreement, {}
        first, below, base = shown[best[0]]
        laid = {first: base.grey}
        for other in (gtin for gtin in agreement if gtin != first):
            overlay = self._overlay(tuple(known[other][:MOST_VIEWS]), below)
            if overlay is not None:
                laid[other] = overlay
        return agreement, _detail(seen, best[1], base, laid)


def contenders(match: Match) -> tuple[Candidate, ...]:
    """What a facing may be by other evidence; nothing where nobody contends.

    Bars have no say, but for what they call ambiguous: they are found after pictures are compared.
    """
    if match.state == "ambiguous":
        return match.alternatives
    if match.probability >= SETTLED or not match.alternatives:
        return ()
    most = max(each.similarity for each in match.alternatives)
    near = tuple(each for each in match.alternatives if most - each.similarity < NEAR)
    return near if len(near) > 1 and most >= LEAST_SIMILARITY else ()


def view_of(image: ByteImage) -> View:
    """Bring an RGB picture (H, W, 3) to the size at which pictures are compared."""
    grey = grey_view(image)
    return View(grey, find_points(grey))


def grey_view(image: ByteImage) -> ByteImage:
    """Bring an RGB picture (H, W, 3) to the grey one that is compared, its longest side SIDE_PX."""
    scale = SIDE_PX / max(image.shape[:2])
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size_wh = [max(1, round(scale * side)) for side in image.shape[1::-1]]
    sized = cv2.resize(image, size_wh, interpolation=way)
    return np.asarray(cv2.cvtColor(sized, cv2.COLOR_RGB2GRAY), np.uint8)


def compare_by_blocks(crop: ByteImage, views: Sequence[ByteImage]) -> tuple[float, ...]:
    """Compare a facing with one picture of each look-alike, as a phone does: without points.

    The facing is laid over the first picture; the others are brought to its size.

    Args:
        crop: (H, W, 3) RGB.
        views: as of `grey_view`, at least two, the likeliest product's first.

    Returns:
        Likeness in detail to each, in [-1, 1]; empty where the facing does not lie over the first.
    """
    height, width = views[0].shape
    facing = resized(np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8), width, height)
    move = find_move_by_blocks(facing, views[0])
    if move is None:
        return ()
    laid = np.stack([resized(each, width, height) for each in views])
    return tuple(compare_detail(moved_by(move, facing), covered_by(move, facing), laid).tolist())


def _most_agreeing(moves: Sequence[Move | None]) -> tuple[int, Move] | None:
    """The move that most points agree with, and its place; None where too few do."""
    enough = [
        (place, move)
        for place, move in enumerate(moves)
        if move and move.agreeing_count >= FEWEST_AGREEING
    ]
    return max(enough, key=lambda each: each[1].agreeing_count, default=None)


def _detail(
    seen: View, move: Move, base: View, laid: Mapping[str, ByteImage]
) -> Mapping[str, float]:
    """Lay a facing over a picture, too, over which those of several products lie.

    Args:
        seen: the facing.
        move: from it to `base`.
        base: the picture below.
        laid: GTIN to that product's picture moved onto `base`, (H, W) grey each.
    """
    if len(laid) < 2:
        return {}
    size_wh = base.grey.shape[::-1]
    covered = cv2.warpAffine(np.full_like(seen.grey, 255), move.matrix, size_wh)
    likeness = compare_detail(
        _moved(seen.grey, move, base), np.asarray(covered), np.stack(list(laid.values()))
    )
    return dict(zip(laid, likeness.tolist(), strict=True))


def _moved(grey: ByteImage, move: Move, onto: View) -> ByteImage:
    """Move a picture onto another."""
    size_wh = onto.grey.shape[::-1]
    return np.asarray(
        cv2.warpAffine(grey, move.matrix, size_wh, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
