"""Average fine-tuned detectors with their start, and fit what the start did not have again.

    python -m facings_train.detector.soup --start START.onnx --tuned A.pt B.pt \\
        --shares 0.2 0.4 0.4 --data RENDERED --steps 100 --out SOUP.pt

Weights that were fine-tuned from one start can be averaged (Model soups, arXiv 2203.05482). Rows of
the score and the corners that the start lacks are taken from the last one; averaging the
features below them makes them too unsure, so these 1x1 convolutions alone are trained again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.progress import track
from torch.utils.data import DataLoader

from facings_train.detector.data import WindowStream, collate
from facings_train.detector.loss import detector_loss
from facings_train.detector.model import Detector, cell_centres, load_published
from facings_train.detector.target import PRODUCT
from facings_train.detector.train import MEAN, STD, load_averaged

BATCH, SIZE = 16, 416
PEAK = 4e-3


@torch.no_grad()
def average(start: Path, tuned: Sequence[Detector], shares: Sequence[float]) -> Detector:
    """Mean of a start and what was fine-tuned from it; what the start lacks is the last one's.

    Args:
        start: ONNX file.
        tuned: without batch norms.
        shares: of the start and of each of `tuned`; their sum is 1.
    """
    if len(shares) != len(tuned) + 1 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"{len(tuned) + 1} shares with a sum of 1, got {list(shares)}")
    first = Detector(tuned[-1].config).fold_norms()
    first.load_state_dict(tuned[-1].state_dict())
    load_published(first, start)
    states = [each.state_dict() for each in (first, *tuned)]
    mean = {
        name: torch.stack([s * state[name] for s, state in zip(shares, states, strict=True)]).sum(0)
        for name in states[0]
    }
    last = tuned[-1]
    mean["score.weight"][PRODUCT + 1 :] = last.score.weight[PRODUCT + 1 :]
    assert last.score.bias is not None
    mean["score.bias"][PRODUCT + 1 :] = last.score.bias[PRODUCT + 1 :] + 1.5
    mean |= {name: value.clone() for name, value in last.state_dict().items() if "corner" in name}
    first.load_state_dict(mean)
    return first.eval()


def refit_heads(network: Detector, data: Path, steps: int, seed: int) -> None:
    """Train the corners and the scores of all classes but the product's; the rest stays."""
    network.requires_grad_(False)
    heads = [*network.score.parameters(), *network.corner.parameters()]
    for each in heads:
        each.requires_grad_(True)
    optimizer = torch.optim.Adam(heads, lr=PEAK)
    stream = WindowStream({data: BATCH}, SIZE, seed)
    batches = iter(
        DataLoader(
            stream,
            BATCH,
            num_workers=1,
            collate_fn=collate,
            multiprocessing_context="spawn",
        )
    )
    centres, strides = cell_centres(SIZE, SIZE)
    for step in track(range(steps), "fitting the heads"):
        images, targets = next(batches)
        x = (images.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
        optimizer.param_groups[0]["lr"] = PEAK * (1 - 0.97 * step / steps)
        loss, _ = detector_loss(network(x), centres, strides, targets)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        for each in network.score.parameters():
            assert each.grad is not None
            each.grad[PRODUCT] = 0
        optimizer.step()


def main() -> None:
    """Average, fit, and write a checkpoint that can be exported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--tuned", type=Path, nargs="+", required=True)
    parser.add_argument("--shares", type=float, nargs="+", required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of rendered shelves")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=99)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    network = average(given.start, [load_averaged(each) for each in given.tuned], given.shares)
    refit_heads(network, given.data, given.steps, given.seed)
    torch.save({"average": network.state_dict(), "step": given.steps}, given.out)


if __name__ == "__main__":
    main()
