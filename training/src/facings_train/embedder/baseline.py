"""Export plain EfficientNet-Lite0 at 224 px: what the published models' times are ratios of.

python -m facings_train.embedder.baseline work/lite0-224.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from facings_train.embedder.model import pretrained_embedder
from facings_train.export import export_onnx

SIDE_PX = 224


class Lite0(nn.Module):
    """The ImageNet network up to its average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.network = pretrained_embedder()

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, 224, 224) to pooled features (B, 1280)."""
        fine = self.network.fine_features(image)
        return self.network.coarse_features(fine).mean((2, 3))


def main() -> None:
    """Write the graph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("to", type=Path)
    export_onnx(
        Lite0(),
        torch.zeros(1, 3, SIDE_PX, SIDE_PX),
        parser.parse_args().to,
        input_name="image",
        output_names=("features",),
        dynamic_axes={"image": {0: "crops"}, "features": {0: "crops"}},
    )


if __name__ == "__main__":
    main()
