"""Train the product embedder: crops of one product near each other, look-alikes apart.

    runs/facings-embedder.sh          # renders, trains, exports, calibrates, evaluates

Supervised contrastive loss (arXiv 2004.11362) over a batch and a memory of past vectors
(arXiv 1912.06798). On a graphics card everything learns; on a processor only the later pointwise
convolutions do. What the published run took, and where it ended, is in its run file and in
docs/log.md.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pytorch_metric_learning.losses import CrossBatchMemory, SupConLoss
from torch import Tensor
from torch.utils.data import DataLoader

from facings.settings import Settings
from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint
from facings_train.embedder.data import INPUT, CropSource, CropStream
from facings_train.embedder.model import (
    FINE_BLOCKS,
    Embedder,
    freeze_slow_layers,
    load_published,
    pretrained_embedder,
)
from facings_train.precision import fast_autocast, fastest_device
from facings_train.runs import recorded, written

MEMORY = 8192
"""Vectors of past batches that serve as negatives."""
EARLY_RATE = 0.3
"""Of the learning rate, for the blocks to stride 16: edges and letters are known already."""


@dataclass(frozen=True)
class EmbedderSchedule:
    """How long and how fast an embedder is trained."""

    steps: int
    peak: float = 5e-4  # highest learning rate
    temperature: float = 0.08
    every: int = 100  # steps between checkpoints
    seed: int = 1
    readers: int = 1  # processes that take crops again

    def __post_init__(self) -> None:
        if min(self.steps, self.every, self.readers) < 1 or self.temperature <= 0:
            raise ValueError(f"steps, every and readers from 1 on, temperature > 0, got {self}")


@dataclass(frozen=True)
class EmbedderProgress:
    """Where a training is; the loss is a mean since the last report."""

    step: int  # steps done
    loss: float
    crops_per_s: float

    def __str__(self) -> str:
        return f"step {self.step} loss {self.loss:.3f} crops/s {self.crops_per_s:.1f}"


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 100 steps at most, then fall along a cosine."""
    warm_up = min(100, max(1, steps // 10))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def train_embedder(
    start: Path | None, sources: Sequence[CropSource], schedule: EmbedderSchedule, out: Path
) -> Iterator[EmbedderProgress]:
    """Train, and report after each checkpoint; go on from the checkpoint where there is one.

    Args:
        start: ONNX file of an embedder to go on from; None for the ImageNet network.
        sources: crops, and what each batch takes of them.
        out: folder for `start.pt` and `checkpoint.pt`, which `load_trained` reads.
    """
    device = fastest_device()
    network = pretrained_embedder() if start is None else Embedder()
    if start is not None:
        load_published(network, start)
    if device.type == "cpu":
        freeze_slow_layers(network)
    torch.save(network.state_dict(), out / "start.pt")
    # torch's stubs do not know this argument of nn.Module.to.
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(_groups(network), lr=schedule.peak, weight_decay=0.01)
    checkpoint = out / "checkpoint.pt"
    first = load_checkpoint(checkpoint, network, average, optimizer) if checkpoint.exists() else 0
    if first >= schedule.steps:
        return
    batches = DataLoader(
        CropStream(sources, schedule.seed + first),
        batch_size=None,
        num_workers=schedule.readers,
        multiprocessing_context="spawn",
        pin_memory=device.type == "cuda",
    )
    dim = network.projection.out_features
    loss_of = CrossBatchMemory(SupConLoss(schedule.temperature), dim, memory_size=MEMORY)
    started, losses, crops = time.monotonic(), [], 0
    for step, (images, products) in enumerate(batches, first):
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * learning_rate(step, schedule.steps, schedule.peak)
        with fast_autocast(device.type):
            vectors = network.vectors(network.fine_features(normalised(images.to(device))))
        loss = loss_of(vectors.float(), products.to(device))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        follow(average, network, decay=min(0.998, (step + 1) / (step + 10)))
        losses.append(loss.detach())
        crops += len(images)

        if (step + 1) % schedule.every == 0 or step + 1 == schedule.steps:
            mean = float(torch.stack(losses).mean())
            save_checkpoint(checkpoint, network, average, optimizer, step + 1)
            yield EmbedderProgress(step + 1, mean, crops / (time.monotonic() - started))
            started, losses, crops = time.monotonic(), [], 0
        if step + 1 == schedule.steps:
            return


def _groups(network: Embedder) -> list[dict[str, object]]:
    """What learns, with each part's share of the learning rate."""
    early = {id(each) for part in (network.stem, network.blocks[:FINE_BLOCKS])
             for each in part.parameters()}  # fmt: skip
    learned = [each for each in network.parameters() if each.requires_grad]
    return [
        {"params": [each for each in learned if id(each) in early], "share": EARLY_RATE},
        {"params": [each for each in learned if id(each) not in early], "share": 1.0},
    ]


def normalised(crops: Tensor) -> Tensor:
    """uint8 (B, H, W, 3) to the network's input (B, 3, H, W), channels last in memory."""
    mean, std = (torch.tensor(each, device=crops.device) for each in (INPUT.mean, INPUT.std))
    return ((crops.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def read_source(text: str) -> CropSource:
    """`TABLE=FAMILIESxMEMBERSxPHOTOS` of the command line."""
    table, _, counts = text.rpartition("=")
    families, members, photos = (int(each) for each in counts.split("x"))
    return CropSource(Path(table), families, members, photos)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--crops",
        nargs="+",
        required=True,
        metavar="TABLE=FAMILIESxMEMBERSxPHOTOS",
        help="tables of crops, and what each batch takes of them",
    )
    parser.add_argument("--start", type=Path, help="ONNX file of an embedder to go on from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--peak", type=float, default=5e-4, help="highest learning rate")
    parser.add_argument("--temperature", type=float, default=0.08)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readers", type=int, default=1, help="processes that take crops again")
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    return parser.parse_args()


def main() -> None:
    """Train and checkpoint; run again to resume."""
    given = parse_arguments()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    sources = [read_source(each) for each in given.crops]
    schedule = EmbedderSchedule(
        given.steps, given.peak, given.temperature, given.every, given.seed, given.readers
    )
    with recorded(Settings().home, "embedder", written(given), given.seed) as recording:
        recording.of_files([source.table for source in sources])
        for progress in train_embedder(given.start, sources, schedule, given.out):
            print(progress, flush=True)
            recording.note(progress.step, {"loss": progress.loss})
        recording.result({"checkpoint": str(given.out / "checkpoint.pt")})


if __name__ == "__main__":
    main()
