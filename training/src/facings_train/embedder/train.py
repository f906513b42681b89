"""Train the product embedder on rendered crops, going on from version 1.

    runs/facings-embedder.sh          # renders, computes features, trains, exports, evaluates

About 15 minutes for 900 steps on two CPU cores (AVX2), after 20 of rendering and 5 of features.
Expect hit@1 near 0.87 by the vector alone on rendered stores of other seeds (docs/log.md
2026-11-25).
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from pytorch_metric_learning.losses import CrossBatchMemory, SupConLoss
from torch import Tensor

from facings.settings import Settings
from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint
from facings_train.embedder.data import FamilyBatches, read_table
from facings_train.embedder.model import load_published, pretrained_embedder
from facings_train.precision import fast_autocast
from facings_train.runs import Recording, recorded, written

MEMORY = 4096  # vectors of past batches that serve as negatives


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--features", type=Path, required=True, help="folder of frozen features")
    parser.add_argument("--start", type=Path, required=True, help="ONNX file of version 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--peak", type=float, default=5e-4, help="highest learning rate")
    parser.add_argument("--temperature", type=float, default=0.08)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    return parser.parse_args()


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 50 steps, then fall along a cosine."""
    if step < 50:
        return peak * (step + 1) / 50
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


class FeatureBatches:
    """Batches of frozen features from a folder that `facings_train.embedder.features` wrote."""

    def __init__(self, folder: Path, families: int, members: int, seed: int) -> None:
        rows = read_table(folder / "rows.csv")
        self.stored = np.load(folder / "features.npy", mmap_mode="r")
        self.batches = FamilyBatches(rows, families=families, members=members, photos=2, seed=seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features (B, 112, 16, 12) and product numbers (B,) for ever."""
        for indices, labels in self.batches:
            features = torch.from_numpy(self.stored[indices]).float()
            yield features.contiguous(memory_format=torch.channels_last), torch.tensor(labels)


def main() -> None:
    """Train, checkpoint; run again to resume."""
    given = parse_arguments()
    with recorded(Settings().home, "embedder", written(given), given.seed) as recording:
        recording.of_files([given.features / "rows.csv"])
        train(given, recording)
        recording.result({"checkpoint": str(given.out / "checkpoint.pt")})


def train(arguments: argparse.Namespace, recording: Recording) -> None:
    """Train to the end, from the checkpoint where there is one."""
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

    batches = FeatureBatches(arguments.features, families=8, members=3, seed=arguments.seed + first)
    loss_of = CrossBatchMemory(
        SupConLoss(temperature=arguments.temperature),
        embedding_size=network.projection.out_features,
        memory_size=MEMORY,
    )
    started, recent = time.monotonic(), []
    for step, (features, products) in enumerate(batches, first):
        if step == arguments.steps:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.peak)
        with fast_autocast():
            vectors = network.vectors(features)
        loss = loss_of(vectors.float(), products)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(learned, 5.0)
        optimizer.step()
        follow(average, network, decay=min(0.99, (step + 1) / (step + 10)))
        recent.append(loss.item())

        if (step + 1) % arguments.every == 0 or step + 1 == arguments.steps:
            speed = len(recent) * len(features) / (time.monotonic() - started)
            print(
                f"step {step + 1} loss {sum(recent) / len(recent):.3f} crops/s {speed:.1f}",
                flush=True,
            )
            recording.note(step + 1, {"loss": sum(recent) / len(recent)})
            save_checkpoint(checkpoint, network, average, optimizer, step + 1)
            started, recent = time.monotonic(), []


if __name__ == "__main__":
    main()
