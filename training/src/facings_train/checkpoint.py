"""What both trainings keep between steps and between runs."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn


def save_checkpoint(
    file: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, step: int
) -> None:
    """Write everything a later run needs; a run cut off while writing leaves the old file."""
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    draft = file.with_suffix(".tmp")
    torch.save(state, draft)
    draft.replace(file)


def load_checkpoint(
    file: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    """Restore what `save_checkpoint` wrote; the number of steps done."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move averaged weights towards the network's (mean teacher, arXiv 1703.01780)."""
    pairs = zip(average.state_dict().values(), network.state_dict().values(), strict=True)
    for slow, fast in pairs:
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, 1 - decay)
        else:
            slow.copy_(fast)
