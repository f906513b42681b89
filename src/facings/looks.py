"""Looks: what several looks at one facing show, as one.

Noise of one crop is not that of the next: the mean direction is nearer to the product than each of
them. The web client does the same (web/src/engine/looks.ts, tests/golden/looks.json).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facings.types import CellArray, FloatArray

NEARER = 1.8
"""By how much larger a facing must be seen, in area, for earlier looks to count no more."""
ONE = 127.0  # length of a cell's unit vector


class Looks:
    """The looks at one facing."""

    def __init__(self) -> None:
        self._vector: NDArray[np.float64] | None = None
        self._artwork: NDArray[np.float64] | None = None
        self.largest_px = 0.0
        """Largest area it was seen in, in square pixels."""
        self.count = 0
        """Looks that count."""

    def is_nearer(self, area_px: float) -> bool:
        """Say whether a facing of that area is seen so much nearer that it begins anew."""
        return area_px > NEARER * self.largest_px

    def add(self, vector: FloatArray, artwork: CellArray | None, area_px: float) -> None:
        """Take one more look.

        Args:
            vector: (D,) of length 1, or of another length that all looks have.
            artwork: (C, H, W) each cell's unit vector x 127; None where not computed.
            area_px: of the facing in its frame: what the look weighs.
        """
        if self.is_nearer(area_px):
            self._vector, self._artwork, self.count = None, None, 0
        self.largest_px = max(self.largest_px, area_px)
        self._vector = _added(self._vector, vector, area_px)
        if artwork is not None:
            self._artwork = _added(self._artwork, artwork, area_px)
        self.count += 1

    @property
    def vector(self) -> FloatArray:
        """(D,) of length 1.

        Raises:
            ValueError: nobody has looked yet.
        """
        if self._vector is None:
            raise ValueError("a facing is looked at before it is told what it looks like")
        return np.asarray(self._vector / np.linalg.norm(self._vector), np.float32)

    @property
    def artwork(self) -> CellArray | None:
        """(C, H, W) each cell's unit vector x 127; None where no look brought any."""
        if self._artwork is None:
            return None
        length = np.linalg.norm(self._artwork, axis=0, keepdims=True)
        return np.asarray(np.rint(self._artwork / np.maximum(length, 1e-12) * ONE), np.int8)


def _added(
    total: NDArray[np.float64] | None, numbers: FloatArray | CellArray, weight: float
) -> NDArray[np.float64]:
    weighed = weight * numbers.astype(np.float64)
    return weighed if total is None else total + weighed
