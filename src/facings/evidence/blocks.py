"""Blocks: the move that lays a facing over a picture of a look-alike, block by block.

What points do in `geometry` by descriptors, blocks do by correlation: a few lines in any language,
and fast enough for a browser, which does the same (web/src/engine/blocks.ts). Blocks of the
picture are looked for in the facing near where they should be, in coarse pictures first, and one
affine move is chosen that most of them agree with (RANSAC: Fischler and Bolles, 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray, IntArray

Floats = NDArray[np.float64]

SURROUNDINGS_PX = 11  # print is what is brighter or darker than the mean of as many pixels
LEAST_CONTRAST = 4.0
"""Standard deviation of a block in grey levels, below which it looks like its surroundings."""
LEAST_CORRELATION = 0.5
AGREEMENT_PX = 2.0
FEWEST_BLOCKS = 6
MOST_BENT = 0.3
"""By which a move's turning and stretching may differ from none: facing and picture are of one size
already, and what lies farther agrees by chance."""
TRIALS = 300
"""Threes of blocks that are tried: where a quarter agrees some five of them do."""


@dataclass(frozen=True, slots=True)
class Level:
    """A size at which blocks are looked for."""

    scale: float
    """Of the pictures."""
    block_px: int
    """Side of a block; every half block there is one."""
    reach_px: int
    """How far from its place a block may be, each way."""


LEVELS = (Level(0.375, 16, 10), Level(0.75, 24, 8))


def find_move_by_blocks(facing: ByteImage, picture: ByteImage) -> Floats | None:
    """Find the affine move from a picture's pixels to those of a facing that shows the same.

    Args:
        facing: (H, W) grey, brought to the picture's size.
        picture: (H, W) grey.

    Returns:
        (2, 3); None where too few blocks agree on any move.
    """
    move = None
    for level in LEVELS:
        before = np.eye(2, 3) if move is None else move
        found = _move_at(level, moved_by(before, facing), picture)
        if found is None:
            return move
        move = before @ np.vstack([found, [0, 0, 1]])
    return move


def moved_by(move: Floats, facing: ByteImage) -> ByteImage:
    """Lay a facing over a picture of its size; beyond its edge its last pixels go on."""
    return np.asarray(
        cv2.warpAffine(
            facing,
            move,
            facing.shape[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def covered_by(move: Floats, facing: ByteImage) -> ByteImage:
    """(H, W) 255 where a facing that was moved so shows anything of the picture."""
    whole = np.full_like(facing, 255)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(whole, move, facing.shape[::-1], flags=flags), np.uint8)


def _move_at(level: Level, facing: ByteImage, picture: ByteImage) -> Floats | None:
    """Find the move at one size, in pixels of the pictures as they are."""
    size_wh = [max(1, round(level.scale * side)) for side in picture.shape[::-1]]
    seen, known = (_print_of(each, size_wh) for each in (facing, picture))
    reach = level.reach_px
    around = cv2.copyMakeBorder(seen, *(reach,) * 4, cv2.BORDER_CONSTANT)
    at, to = [], []
    step = level.block_px // 2
    for top in range(0, known.shape[0] - level.block_px + 1, step):
        for left in range(0, known.shape[1] - level.block_px + 1, step):
            block = known[top : top + level.block_px, left : left + level.block_px]
            if block.std() < LEAST_CONTRAST:
                continue
            side = level.block_px + 2 * reach
            window = around[top : top + side, left : left + side]
            fits = cv2.matchTemplate(window, block, cv2.TM_CCOEFF_NORMED)
            _, best, _, (x, y) = cv2.minMaxLoc(fits)
            if best >= LEAST_CORRELATION:
                at.append((left + step, top + step))
                to.append((left + step + x - reach, top + step + y - reach))
    move = _agreed(np.array(at, np.float64), np.array(to, np.float64))
    if move is not None:
        move[:, 2] /= level.scale
    return move


def _print_of(grey: ByteImage, size_wh: list[int]) -> FloatArray:
    """What stands out from its surroundings, in grey levels."""
    small = cv2.resize(grey, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small - cv2.blur(small, (SURROUNDINGS_PX, SURROUNDINGS_PX)), np.float32)


def _agreed(at: Floats, to: Floats) -> Floats | None:
    """(2, 3) the affine move that takes most of (N, 2) places to their others; None if few."""
    if len(at) < FEWEST_BLOCKS:
        return None
    at = np.column_stack([at, np.ones(len(at))])
    threes = _threes(len(at))
    corners = at[threes]
    threes = threes[np.abs(np.linalg.det(corners)) > 1]
    if len(threes) == 0:
        return None
    tried = np.linalg.solve(at[threes], to[threes])
    tried = tried[np.abs(tried[:, :2] - np.eye(2)).max(axis=(1, 2)) <= MOST_BENT]
    if len(tried) == 0:
        return None
    agree = np.square(at @ tried - to).sum(axis=2) <= AGREEMENT_PX**2
    best = agree[agree.sum(axis=1).argmax()]
    if best.sum() < FEWEST_BLOCKS:
        return None
    return np.asarray(np.linalg.lstsq(at[best], to[best])[0].T)


def _threes(count: int) -> IntArray:
    """(TRIALS, 3) places below `count`, the same in every language."""
    state, drawn = 1, []
    for _ in range(3 * TRIALS):
        state = (1664525 * state + 1013904223) % 2**32  # Numerical Recipes' generator
        drawn.append((state >> 16) % count)
    return np.array(drawn, np.int64).reshape(-1, 3)
