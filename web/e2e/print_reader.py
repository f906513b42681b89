"""Reads the print on a picture as the browser does (web/src/engine/print.ts), step by step.

Nothing of the product runs this: it is what the browser's reading is held against, and what
`evals/print.py` measures beside rapidocr.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.models import InputSpec
from facings.session import OnnxSession
from facings.tensor import fit_tensor
from facings.types import ByteImage

MODELS = Path(__file__).resolve().parents[1] / "models"
MOST_ENLARGED = 3.0
MOST_LINES = 12
LEAST_SIDE_PX = 3  # of a line, in pixels of the tensor
GROWN = 1.6  # how much larger a line is than its hot middle (PaddleOCR's unclip_ratio)
MOST_ASPECT = 10.0  # of a line: longer ones are cut

Boxes = NDArray[np.float32]


class BrowserReader:
    """Both networks of the browser; a `facings.evidence.words.PrintReader`."""

    def __init__(self) -> None:
        self.finder, self._find = _open("facings-print-finder")
        self.reader, self._read = _open("facings-print-reader")

    def read(self, image: ByteImage) -> tuple[str, ...]:
        """Lines of print on an RGB picture (H, W, 3), the widest first."""
        texts = [self._text(image[top:bottom, left:right]) for left, top, right, bottom in
                 self.boxes(image)]  # fmt: skip
        return tuple(text for text in texts if text)

    def boxes(self, image: ByteImage) -> list[tuple[int, int, int, int]]:
        """Where lines stand, in whole pixels of the picture, the widest first."""
        height, width = image.shape[:2]
        scale = min(MOST_ENLARGED, self.finder["input"]["size_wh"][0] / max(height, width))
        tensor, _ = fit_tensor(image, _spec(self.finder), scale)
        heat = self._find.run({"image": tensor})["heat"][0, 0]
        limits = self.finder["thresholds"]
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (heat > limits["heat"]).astype(np.uint8), connectivity=8
        )
        found = []
        for i in range(1, count):
            left, top, across, down, _area = stats[i].tolist()
            if min(across, down) < LEAST_SIDE_PX or heat[labels == i].mean() < limits["score"]:
                continue
            grow = across * down * GROWN / (2 * (across + down))
            x0 = max(0, round((left - grow) / scale))
            y0 = max(0, round((top - grow) / scale))
            x1 = min(width, max(x0 + 1, round((left + across + grow) / scale)))
            y1 = min(height, max(y0 + 1, round((top + down + grow) / scale)))
            if x0 < x1 and y0 < y1:
                found.append((x0, y0, min(x1, x0 + int(MOST_ASPECT * (y1 - y0))), y1))
        return sorted(found, key=lambda box: box[0] - box[2])[:MOST_LINES]

    def _text(self, line: ByteImage) -> str:
        tensor, _ = fit_tensor(
            line, _spec(self.reader), self.reader["input"]["size_wh"][1] / len(line)
        )
        likely = self._read.run({"image": tensor})["letters"][0]
        best, sure = likely.argmax(axis=1), likely.max(axis=1)
        said = (best > 0) & (np.diff(best, prepend=0) != 0)
        if not said.any() or sure[said].mean() < self.reader["thresholds"]["score"]:
            return ""
        return "".join(self.reader["letters"][letter - 1] for letter in best[said])


def _open(name: str) -> tuple[dict[str, Any], OnnxSession]:
    manifest = json.loads((MODELS / f"{name}.json").read_text())
    return manifest, OnnxSession.open(MODELS / manifest["stored"]["file"])


def _spec(manifest: dict[str, Any]) -> InputSpec:
    return InputSpec.model_validate(manifest["input"])
