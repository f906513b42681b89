"""Train the facing detector on rendered shelves and on annotated pictures.

    runs/facings-detector.sh          # renders, trains, exports, evaluates

4,800 steps of 64 windows: 6.5 minutes on one H200 with 15 processes that cut windows (850 a
second), an hour and a half on two CPU cores with bfloat16 units. The published run (docs/log.md
2026-11-27) ended at a loss of 3.02. `facings_train.detector.fine_tune` runs the same loop on
somebody's own shelves.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from facings.settings import Settings
from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint
from facings_train.detector.data import WindowStream, collate
from facings_train.detector.loss import detector_loss
from facings_train.detector.model import (
    LIVE,
    PHOTO,
    Detector,
    cell_centres,
    config_of,
    load_published,
    load_trunk,
)
from facings_train.lite0 import freeze_depthwise
from facings_train.precision import fast_autocast, fastest_device
from facings_train.runs import recorded, written

MEAN, STD = 0.5, 0.5  # of channels in [0, 1]: goes into the manifest
TRUNK_RATE = 0.3
"""Of the learning rate, for a trunk that is trained already."""


@dataclass(frozen=True)
class Schedule:
    """How long, how fast and on what a detector is trained."""

    steps: int
    batch: int = 16
    size: int = 416  # side of a training window, pixels
    peak: float = 2e-3  # highest learning rate
    every: int = 250  # steps between checkpoints
    seed: int = 1
    readers: int = 1  # processes that cut windows

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.every) < 1 or self.size % 32 or self.size < 32:
            raise ValueError(
                f"steps, batch and every from 1 on and a size that 32 divides, got {self}"
            )


@dataclass(frozen=True)
class Progress:
    """Where a training is; losses are means since the last report."""

    step: int  # steps done
    windows_per_s: float
    loss: float
    score: float
    overlap: float
    distance: float
    corners: float

    def __str__(self) -> str:
        return (
            f"step {self.step} loss {self.loss:.3f} score {self.score:.3f} "
            f"overlap {self.overlap:.3f} distance {self.distance:.3f} corners {self.corners:.4f} "
            f"windows/s {self.windows_per_s:.1f}"
        )


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 500 steps at most, stay, fall along a cosine over the last half."""
    warm_up = min(500, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    fallen = max(0.0, (step / steps - 0.5) / 0.5)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, fallen))))


def train_detector(
    start: Path | None,
    sources: Mapping[Path, int],
    schedule: Schedule,
    checkpoint: Path,
    trunk: Path | None = None,
) -> Iterator[tuple[Progress, Detector]]:
    """Train, and report after each checkpoint; go on from the checkpoint where there is one.

    Args:
        start: ONNX file of a detector to go on from; None for a network that knows nothing.
        sources: training folders, and how many windows of a batch come from each.
        checkpoint: file that is written while training; `load_averaged` reads it.
        trunk: ONNX file of the embedder whose trunk a photo detector from nothing begins with.

    Yields:
        Progress, and the averaged network, which is the one to use (on the training's device).
    """
    device = fastest_device()
    network = Detector(PHOTO if trunk else config_of(start) if start else LIVE)
    if trunk:
        load_trunk(network, trunk)
    if start:
        load_published(network, start)
    if device.type == "cpu":
        freeze_depthwise(network)
    network.train()
    # torch's stubs do not know this argument of nn.Module.to.
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(_groups(network), lr=schedule.peak, weight_decay=0.02)
    first = 0
    if checkpoint.exists():
        first = load_checkpoint(checkpoint, network, average, optimizer)
    if first >= schedule.steps:
        return
    stream = WindowStream(sources, schedule.size, schedule.seed + first)
    # Spawned, not forked: a fork inherits OpenCV's threads as dead and waits for them for ever.
    batches = iter(
        DataLoader(
            stream,
            schedule.batch,
            num_workers=schedule.readers,
            collate_fn=collate,
            multiprocessing_context="spawn",
            pin_memory=device.type == "cuda",
        )
    )
    centres, strides = (each.to(device) for each in cell_centres(schedule.size, schedule.size))

    started, recent = time.monotonic(), []
    for step in range(first, schedule.steps):
        images, targets = next(batches)
        seen = images.to(device, non_blocking=True)
        x = (seen.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * learning_rate(step, schedule.steps, schedule.peak)
        with fast_autocast(device.type):
            found = network(x.contiguous(memory_format=torch.channels_last))
        loss, parts = detector_loss(found.float(), centres, strides, targets.to(device))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        follow(average, network, decay=min(0.999, (step + 1) / (step + 10)))
        recent.append((loss.item(), *parts.values()))

        if (step + 1) % schedule.every == 0 or step + 1 == schedule.steps:
            means = [sum(column) / len(recent) for column in zip(*recent, strict=True)]
            speed = len(recent) * schedule.batch / (time.monotonic() - started)
            save_checkpoint(checkpoint, network, average, optimizer, step + 1)
            yield Progress(step + 1, speed, *means), average
            started, recent = time.monotonic(), []


def _groups(network: Detector) -> list[dict[str, object]]:
    """What learns, with each part's share of the learning rate."""
    trunk = {id(each) for each in network.trunk.parameters()}
    share = TRUNK_RATE if network.config.trunk == "lite0" else 1.0
    learned = [each for each in network.parameters() if each.requires_grad]
    return [
        {"params": [each for each in learned if id(each) in trunk], "share": share},
        {"params": [each for each in learned if id(each) not in trunk], "share": 1.0},
    ]


def load_averaged(checkpoint: Path) -> Detector:
    """The averaged network of a checkpoint, ready to be exported."""
    average = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    network = Detector(PHOTO if "trunk.blocks.0.depthwise.weight" in average else LIVE)
    if "score_tower.0.0.bias" in average:
        network.fold_norms()
    network.load_state_dict(average)
    return network.eval()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--windows",
        nargs="+",
        required=True,
        metavar="FOLDER=COUNT",
        help="training folders, and how many windows of a batch come from each",
    )
    parser.add_argument("--start", type=Path, help="ONNX file of a detector to go on from")
    parser.add_argument(
        "--trunk", type=Path, help="ONNX file of an embedder that a photo detector begins with"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4100)
    parser.add_argument("--size", type=int, default=416, help="side of a training window, pixels")
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readers", type=int, default=1, help="processes that cut windows")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    return parser.parse_args()


def main() -> None:
    """Train and checkpoint; run again to resume."""
    given = parse_arguments()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    pairs = [source.rsplit("=", 1) for source in given.windows]
    sources = {Path(folder): int(count) for folder, count in pairs}
    schedule = Schedule(
        given.steps,
        sum(sources.values()),
        given.size,
        given.peak,
        given.every,
        given.seed,
        given.readers,
    )
    given.out.mkdir(parents=True, exist_ok=True)
    checkpoint = given.out / "checkpoint.pt"
    with recorded(Settings().home, "detector", written(given), given.seed) as recording:
        recording.of_files([folder / "truth.jsonl" for folder in sources])
        for progress, _ in train_detector(given.start, sources, schedule, checkpoint, given.trunk):
            print(progress, flush=True)
            recording.note(progress.step, {"loss": progress.loss, "score": progress.score})
        recording.result({"checkpoint": str(checkpoint)})


if __name__ == "__main__":
    main()
