"""Train the product embedder on rendered crops and the training photos of grocery-store.

    runs/facings-embedder.sh          # renders, trains, exports, evaluates

TIMES_TO_BE_WRITTEN
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import torch
from pytorch_metric_learning.losses import CrossBatchMemory, SupConLoss
from torch.utils.data import DataLoader

from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint
from facings_train.embedder.data import FamilyBatches, read_table
from facings_train.embedder.model import load_published, pretrained_embedder
from facings_train.precision import fast_autocast

MEMORY = 4096  # vectors of past batches that serve as negatives


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--rendered", type=Path, required=True, help="crops.csv of rendered crops")
    parser.add_argument("--real", type=Path, required=True, help="crops.csv of real pictures")
    parser.add_argument("--start", type=Path, required=True, help="ONNX file of version 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--peak", type=float, default=4e-4, help="highest learning rate")
    parser.add_argument("--temperature", type=float, default=0.08)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    return parser.parse_args()


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 50 steps, then fall along a cosine."""
    if step < 50:
        return peak * (step + 1) / 50
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def main() -> None:
    """Train, checkpoint; run again to resume."""
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    checkpoint = arguments.out / "checkpoint.pt"
    arguments.out.mkdir(parents=True, exist_ok=True)

    network = pretrained_embedder()
    load_published(network, arguments.start)
    # torch's stubs do not know this argument of nn.Module.to.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.save(network.state_dict(), arguments.out / "start.pt")
    learned = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=arguments.peak, weight_decay=0.01)
    average = copy.deepcopy(network)
    first = 0
    if checkpoint.exists():
        first = load_checkpoint(checkpoint, network, average, optimizer)

    seed = arguments.seed + first
    rendered = FamilyBatches(
        read_table(arguments.rendered), families=8, members=3, photos=2, seed=seed
    )
    real = FamilyBatches(read_table(arguments.real), families=2, members=4, photos=2, seed=seed)
    rendered_batches, real_batches = (
        iter(DataLoader(source, batch_size=None, num_workers=1)) for source in (rendered, real)
    )
    loss_of = CrossBatchMemory(
        SupConLoss(temperature=arguments.temperature),
        embedding_size=network.projection.out_features,
        memory_size=MEMORY,
    )
    started, recent = time.monotonic(), []
    for step in range(first, arguments.steps):
        (rendered_x, rendered_y), (real_x, real_y) = next(rendered_batches), next(real_batches)
        x = torch.cat([rendered_x, real_x]).contiguous(memory_format=torch.channels_last)
        y = torch.cat([rendered_y, real_y + len(rendered.numbers)])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.peak)
        with fast_autocast():
            vectors = network(x)
        loss = loss_of(vectors.float(), y)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(learned, 5.0)
        optimizer.step()
        follow(average, network, decay=min(0.995, (step + 1) / (step + 10)))
        recent.append(loss.item())

        if (step + 1) % arguments.every == 0 or step + 1 == arguments.steps:
            speed = len(recent) * len(x) / (time.monotonic() - started)
            print(
                f"step {step + 1} loss {sum(recent) / len(recent):.3f} crops/s {speed:.1f}",
                flush=True,
            )
            started, recent = time.monotonic(), []
            save_checkpoint(checkpoint, network, average, optimizer, step + 1)


if __name__ == "__main__":
    main()
