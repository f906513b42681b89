"""The detector network: a trunk, a top-down neck, one shared head.

The live detector's trunk is small and of dense convolutions: on a CPU with bfloat16 units these
train 8 to 14 times faster than depthwise ones (83 against 6 pictures of 416 px a second on two
cores, docs/log.md 2026-11-23) and run as fast in ONNX Runtime as depthwise nets of a third of
their arithmetic. The photo detector's is EfficientNet-Lite0, which knows pictures already, and is
trained on a graphics card.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from facings.errors import ModelError
from facings_train.detector.target import CLASSES
from facings_train.export import load_graph, read_weights
from facings_train.lite0 import STAGES, STEM_WIDTH, SameConv, make_blocks

STRIDES = (8, 16, 32)
INWARD = ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))
"""Directions into a box from its corners, from the top left, clockwise."""


@dataclass(frozen=True)
class Predictions:
    """What the network says of each of the A cells of B pictures."""

    scores: Tensor
    """(B, A, 3) logits by class."""
    distances: Tensor
    """(B, A, 4, bins) logits: how far left, top, right and bottom edge lie from the cell's centre,
    over 0 ... bins-1 strides (Generalized Focal Loss, arXiv 2006.04388, section 3.2)."""
    corners: Tensor
    """(B, A, 4, 2): how far inward of the box's corners those of the front lie, as
    shares of the box's sides (after Gliding Vertex, arXiv 1911.09358, both coordinates free)."""

    def float(self) -> Predictions:
        """The same in float32."""
        return Predictions(self.scores.float(), self.distances.float(), self.corners.float())


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes of the network; the defaults are those of the live detector."""

    trunk: Literal["dense", "lite0"] = "dense"
    widths: tuple[int, int, int, int, int] = (16, 32, 64, 128, 192)  # channels at stride 2 ... 32
    depths: tuple[int, int, int, int] = (1, 2, 3, 2)  # residual blocks at stride 4 ... 32
    neck_width: int = 64
    bins: int = 16  # of the distance distribution, in strides


LIVE = DetectorConfig()
PHOTO = DetectorConfig(trunk="lite0", neck_width=96)


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Half-width bottleneck with a 3x3, added to its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(ConvBlock(width, width // 2, 1), ConvBlock(width // 2, width))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        result: Tensor = x + self.blocks(x)
        return result


class DenseTrunk(nn.Module):
    """Plain convolutions with residual blocks; features at strides 8, 16 and 32."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.out_widths = config.widths[2:]
        self.stem = ConvBlock(3, config.widths[0], stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                ConvBlock(before, width, stride=2), *(Residual(width) for _ in range(depth))
            )
            for before, width, depth in zip(
                config.widths, config.widths[1:], config.depths, strict=False
            )
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to a feature map of each stride."""
        features = []
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features[1:]


class Lite0Trunk(nn.Module):
    """EfficientNet-Lite0 without its head; features at strides 8, 16 and 32."""

    ends = (5, 11, 16)  # blocks that the features of each stride come after
    out_widths = (STAGES[2].width, STAGES[4].width, STAGES[6].width)

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_WIDTH, 3, 2, 1)
        self.blocks = make_blocks()

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to a feature map of each stride."""
        x = F.relu6(self.stem(x))
        features = []
        for begin, end in zip((0, *self.ends), self.ends, strict=False):
            x = self.blocks[begin:end](x)
            features.append(x)
        return features


class Detector(nn.Module):
    """Picture to dense predictions, one for every cell of the three grids.

    Shape: (B, 3, H, W) normalised picture, H and W multiples of 32, to `Predictions`.
    """

    def __init__(self, config: DetectorConfig = LIVE) -> None:
        super().__init__()
        self.config = config
        neck = config.neck_width
        self.trunk = DenseTrunk(config) if config.trunk == "dense" else Lite0Trunk()
        self.lateral = nn.ModuleList(ConvBlock(width, neck, 1) for width in self.trunk.out_widths)
        self.smooth = nn.ModuleList(ConvBlock(neck, neck) for _ in STRIDES)
        self.score_tower = nn.Sequential(ConvBlock(neck, neck), ConvBlock(neck, neck))
        self.box_tower = nn.Sequential(ConvBlock(neck, neck), ConvBlock(neck, neck))
        self.score = nn.Conv2d(neck, len(CLASSES), 1)
        self.distance = nn.Conv2d(neck, 4 * config.bins, 1)
        self.corner = nn.Conv2d(neck, 8, 1)
        assert self.score.bias is not None
        nn.init.constant_(self.score.bias, -4.6)  # prior of 1 %: RetinaNet, arXiv 1708.02002

    def fold_norms(self) -> Detector:
        """Put each batch norm into the convolution before it, which gets a bias.

        Such a network trains a half faster, its statistics cannot drift, and its weights are those
        of an exported graph.
        """
        for block in [each for each in self.modules() if isinstance(each, ConvBlock)]:
            conv, norm = block[0], block[1]
            if isinstance(norm, nn.BatchNorm2d):
                assert isinstance(conv, nn.Conv2d)
                assert norm.running_mean is not None
                assert norm.running_var is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, None, norm.running_mean, norm.running_var, norm.eps,
                    norm.weight, norm.bias,
                )  # fmt: skip
                block[1] = nn.Identity()
        return self

    def forward(self, x: Tensor) -> Predictions:
        """Predict for every cell."""
        features = self.trunk(x)
        levels = [lateral(f) for lateral, f in zip(self.lateral, features, strict=True)]
        for upper in (1, 0):
            levels[upper] = levels[upper] + F.interpolate(levels[upper + 1], scale_factor=2.0)
        scores, distances, corners = [], [], []
        for smooth, level in zip(self.smooth, levels, strict=True):
            smoothed = smooth(level)
            scores.append(_by_cell(self.score(self.score_tower(smoothed))))
            boxes = self.box_tower(smoothed)
            distances.append(_by_cell(self.distance(boxes)))
            corners.append(_by_cell(self.corner(boxes)))
        return Predictions(
            torch.cat(scores, 1),
            torch.unflatten(torch.cat(distances, 1), 2, (4, self.config.bins)),
            torch.unflatten(torch.cat(corners, 1), 2, (4, 2)),
        )


def _by_cell(level: Tensor) -> Tensor:
    """(B, C, H, W) to (B, H * W, C)."""
    return level.flatten(2).transpose(1, 2)


def config_of(file: Path) -> DetectorConfig:
    """Which of the two detectors an exported file is."""
    return PHOTO if any("blocks.0.depthwise" in name for name in read_weights(file)) else LIVE


def load_trunk(network: Detector, embedder: Path) -> None:
    """Begin the photo detector with the trunk of an exported embedder.

    It knows packs, and to stride 16 it is close to the ImageNet network.
    """
    stored = read_weights(embedder)
    own = network.trunk.state_dict()
    network.trunk.load_state_dict({name: stored[name] for name in own})


@torch.no_grad()
def load_published(network: Detector, file: Path) -> None:
    """Load the weights of an exported detector; the network then has no batch norms.

    Both call their convolutions in the same order. Of version 1, which knew products only, all
    that it has is taken.

    Raises:
        ModelError: the file is another network.
    """
    stored = read_weights(file)
    nodes = [node for node in load_graph(file).graph.node if node.op_type == "Conv"]
    called = called_convolutions(network.fold_norms())
    if len(nodes) == len(called) - len(STRIDES):
        called = [conv for conv in called if conv is not network.corner]
    weights = [stored[node.input[1]] for node in nodes]
    if [_without_classes(conv.weight, conv, network) for conv in called] != [
        _without_classes(weight, conv, network)
        for weight, conv in zip(weights, called, strict=False)
    ]:
        raise ModelError(
            f"{file.name} has {len(nodes)} convolutions of other sizes than the {len(called)} of "
            "the detector that is trained here",
            hint="go on from facings-detector, or from a detector that was trained from it",
        )
    for conv, node, weight in zip(called, nodes, weights, strict=True):
        assert conv.bias is not None
        conv.weight[: len(weight)] = weight
        conv.bias[: len(weight)] = stored[node.input[2]]


def _without_classes(weight: Tensor, conv: nn.Conv2d, network: Detector) -> torch.Size:
    """A convolution's shape; of the scores', what does not depend on how many classes there are."""
    return weight.shape[1:] if conv is network.score else weight.shape


def called_convolutions(network: Detector) -> list[nn.Conv2d]:
    """Convolutions in the order of their calls; the shared head's come once a level."""
    called: list[nn.Conv2d] = []
    hooks = [
        module.register_forward_hook(lambda conv, *_: called.append(conv))
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    network.eval()(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return called


def cell_centres(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Centres (A, 2) of all cells in input pixels, and the stride (A,) of each."""
    centres, strides = [], []
    for stride in STRIDES:
        rows = (torch.arange(height // stride) + 0.5) * stride
        columns = (torch.arange(width // stride) + 0.5) * stride
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        centres.append(torch.stack([x, y], -1).reshape(-1, 2))
        strides.append(torch.full_like(x, float(stride)).reshape(-1))
    return torch.cat(centres), torch.cat(strides)


def decode_boxes(distances: Tensor, centres: Tensor, strides: Tensor) -> Tensor:
    """Expected edge distances (B, A, 4, bins) to boxes (B, A, 4) xyxy in input pixels."""
    steps = torch.arange(distances.shape[-1], dtype=distances.dtype, device=distances.device)
    edges = (distances.softmax(-1) * steps).sum(-1) * strides[:, None]
    return torch.cat([centres - edges[..., :2], centres + edges[..., 2:]], -1)


def decode_quads(corners: Tensor, boxes: Tensor) -> Tensor:
    """Corner offsets (..., 4, 2) and boxes (..., 4) to quads (..., 4, 2)."""
    inward = torch.tensor(INWARD, dtype=boxes.dtype, device=boxes.device)
    sides = (boxes[..., 2:] - boxes[..., :2])[..., None, :]
    at_corners = torch.unflatten(boxes[..., [0, 1, 2, 1, 2, 3, 0, 3]], -1, (4, 2))
    result: Tensor = at_corners + inward * corners * sides
    return result


class ExportedDetector(nn.Module):
    """The graph that is published: normalised picture in, boxes and scores out, before NMS."""

    outputs: tuple[str, ...] = ("boxes_xyxy", "scores", "price_tag_scores", "gap_scores", "quads")

    def __init__(self, network: Detector, outputs: tuple[str, ...] = outputs) -> None:
        super().__init__()
        self.network, self.outputs = network, outputs

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, H, W) to the outputs that were chosen.

        Boxes (A, 4) and quads (A, 4, 2) in input pixels, and three scores (A,) in [0, 1].
        """
        found = self.network(image)
        height, width = image.shape[2:]
        centres, strides = (each.to(image.device) for each in cell_centres(height, width))
        boxes = decode_boxes(found.distances, centres, strides)[0]
        scores = found.scores[0].sigmoid()
        quads = decode_quads(found.corners[0], boxes)
        every = (boxes, scores[:, 0], scores[:, 1], scores[:, 2], quads)
        named = dict(zip(ExportedDetector.outputs, every, strict=True))
        return tuple(named[name] for name in self.outputs)
