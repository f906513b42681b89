"""Straighten: of a pack near the camera several leans are tried; the gallery knows best which fits.

A pack in a hand leans as it likes, and corners learned on shelves say little of how much. So a near
facing is looked at as if it leaned this way or that, and the look counts that is most like anything
known. Of 213 development photos of real packages 0.915 are then right by the vector instead of
0.855, two cartons of one look counted as one (docs/log.md, 2026-11-27).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from facings.rectify import upright
from facings.types import (
    ByteImage,
    Candidate,
    Candidates,
    Crops,
    Detections,
    Embeddings,
    FloatArray,
    Frame,
    join_embeddings,
)

LEANS_DEG = (-16.0, -8.0, 8.0, 16.0)
"""Clockwise. Half as many bring half as much, and 24 degrees more brings nothing."""
NEAR_SHARE = 0.08
"""Of the picture, from which a facing is near: so there are at most twelve of them."""
KNOWN = 0.9
"""Similarity from which a facing is not looked at again: photos of leaning packs have less."""
_LEAST_SIDE = 0.25  # of the box's: steeper than its diagonal a box says nothing of its pack

Embed = Callable[[Crops], Embeddings]
Search = Callable[[Embeddings], Candidates]


def straighten(
    frame: Frame,
    detections: Detections,
    seen: tuple[Crops, Embeddings, Candidates],
    embed: Embed,
    search: Search,
) -> tuple[Crops, Embeddings, Candidates]:
    """Look again at near facings that are like nothing known.

    Args:
        frame: the picture.
        detections: N facings.
        seen: their crops, embeddings and candidates.
        embed: turns crops into embeddings.
        search: finds the candidates of embeddings.

    Returns:
        The same, of each facing's best look.
    """
    crops, embeddings, candidates = seen
    again = [
        i for i in near_facings(detections, frame.size_wh) if _best(candidates.per_crop[i]) < KNOWN
    ]
    if not again:
        return seen
    leaning = Crops(tuple(look for i in again for look in leaning_looks(frame, detections, i)))
    looks = embed(leaning)
    known = search(looks)
    likeness = [_best(each) for each in (*candidates.per_crop, *known.per_crop)]
    rows = list(range(len(crops)))
    looks_each = len(leaning) // len(again)
    for number, i in enumerate(again):
        first = len(crops) + number * looks_each
        rows[i] = max(i, *range(first, first + looks_each), key=likeness.__getitem__)
    images = (*crops.images, *leaning.images)
    per_crop = (*candidates.per_crop, *known.per_crop)
    return (
        Crops(tuple(images[row] for row in rows)),
        join_embeddings([embeddings, looks]).take(rows),
        Candidates(tuple(per_crop[row] for row in rows)),
    )


def best_look(looks: Embeddings, known: Embeddings) -> Embeddings:
    """Of several looks at one product the one (1, D) that is most like anything known."""
    return looks.take([most_alike(looks, known)])


def most_alike(looks: Embeddings, known: Embeddings) -> int:
    """Which of several looks is most like anything known."""
    return int((looks.vectors @ known.vectors.T).max(axis=1).argmax())


def near_facings(detections: Detections, size_wh: tuple[int, int]) -> list[int]:
    """Which of N facings cover at least NEAR_SHARE of the picture."""
    boxes = detections.boxes_xyxy
    shares = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) / math.prod(size_wh)
    return [int(i) for i in np.flatnonzero(shares >= NEAR_SHARE)]


def leaning_looks(frame: Frame, detections: Detections, row: int) -> tuple[ByteImage, ...]:
    """Cut a detection out as if its pack leaned by each of LEANS_DEG, and as its corners say."""
    box = detections.boxes_xyxy[row]
    fronts = [leaning_quad(box, lean) for lean in LEANS_DEG]
    if detections.quads is not None:
        fronts.append(detections.quads[row])
    return tuple(upright(frame.image, front) for front in fronts)


def leaning_quad(box_xyxy: FloatArray, lean_deg: float) -> FloatArray:
    """Corners (4, 2) of the rectangle that leans so and just fits into an upright box.

    Of sides a and b, leaning by t: a cos t + b sin t = width, a sin t + b cos t = height.
    """
    lean = math.radians(lean_deg)
    cos, sin = math.cos(lean), abs(math.sin(lean))
    x0, y0, x1, y1 = (float(each) for each in box_xyxy)
    width, height = x1 - x0, y1 - y0
    wide = max((width * cos - height * sin) / (cos**2 - sin**2), _LEAST_SIDE * width)
    high = max((height * cos - width * sin) / (cos**2 - sin**2), _LEAST_SIDE * height)
    right = np.array([cos, math.sin(lean)]) * wide / 2
    down = np.array([-math.sin(lean), cos]) * high / 2
    middle = np.array([x0 + x1, y0 + y1]) / 2
    corners = [-right - down, right - down, right + down, -right + down]
    return np.array([middle + each for each in corners], np.float32)


def _best(per_crop: tuple[Candidate, ...]) -> float:
    """Similarity of the first candidate; -1 where there is none."""
    return per_crop[0].similarity if per_crop else -1.0
