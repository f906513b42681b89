"""Packs of one art that differ in a word."""

from __future__ import annotations

import cv2
import numpy as np

from facings.types import ByteImage


def pack(word: str, seed: int = 0) -> ByteImage:
    """A pack with art of one seed and a word."""
    art = np.random.default_rng(seed).integers(0, 255, (10, 6, 3), np.uint8)
    image = cv2.resize(art, (180, 300), interpolation=cv2.INTER_NEAREST)
    cv2.putText(image, word, (10, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 5)
    return np.asarray(image, np.uint8)
