"""Train what the embedder says of each cell, so that look-alikes are told apart where they differ.

    python -m facings_train.embedder.artwork --out OUT --features FEATURES --training TRAINING

A photo's cells are held against those of its product's catalogue picture and of its family's, as
`facings.evidence.artwork` does, and the right one must be the likeliest. Only one convolution over
the features learns: about 5 minutes for 1,200 steps on one CPU core, after 4 for the
vectors that choose each product's picture; ends near a loss of 0.32, right 0.86 of up to four.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facings.evidence.artwork import REACH
from facings_train.embedder.data import read_table
from facings_train.embedder.model import FINE_CHW, Artwork, Embedder, load_trained

MOST = 4  # products a photo is held against
BATCH = 32
PEAK = 1e-3


def compare(seen: Tensor, known: Tensor, real: Tensor) -> Tensor:
    """`facings.evidence.artwork.compare_artwork` for a batch, to learn from.

    Args:
        seen: (B, C, H, W) unit cells of photos.
        known: (B, K, C, H, W) of catalogue pictures.
        real: (B, K) which of them count.

    Returns:
        (B, K) likeness.
    """
    (b, k), (rows, columns) = real.shape, seen.shape[2:]
    padded, shifts = F.pad(seen, (REACH,) * 4), range(2 * REACH + 1)
    moved = torch.stack(
        [padded[:, :, y : y + rows, x : x + columns] for y in shifts for x in shifts], 1
    )
    found = torch.einsum("bschw,bkchw->bkshw", moved, known).flatten(0, 1)
    best = F.avg_pool2d(found, 3, 1, 1).reshape(b, k, -1, rows, columns).amax(2)
    pairs = torch.einsum("bkchw,blchw->bklhw", known, known)
    both = (real[:, :, None] & real[:, None])[..., None, None]
    weights = (1 - torch.where(both, pairs, 1.0).flatten(1, 2).amin(1)).clamp(min=0) ** 2
    total = weights.sum((1, 2), keepdim=True) + 1e-6
    likeness: Tensor = (best * (weights / total)[:, None]).sum((2, 3))
    return likeness


class LookAlikes:
    """Photos with the catalogue pictures of their product and of others of its family."""

    def __init__(self, folder: Path, vectors: np.ndarray, seed: int) -> None:
        rows = read_table(folder / "rows.csv")
        self.features = np.load(folder / "features.npy", mmap_mode="r")
        self.vectors = vectors
        self.rng = np.random.default_rng(seed)
        self.packshots: dict[str, list[int]] = defaultdict(list)
        self.photos: dict[str, list[int]] = defaultdict(list)
        families: dict[str, set[str]] = defaultdict(set)
        for index, row in enumerate(rows):
            kind = self.packshots if row.role == "catalogue" else self.photos
            kind[row.product].append(index)
            families[row.family].add(row.product)
        self.families = [sorted(each) for _, each in sorted(families.items()) if len(each) > 1]

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Features of photos (B, 112, 16, 12), of pictures (B, MOST, ...), and which are real.

        The first picture is the right product's. Each product's is the one nearest the photo.
        """
        photos, pictures, real = [], [], np.ones((BATCH, MOST), np.bool_)
        for row in range(BATCH):
            family = self.families[self.rng.integers(len(self.families))]
            right = family[self.rng.integers(len(family))]
            others = [each for each in family if each != right]
            count = min(len(others), int(self.rng.integers(1, MOST)))
            chosen = [right, *self.rng.choice(others, count, replace=False)]
            photo = self.photos[right][self.rng.integers(len(self.photos[right]))]
            nearest = [
                max(
                    self.packshots[each], key=lambda i: float(self.vectors[i] @ self.vectors[photo])
                )
                for each in chosen
            ]
            photos.append(photo)
            pictures += nearest + nearest[:1] * (MOST - len(nearest))
            real[row, len(nearest) :] = False
        taken = torch.from_numpy(self.features[photos]).float()
        known = torch.from_numpy(self.features[pictures]).float().reshape(BATCH, MOST, *FINE_CHW)
        return taken, known, torch.from_numpy(real)


@torch.no_grad()
def vectors_of(features: np.ndarray, network: Embedder) -> np.ndarray:
    """(N, D) vectors of stored features."""
    portions = (features[i : i + 32] for i in range(0, len(features), 32))
    found = [network.vectors(torch.from_numpy(each.astype(np.float32))) for each in portions]
    return torch.cat(found).numpy()


@torch.no_grad()
def principal_start(artwork: Artwork, features: np.ndarray) -> None:
    """Begin with the cells' principal components, which an average over pictures leaves."""
    cells = torch.from_numpy(features.astype(np.float32)).permute(1, 0, 2, 3).flatten(1)
    width = artwork.reduce.out_channels
    components = torch.linalg.eigh(torch.cov(cells)).eigenvectors[:, -width:].T
    artwork.reduce.weight.mul_(0.1)[:, :, 1, 1] = components
    assert artwork.reduce.bias is not None
    artwork.reduce.bias.copy_(-components @ cells.mean(1))


def train_artwork(
    artwork: Artwork, look_alikes: LookAlikes, steps: int
) -> Iterator[tuple[float, float]]:
    """Take `steps` steps; after each yield its loss and the share of photos that were right."""
    sharpness = nn.Parameter(torch.tensor(12.0))
    optimizer = torch.optim.AdamW(
        [{"params": artwork.parameters(), "lr": PEAK}, {"params": [sharpness], "lr": 0.3}],
        weight_decay=1e-4,
    )
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for _ in range(steps):
        photos, pictures, real = look_alikes.draw()
        cells = artwork(pictures.flatten(0, 1))
        known = cells.reshape(BATCH, MOST, *cells.shape[1:])
        likeness = sharpness * compare(artwork(photos), known, real)
        logits = likeness.masked_fill(~real, -1e4)
        loss = F.cross_entropy(logits, torch.zeros(BATCH, dtype=torch.long))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        yield loss.item(), float((logits.argmax(1) == 0).float().mean())


def main() -> None:
    """Train from nothing; short enough not to need checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for artwork.pt")
    parser.add_argument("--features", type=Path, required=True, help="folder of features")
    parser.add_argument("--training", type=Path, required=True, help="folder of the vectors' own")
    parser.add_argument("--blend", type=float, default=1.0, help="as its vectors are published")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)

    stored = np.load(arguments.features / "features.npy", mmap_mode="r")
    kept = arguments.out / "vectors.npy"
    if not kept.exists():
        network = Embedder().eval()
        load_trained(network, arguments.training, arguments.blend)
        np.save(kept, vectors_of(stored, network))
    look_alikes = LookAlikes(arguments.features, np.load(kept), arguments.seed)
    artwork = Artwork()
    principal_start(artwork, stored[:: max(1, len(stored) // 400)])
    started, recent = time.monotonic(), []
    steps = train_artwork(artwork, look_alikes, arguments.steps)
    for step, loss_and_right in enumerate(steps, 1):
        recent.append(loss_and_right)
        if step % 100 == 0 or step == arguments.steps:
            loss, right = np.mean(recent, axis=0)
            took_s = time.monotonic() - started
            print(f"step {step} loss {loss:.3f} right {right:.3f} {took_s:.0f} s", flush=True)
            torch.save(artwork.state_dict(), arguments.out / "artwork.pt")
            recent = []


if __name__ == "__main__":
    main()
