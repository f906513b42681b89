"""Train the facing detector on rendered shelves.

    runs/facings-detector.sh          # renders, trains, exports, evaluates

About an hour for 4,100 steps beside other work on two CPU cores with bfloat16 units, after 15
minutes of rendering; the published run (docs/log.md 2026-11-23) ended at a loss near 2.9.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint
from facings_train.detector.data import WindowStream, collate, render_shelves
from facings_train.detector.loss import detector_loss
from facings_train.detector.model import Detector, DetectorConfig, cell_centres, load_published
from facings_train.precision import fast_autocast

MEAN, STD = 0.5, 0.5  # of channels in [0, 1]: goes into the manifest


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 500 steps at most, stay, fall along a cosine over the last half."""
    warm_up = min(500, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    fallen = max(0.0, (step / steps - 0.5) / 0.5)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, fallen))))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--data", type=Path, required=True, help="folder for rendered shelves")
    parser.add_argument("--start", type=Path, help="ONNX file of a detector to go on from")
    parser.add_argument("--own", type=Path, help="folder written by facings_train.detector.own")
    parser.add_argument("--own-windows", type=int, default=8, help="of a batch, with --own")
    parser.add_argument("--pictures", type=int, default=2400, help="shelves to render")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4100)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=416, help="side of a training window, pixels")
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    return parser.parse_args()


def main() -> None:
    """Render, train, checkpoint; run again to resume."""
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    render_shelves(
        arguments.data, seed=arguments.seed, count=arguments.pictures, workers=arguments.threads
    )
    network = Detector(DetectorConfig())
    if arguments.start:
        load_published(network, arguments.start)
    network.train(mode=arguments.start is None)  # published batch norms stay as they are
    # torch's stubs do not know this argument of nn.Module.to.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=arguments.peak, weight_decay=0.02)

    checkpoint = arguments.out / "checkpoint.pt"
    arguments.out.mkdir(parents=True, exist_ok=True)
    first = 0
    if checkpoint.exists():
        first = load_checkpoint(checkpoint, network, average, optimizer)
    sources = {arguments.data: arguments.batch}
    if arguments.own:
        sources = {
            arguments.data: arguments.batch - arguments.own_windows,
            arguments.own: arguments.own_windows,
        }
    stream = WindowStream(sources, arguments.size, arguments.seed + first)
    batches = iter(DataLoader(stream, arguments.batch, num_workers=1, collate_fn=collate))
    centres, strides = cell_centres(arguments.size, arguments.size)

    started, recent = time.monotonic(), []
    for step in range(first, arguments.steps):
        images, truths, ignored = next(batches)
        x = (images.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.peak)
        with fast_autocast():
            logits, distances = network(x.contiguous(memory_format=torch.channels_last))
        loss, parts = detector_loss(
            logits.float(), distances.float(), centres, strides, truths, ignored
        )
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        follow(average, network, decay=min(0.999, (step + 1) / (step + 10)))
        recent.append((loss.item(), *parts.values()))

        if (step + 1) % arguments.every == 0 or step + 1 == arguments.steps:
            means = [sum(column) / len(recent) for column in zip(*recent, strict=True)]
            speed = len(recent) * arguments.batch / (time.monotonic() - started)
            print(
                f"step {step + 1} loss {means[0]:.3f} score {means[1]:.3f} overlap {means[2]:.3f} "
                f"distance {means[3]:.3f} windows/s {speed:.1f}",
                flush=True,
            )
            started, recent = time.monotonic(), []
            save_checkpoint(checkpoint, network, average, optimizer, step + 1)


if __name__ == "__main__":
    main()
