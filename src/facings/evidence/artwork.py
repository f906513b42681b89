"""Artwork: what is printed where on a facing, held against look-alikes where these differ.

Two flavours of one line differ in a word and a picture, which drown in a vector of the whole pack.
The embedder also describes each cell of an upright pack. Of a few near candidates only the cells
count in which these differ, and a cell of the facing may stand a little beside its place: a label
bulges, a crop is never exact. The idea is that of patch matching among the first hits, as
Patch-NetVLAD (arXiv 2103.01486) does for places.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from facings.types import Candidate, Candidates, CellArray, Clues, Embeddings, FloatArray

NEAR = 0.1  # candidates this much less similar than the first are not held against it
MOST_NEAR = 6
REACH = 2  # cells by which print may stand beside its place, each way
_ONE = 127.0  # length of a unit vector in int8


def near_pictures(candidates: Candidates) -> frozenset[int]:
    """List the gallery pictures whose artwork `weigh_artwork` asks for."""
    return frozenset(
        each.picture_id for per_crop in candidates.per_crop for each in _near(per_crop)
    )


def weigh_artwork(
    embeddings: Embeddings, candidates: Candidates, gallery: Mapping[int, CellArray]
) -> Clues:
    """Hold each crop's artwork against that of its near candidates.

    Args:
        embeddings: N crops.
        candidates: of the same crops, best first.
        gallery: picture id to artwork, (C * H * W,); pictures without are absent.

    Returns:
        For each crop GTIN to likeness in [-1, 1]: nothing unless two candidates are near and known.
    """
    nothing: Mapping[str, float] = {}
    if embeddings.artwork is None:
        return (nothing,) * len(candidates)
    return tuple(
        _weigh(seen, [each for each in _near(per_crop) if each.picture_id in gallery], gallery)
        for seen, per_crop in zip(embeddings.artwork, candidates.per_crop, strict=True)
    )


def _near(per_crop: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The first candidates, where there are several that the vector hardly tells apart."""
    near = [each for each in per_crop if per_crop[0].similarity - each.similarity < NEAR]
    return tuple(near[:MOST_NEAR]) if len(near) > 1 else ()


def _weigh(
    seen: CellArray, near: list[Candidate], gallery: Mapping[int, CellArray]
) -> Mapping[str, float]:
    if len(near) < 2:
        return {}
    known = np.stack([gallery[each.picture_id].reshape(seen.shape) for each in near])
    likeness = compare_artwork(seen, known)
    return {
        each.gtin: value for each, value in zip(near, likeness.astype(float).tolist(), strict=True)
    }


def compare_artwork(seen: CellArray, known: CellArray) -> FloatArray:
    """Likeness of a crop to each of K look-alikes, where these differ.

    A cell's likeness is the best over shifts of up to REACH cells of the dot product averaged over
    the cell and its eight neighbours; a cell's weight is the square of half the largest squared
    distance of two look-alikes there, for unit vectors 1 less their dot product.

    Args:
        seen: (C, H, W) artwork of the crop.
        known: (K, C, H, W) artwork of the look-alikes, K at least 2.

    Returns:
        (K,) weighted means in [-1, 1]; zeros where all of them are the same.
    """
    cells = known.reshape(len(known), known.shape[1], -1).astype(np.float32) / _ONE
    pairs = np.square(cells[:, None] - cells[None]).sum(axis=2) / 2
    weights = pairs.max(axis=(0, 1)) ** 2
    total = weights.sum()
    if total < 1e-6:
        return np.zeros(len(known), np.float32)
    found = np.einsum("scp,kcp->ksp", _shifted(seen).astype(np.float32) / _ONE, cells)
    best = _mean_of_nine(found.reshape(*found.shape[:2], *seen.shape[1:])).max(axis=1)
    return np.asarray(best.reshape(len(known), -1) @ weights / total, np.float32)


def _shifted(seen: CellArray) -> CellArray:
    """(S, C, H * W) the crop moved by every shift within REACH, zeros where nothing is."""
    channels, rows, columns = seen.shape
    padded = np.pad(seen, ((0, 0), (REACH, REACH), (REACH, REACH)))
    shifts = range(2 * REACH + 1)
    moved = [padded[:, y : y + rows, x : x + columns] for y in shifts for x in shifts]
    return np.stack(moved).reshape(len(moved), channels, -1)


def _mean_of_nine(cells: FloatArray) -> FloatArray:
    """Average each cell (..., H, W) with its neighbours; outside there are zeros."""
    rows, columns = cells.shape[-2:]
    padded = np.pad(cells, [(0, 0)] * (cells.ndim - 2) + [(1, 1), (1, 1)])
    moved = [padded[..., y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return np.asarray(sum(moved) / np.float32(9), np.float32)
