"""Compare: facings that are undecided, held against the pictures of what they may be.

Their points say how much of a picture is there, and how to lay the facing over it; laid over each
other, the fine print tells look-alikes apart. It needs the gallery's pictures and takes some 0.1 s
a facing, so only facings are compared that are still ambiguous, or unknown with several candidates
that are as near: of what is cut off or turned away much may still agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from facings.evidence.detail import compare_detail
from facings.evidence.geometry import Move, Points, find_move, find_points
from facings.session import usable_cores
from facings.types import ByteImage, Candidate, Crops, Evidence, Match

SIDE_PX = 256  # longest side at which pictures are compared
MOST_VIEWS = 6  # pictures of a product that are looked at
FEW_POINTS = 20  # of which a share says little: it is counted as if there were so many
FEWEST_AGREEING = 6  # points that must agree for one picture to be laid over another
NEAR = 0.1  # by how much less similar than the first a candidate of an unknown facing contends
LEAST_SIMILARITY = 0.4  # of an unknown facing to anything, below which it is not compared
KEPT_PRODUCTS = 256
"""Products whose views are kept in memory, some 90 kB each."""
KEPT_OVERLAYS = 1024
"""Pictures laid over a look-alike's that are kept, some 50 kB each."""

PICTURE_WEIGHTS = ("geometry_weight", "detail_weight")
"""An index without either compares nothing."""

ReadPictures = Callable[[str, int], Sequence[ByteImage]]
"""From a GTIN and a count to at most as many pictures of the product, as the embedder saw them."""
Said = tuple[Mapping[str, float], Mapping[str, float]]
"""GTIN to the share of points that agree, and to likeness in detail."""


_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture at SIDE_PX, with its points."""

    grey: ByteImage
    """(H, W)"""
    points: Points


class Comparison:
    """Holds facings against gallery pictures, which it keeps."""

    def __init__(self, pictures: ReadPictures, threads: int | None = None) -> None:
        """Make one that has seen nothing yet.

        Args:
            pictures: gives a product's pictures; none where there are none any more. It is called
                from several threads.
            threads: cores used within one call; None means all this process may use.
        """
        self._threads = threads or usable_cores()

        @lru_cache(maxsize=KEPT_PRODUCTS)
        def views(gtin: str) -> tuple[View, ...]:
            return tuple(view_of(each) for each in pictures(gtin, MOST_VIEWS))

        @lru_cache(maxsize=KEPT_OVERLAYS)
        def overlay(gtin: str, below: str, place: int) -> ByteImage | None:
            base = views(below)[place]
            moves = [find_move(view.points, base.points) for view in views(gtin)]
            best = _most_agreeing(dict(enumerate(moves)))
            return None if best is None else _moved(views(gtin)[best[0]].grey, best[1], base)

        self._views = views
        self._overlay = overlay

    def compare(self, crops: Crops, matches: Sequence[Match], evidence: Evidence) -> Evidence:
        """Compare each crop with its `contenders`, and add what that says.

        Args:
            crops: N facings.
            matches: what they are by the evidence so far.
            evidence: of the same facings.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            said = list(pool.map(self.weigh, crops.images, map(contenders, matches)))
        return with_pictures(evidence, said)

    def weigh(self, crop: ByteImage, among: Sequence[Candidate]) -> Said:
        """Compare one facing with what it may be; it says nothing unless two have pictures."""
        views = {each.gtin: self._views(each.gtin) for each in among}
        gtins = [gtin for gtin, of_product in views.items() if of_product]
        if len(gtins) < 2:
            return {}, {}
        seen = view_of(crop)
        moves = {
            gtin: [find_move(seen.points, view.points) for view in views[gtin]] for gtin in gtins
        }
        count = max(len(seen.points.looks), FEW_POINTS)
        agreement = {
            gtin: max(move.agreeing_count if move else 0 for move in of_product) / count
            for gtin, of_product in moves.items()
        }
        best = _most_agreeing(
            {(gtin, place): move for gtin in gtins for place, move in enumerate(moves[gtin])}
        )
        return agreement, {} if best is None else self._detail(seen, best[1], best[0], gtins)

    def _detail(
        self, seen: View, move: Move, below: tuple[str, int], gtins: Sequence[str]
    ) -> Mapping[str, float]:
        """Lay the facing and the other products' pictures over the view of one."""
        base = self._views(below[0])[below[1]]
        overlays = {gtin: self._overlay(gtin, *below) for gtin in gtins if gtin != below[0]}
        laid = {
            below[0]: base.grey,
            **{gtin: it for gtin, it in overlays.items() if it is not None},
        }
        if len(laid) < 2:
            return {}
        size_wh = base.grey.shape[::-1]
        covered = cv2.warpAffine(np.full_like(seen.grey, 255), move.matrix, size_wh)
        likeness = compare_detail(
            _moved(seen.grey, move, base), np.asarray(covered), np.stack(list(laid.values()))
        )
        return dict(zip(laid, likeness.tolist(), strict=True))


def with_pictures(evidence: Evidence, said: Sequence[Said]) -> Evidence:
    """Add what was said of each facing."""
    geometry, detail = (tuple(each[kind] for each in said) for kind in (0, 1))
    return replace(evidence, geometry=geometry, detail=detail)


def contenders(match: Match) -> tuple[Candidate, ...]:
    """What a facing may be that is undecided by other evidence; nothing where nobody contends."""
    if match.state == "recognised" or not match.alternatives:
        return ()
    if match.state == "ambiguous":
        return match.alternatives
    most = max(each.similarity for each in match.alternatives)
    near = tuple(each for each in match.alternatives if most - each.similarity < NEAR)
    return near if len(near) > 1 and most >= LEAST_SIMILARITY else ()


def view_of(image: ByteImage) -> View:
    """Bring an RGB picture (H, W, 3) to the size at which pictures are compared."""
    scale = SIDE_PX / max(image.shape[:2])
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size_wh = [max(1, round(scale * side)) for side in image.shape[1::-1]]
    sized = cv2.resize(image, size_wh, interpolation=way)
    grey = np.asarray(cv2.cvtColor(sized, cv2.COLOR_RGB2GRAY), np.uint8)
    return View(grey, find_points(grey))


def _most_agreeing(moves: Mapping[_Key, Move | None]) -> tuple[_Key, Move] | None:
    """The move that most points agree with, by its key; None where too few do."""
    enough = [
        (key, move)
        for key, move in moves.items()
        if move and move.agreeing_count >= FEWEST_AGREEING
    ]
    return max(enough, key=lambda each: each[1].agreeing_count, default=None)


def _moved(grey: ByteImage, move: Move, onto: View) -> ByteImage:
    """Move a picture onto another."""
    size_wh = onto.grey.shape[::-1]
    return np.asarray(
        cv2.warpAffine(grey, move.matrix, size_wh, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
