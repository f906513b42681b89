"""Detail: how alike a facing and its look-alikes' pictures are, pixel by pixel, where these differ.

A blurred word can no longer be read, but is still as long and as dark as it was printed: among
pictures that are the same but for that word it is more like the right one. It is normalised
cross-correlation of what stands out from its surroundings, each place of the facing shifted a
little to where it and those around it fit best, since a label bulges and no move is exact. A place
that is like none of the pictures shows something else, such as the board in front, and says little.
"""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray

SURROUNDINGS_PX = 11  # print is what is brighter or darker than the mean of as many pixels
WINDOW_PX = 22  # over which likeness is measured
PLACE_PX = 2  # it is measured for every square of as many pixels
REACH_PX = 8  # by which a place may be shifted, each way
STEP_PX = 2
BLUR_PX = 1.0  # of the pictures, which are sharper than any facing
SPREAD_PX = 4.0  # beside a difference likeness counts, too
NOISE = 0.02  # of brightness in [0, 1], below which likeness is no evidence
SEEN_POWER = 4  # of the best likeness to any picture, by which a place counts


def compare_detail(facing: ByteImage, covered: ByteImage, pictures: ByteImage) -> FloatArray:
    """Likeness of a facing to each of K pictures where these differ.

    A place counts by how much the pictures differ there, and by whether any of them is seen there.

    Args:
        facing: (H, W) grey, moved onto the pictures.
        covered: (H, W) 255 where the facing shows anything of them.
        pictures: (K, H, W) grey, K at least 2, all moved onto one of them.

    Returns:
        (K,) weighted means of the square of likeness with its sign, in [-1, 1]; zeros where all
        pictures are the same.
    """
    mask = np.asarray(cv2.erode((covered == 255).astype(np.float32), np.ones((3, 3))), np.float32)
    known = np.stack(
        [_print_of(cv2.GaussianBlur(each, (0, 0), BLUR_PX), mask) for each in pictures]
    )
    differing = _by_place(cv2.GaussianBlur(known.var(axis=0), (0, 0), SPREAD_PX) * mask)
    if float(differing.sum()) < 1e-9:
        return np.zeros(len(known), np.float32)
    likeness = _best_likeness(_print_of(facing, mask), known)
    weights = differing * np.maximum(likeness.max(axis=0), 1e-3) ** SEEN_POWER
    said = np.sign(likeness) * np.square(likeness) * weights
    return np.asarray(said.sum(axis=(1, 2)) / weights.sum(), np.float32)


def _best_likeness(seen: FloatArray, known: FloatArray) -> FloatArray:
    """(K, rows, columns) correlation of each place, shifted as the window around it fits best."""
    strength = np.stack([_windowed(_by_place(np.square(each))) for each in known]) + NOISE**2
    best, fits = (np.full_like(strength, -1) for _ in range(2))
    for y in range(-REACH_PX, REACH_PX + 1, STEP_PX):
        for x in range(-REACH_PX, REACH_PX + 1, STEP_PX):
            shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
            moved = cv2.warpAffine(seen, shift, seen.shape[::-1], flags=cv2.INTER_NEAREST)
            of_moved = _windowed(_by_place(np.square(moved))) + NOISE**2
            for row, each in enumerate(known):
                found = _windowed(_by_place(moved * each)) / np.sqrt(strength[row] * of_moved)
                around = _windowed(found)
                better = around > fits[row]
                np.copyto(fits[row], around, where=better)
                np.copyto(best[row], found, where=better)
    return best


def _print_of(grey: ByteImage, mask: FloatArray) -> FloatArray:
    """What stands out from its surroundings, in [-1, 1]; 0 outside the mask."""
    bright = grey.astype(np.float32) / 255
    size = (SURROUNDINGS_PX, SURROUNDINGS_PX)
    around = cv2.blur(bright * mask, size, borderType=cv2.BORDER_CONSTANT)
    count = cv2.blur(mask, size, borderType=cv2.BORDER_CONSTANT) + 1e-6
    return np.asarray((bright - around / count) * mask, np.float32)


def _by_place(values: FloatArray) -> FloatArray:
    """Mean of each place's pixels; an odd row or column is filled up with zeros."""
    down, right = (-side % PLACE_PX for side in values.shape)
    whole = cv2.copyMakeBorder(values, 0, down, 0, right, cv2.BORDER_CONSTANT)
    size_wh = [side // PLACE_PX for side in whole.shape[::-1]]
    return np.asarray(cv2.resize(whole, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def _windowed(of_places: FloatArray) -> FloatArray:
    """Mean over the window around each place."""
    size = (WINDOW_PX // PLACE_PX, WINDOW_PX // PLACE_PX)
    return np.asarray(cv2.blur(of_places, size, borderType=cv2.BORDER_CONSTANT), np.float32)
