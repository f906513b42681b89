"""ImageNet networks as they are, to judge an embedder by: pooled features, nothing learned here."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from facings.session import OnnxSession
from facings.types import Crops, EmbedderId, Embeddings

SIDE_PX = 224
Floats3 = tuple[float, float, float]
IMAGENET: dict[str, tuple[str, Floats3, Floats3]] = {
    "EfficientNet-Lite0, frozen": ("lite0-224.onnx", (127 / 255,) * 3, (128 / 255,) * 3),
    "MobileNetV2, frozen": (
        "mobilenetv2-224.onnx",
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    ),
}
"""Name to file, mean and deviation of the input: `python -m facings_train.embedder.baseline`."""


class FrozenNetwork:
    """Pooled features of letterboxed 224 px crops, as unit vectors."""

    def __init__(self, name: str, file: Path, mean: Floats3, std: Floats3) -> None:
        self.id = EmbedderId(name, 1, "0" * 64)
        self._session = OnnxSession.open(file)
        self._mean, self._std = (np.array(each, np.float32)[:, None, None] for each in (mean, std))

    @classmethod
    def open(cls, name: str, folder: Path) -> FrozenNetwork:
        """One of IMAGENET; ends with what to do where its graph is not in `folder`."""
        file, mean, std = IMAGENET[name]
        if not (folder / file).exists():
            raise SystemExit(
                f"{folder / file} is not there: "
                "export it with facings_train.embedder.baseline, as runs/evaluate.sh does"
            )
        return cls(name, folder / file, mean, std)

    def embed(self, crops: Crops) -> Embeddings:
        """(N, 1280) vectors."""
        rows = [np.zeros((0, 1280), np.float32)]
        for image in crops.images:
            side = max(image.shape[:2])
            square = np.full((side, side, 3), 255, np.uint8)
            top, left = ((side - length) // 2 for length in image.shape[:2])
            square[top : top + image.shape[0], left : left + image.shape[1]] = image
            small = cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
            tensor = (small.transpose(2, 0, 1) / np.float32(255) - self._mean) / self._std
            rows.append(self._session.run({"image": tensor[None].astype(np.float32)})["features"])
        features = np.concatenate(rows)
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        return Embeddings(np.asarray(unit, np.float32), self.id)
