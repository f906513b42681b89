"""What a detector is to find in a batch of training windows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

CLASSES = ("product", "price_tag", "gap")
PRODUCT = 0


@dataclass(frozen=True)
class Targets:
    """The truth of B windows, in their pixels; rows of zeros fill up to the longest window."""

    boxes: Tensor
    """(B, T, 4) xyxy, T > 0. No cell's centre lies inside a box of zeros."""
    classes: Tensor
    """(B, T) indices into CLASSES."""
    quads: Tensor
    """(B, T, 4, 2) corners from the top left, clockwise; nan where they are not known."""
    ignored: Tensor
    """(B, I, 4) regions in which one class is no false alarm, I > 0."""
    ignored_classes: Tensor
    """(B, I) which class."""

    def __post_init__(self) -> None:
        if not self.boxes.shape[:2] == self.classes.shape == self.quads.shape[:2]:
            shapes = [tuple(each.shape) for each in (self.boxes, self.classes, self.quads)]
            raise ValueError(f"one class and one quad a box, got {shapes}")
        if self.ignored.shape[:2] != self.ignored_classes.shape:
            shapes = [tuple(each.shape) for each in (self.ignored, self.ignored_classes)]
            raise ValueError(f"one class an ignored region, got {shapes}")
        if 0 in (self.boxes.shape[1], self.ignored.shape[1]):
            raise ValueError("at least one row of zeros where there is nothing")

    def to(self, device: torch.device) -> Targets:
        """The same on another device."""
        return Targets(
            *(
                each.to(device, non_blocking=True)
                for each in (
                    self.boxes,
                    self.classes,
                    self.quads,
                    self.ignored,
                    self.ignored_classes,
                )
            )
        )
