"""The detector network: a small dense-convolution backbone, a top-down neck, one shared head.

Plain 3x3 convolutions with ReLU instead of depthwise ones: on a CPU with bfloat16 units they
train 8 to 14 times faster (83 against 6 pictures of 416 px a second on two cores, docs/log.md
2026-11-23) and run as fast in ONNX Runtime as depthwise nets of a third of their arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facings.errors import ModelError
from facings_train.export import read_weights

STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes of the network; the defaults are those of the published model."""

    widths: tuple[int, int, int, int, int] = (16, 32, 64, 128, 192)  # channels at stride 2 ... 32
    depths: tuple[int, int, int, int] = (1, 2, 3, 2)  # residual blocks at stride 4 ... 32
    neck_width: int = 64
    bins: int = 16  # of the distance distribution, in strides


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


class Detector(nn.Module):
    """Picture to dense predictions, one for every cell of the three grids.

    Shape: (B, 3, H, W) normalised picture, H and W multiples of 32, to logits (B, A) and distances
    (B, A, 4, bins): how far left, top, right and bottom edge lie from the cell's centre, as
    logits over 0 ... bins-1 strides (Generalized Focal Loss, arXiv 2006.04388, section 3.2).
    """

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        widths, neck = config.widths, config.neck_width
        self.stem = ConvBlock(3, widths[0], stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                ConvBlock(before, width, stride=2), *(Residual(width) for _ in range(depth))
            )
            for before, width, depth in zip(widths, widths[1:], config.depths, strict=False)
        )
        self.lateral = nn.ModuleList(ConvBlock(width, neck, 1) for width in widths[2:])
        self.smooth = nn.ModuleList(ConvBlock(neck, neck) for _ in STRIDES)
        self.score_tower = nn.Sequential(ConvBlock(neck, neck), ConvBlock(neck, neck))
        self.box_tower = nn.Sequential(ConvBlock(neck, neck), ConvBlock(neck, neck))
        self.score = nn.Conv2d(neck, 1, 1)
        self.distance = nn.Conv2d(neck, 4 * config.bins, 1)
        assert self.score.bias is not None
        nn.init.constant_(self.score.bias, -4.6)  # prior of 1 %: RetinaNet, arXiv 1708.02002

    def norm_of(self, conv: nn.Conv2d) -> nn.BatchNorm2d:
        """The batch norm that follows a convolution."""
        [block] = [b for b in self.modules() if isinstance(b, ConvBlock) and b[0] is conv]
        norm = block[1]
        assert isinstance(norm, nn.BatchNorm2d)
        return norm

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Predict logits (B, A) and distance logits (B, A, 4, bins)."""
        features = []
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        levels = [lateral(f) for lateral, f in zip(self.lateral, features[1:], strict=True)]
        for upper in (1, 0):
            levels[upper] = levels[upper] + F.interpolate(levels[upper + 1], scale_factor=2.0)
        logits, distances = [], []
        for smooth, level in zip(self.smooth, levels, strict=True):
            smoothed = smooth(level)
            logits.append(self.score(self.score_tower(smoothed)).flatten(1))
            boxes = self.distance(self.box_tower(smoothed)).flatten(2).transpose(1, 2)
            distances.append(boxes.unflatten(2, (4, self.config.bins)))
        return torch.cat(logits, 1), torch.cat(distances, 1)


@torch.no_grad()
def load_published(network: Detector, file: Path) -> None:
    """Load the weights of an exported detector.

    Its convolutions hold the batch norms; the network's own are set to pass everything on, so
    they must stay in evaluation mode. Both call their convolutions in the same order.

    Raises:
        ModelError: the file is another network.
    """
    stored = read_weights(file)
    nodes = [node for node in onnx.load(file).graph.node if node.op_type == "Conv"]
    called = called_convolutions(network)
    shapes = [stored[node.input[1]].shape for node in nodes]
    if [conv.weight.shape for conv in called] != shapes:
        raise ModelError(
            f"{file.name} has {len(nodes)} convolutions of other sizes than the {len(called)} of "
            "the detector that is trained here",
            hint="go on from facings-detector, or from a detector that was trained from it",
        )
    for conv, node in zip(called, nodes, strict=True):
        conv.weight.copy_(stored[node.input[1]])
        if conv.bias is not None:
            conv.bias.copy_(stored[node.input[2]])
            continue
        norm = network.norm_of(conv)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(stored[node.input[2]])


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


class ExportedDetector(nn.Module):
    """The graph that is published: normalised picture in, boxes and scores out, before NMS."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 3, H, W) to boxes_xyxy (A, 4) in input pixels and scores (A,) in [0, 1]."""
        logits, distances = self.network(image)
        height, width = image.shape[2:]
        centres, strides = (each.to(image.device) for each in cell_centres(height, width))
        return decode_boxes(distances, centres, strides)[0], logits[0].sigmoid()
