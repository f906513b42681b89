"""What a detector is to find in one training window."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

CLASSES = ("product", "price_tag", "gap")
PRODUCT = 0


@dataclass(frozen=True)
class Target:
    """The truth of one window, in its pixels."""

    boxes: Tensor
    """(T, 4) xyxy; T may be 0."""
    classes: Tensor
    """(T,) indices into CLASSES."""
    quads: Tensor
    """(T, 4, 2) corners from the top left, clockwise; nan where they are not known."""
    ignored: Tensor
    """(I, 4) regions in which one class is no false alarm."""
    ignored_classes: Tensor
    """(I,) which class."""

    def __post_init__(self) -> None:
        if not len(self.boxes) == len(self.classes) == len(self.quads):
            shapes = [tuple(each.shape) for each in (self.boxes, self.classes, self.quads)]
            raise ValueError(f"one class and one quad a box, got {shapes}")
        if len(self.ignored) != len(self.ignored_classes):
            shapes = [tuple(each.shape) for each in (self.ignored, self.ignored_classes)]
            raise ValueError(f"one class an ignored region, got {shapes}")

    def to(self, device: torch.device) -> Target:
        """The same on another device."""
        return Target(
            self.boxes.to(device),
            self.classes.to(device),
            self.quads.to(device),
            self.ignored.to(device),
            self.ignored_classes.to(device),
        )
