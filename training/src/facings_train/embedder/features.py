"""Compute once what the embedder's blocks to stride 16 make of augmented crops.

    python -m facings_train.embedder.features OUT --table crops.csv --start FILE.onnx --passes 2

The artwork learns from their output alone; with it on disk no step computes it again. Writes
`features.npy` (rows, 112, 16, 12) float16, 43 kB a row, and `rows.csv`. About 100 rows a second on
two cores.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.lib.format import open_memmap
from rich.progress import track
from torch import Tensor, nn

from facings.session import OnnxSession
from facings.tensor import crop_tensor
from facings_train.embedder.data import INPUT, CropRow, draw, read_table, write_table
from facings_train.embedder.model import FINE_CHW, Embedder, load_published, pretrained_embedder
from facings_train.export import export_onnx

CHUNK, BATCH = 64, 4  # rows of a job; crops at once: more fall out of the processor's cache


@cache
def open_graph(file: Path) -> OnnxSession:
    """One session a process."""
    return OnnxSession.open(file, threads=1)


class FineBlocks(nn.Module):
    """The part of the network whose output the artwork is made of."""

    def __init__(self, network: Embedder) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, 256, 192) to (B, 112, 16, 12)."""
        return self.network.fine_features(x)


def compute_chunk(
    graph: Path, features: Path, rows: tuple[CropRow, ...], first: int, seed: int
) -> None:
    """Augment rows, run the graph, and write its output from row `first` on."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, first])
    crops = np.stack([crop_tensor(draw(row, rng), INPUT) for row in rows])
    session = open_graph(graph)
    stored = np.load(features, mmap_mode="r+")
    for at in range(0, len(rows), BATCH):
        [computed] = session.run({INPUT.name: crops[at : at + BATCH]}).values()
        stored[first + at : first + at + len(computed)] = computed


def main() -> None:
    """Export the frozen blocks, run them over every row as often as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="ONNX file of version 1")
    parser.add_argument("--passes", type=int, default=2, help="augmentations of each picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    network = pretrained_embedder()
    load_published(network, arguments.start)
    graph = arguments.out / "fine.onnx"
    export_onnx(
        FineBlocks(network),
        torch.zeros(1, 3, *reversed(INPUT.size_wh)),
        graph,
        input_name=INPUT.name,
        output_names=("features",),
        dynamic_axes={INPUT.name: {0: "crops"}, "features": {0: "crops"}},
    )
    rows = read_table(arguments.table) * arguments.passes
    file = arguments.out / "features.npy"
    open_memmap(file, mode="w+", dtype=np.float16, shape=(len(rows), *FINE_CHW))
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        jobs = [
            pool.submit(compute_chunk, graph, file, rows[at : at + CHUNK], at, arguments.seed)
            for at in range(0, len(rows), CHUNK)
        ]
        for job in track(jobs, "computing"):
            job.result()
    write_table(arguments.out / "rows.csv", rows)


if __name__ == "__main__":
    main()
