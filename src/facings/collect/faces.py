"""Faces on a picture, found in order to be blurred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facings.detect import Detector, non_maximum_suppression
from facings.types import ByteImage, FloatArray, Frame

_TILES = (1, 2, 4)  # of the shorter side: a tile's fifth is the smallest face that is found in it
_STRIDE = 2 / 3  # of a tile's side, so that a face cut by one tile is whole in the next
_LEAST_TILE_PX = 64  # in a smaller one a face would have a dozen pixels
_MOST_IOU = 0.3


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Looks for faces tile by tile, down to tiles of a quarter of the picture's shorter side."""

    detector: Detector

    @classmethod
    def load(cls) -> FaceFinder:
        """Load the published network.

        Raises:
            ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
        """
        return cls(Detector.load("facings-faces"))

    def __call__(self, image: ByteImage) -> FloatArray:
        """(N, 4) faces in pixels of a picture (H, W, 3), the surest first.

        One is found from about 7 % of the picture's height on; printed ones are faces too.
        """
        boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        for left, top, side in tiles(image.shape[1], image.shape[0]):
            tile = np.ascontiguousarray(image[top : top + side, left : left + side])
            found = self.detector.detect(Frame(tile, "tile"))
            boxes.append(found.boxes_xyxy + np.array([left, top, left, top], np.float32))
            scores.append(found.scores)
        every, likely = np.concatenate(boxes), np.concatenate(scores)
        return np.asarray(every[non_maximum_suppression(every, likely, _MOST_IOU)], np.float32)


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Left, top and side of squares that cover a picture at each size, its edges included."""
    for parts in _TILES:
        side = min(width, height) // parts
        if parts > 1 and side < _LEAST_TILE_PX:
            return
        for top in _starts(height, side):
            for left in _starts(width, side):
                yield left, top, side


def _starts(length: int, side: int) -> list[int]:
    count = 1 + int(np.ceil((length - side) / (_STRIDE * side)))
    starts: list[int] = np.linspace(0, length - side, count).round().astype(int).tolist()
    return starts
