"""Make gates.json, which pytest and vitest read: `python tests/golden/make_gates.py`.

Pictures are made by a formula that both know, so that no decoder stands between them.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from facings.collect.pictures import faults_of, sight_of
from facings.types import ByteImage

FILE = Path(__file__).with_name("gates.json")
CASES = [
    {"width": 90, "height": 260, "cell": 20, "low": 20, "high": 240},
    {"width": 300, "height": 200, "cell": 16, "low": 20, "high": 240},
    {"width": 1200, "height": 700, "cell": 48, "low": 20, "high": 240},
    {"width": 1001, "height": 803, "cell": 7, "low": 100, "high": 140},
    {"width": 400, "height": 300, "cell": 40, "low": 5, "high": 30},
    {"width": 400, "height": 300, "cell": 40, "low": 215, "high": 255},
    {"width": 400, "height": 300, "cell": 100, "low": 120, "high": 124},
]


def picture(width: int, height: int, cell: int, low: int, high: int) -> ByteImage:
    """Grey cells whose brightness a simple congruence tells."""
    y, x = np.mgrid[:height, :width] // cell
    grey = low + (x * 7919 + y * 104729 + x * y * 31) % 997 * (high - low) // 996
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


def expected(case: dict[str, int]) -> dict[str, object]:
    """What Python says of it."""
    image = picture(**case)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    sharpness = float(np.percentile(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), 99))
    return {
        **case,
        "sharpness": sharpness,
        "sight": f"{sight_of(image):x}",
        "faults": list(faults_of(image)),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps([expected(case) for case in CASES], indent=1) + "\n")
