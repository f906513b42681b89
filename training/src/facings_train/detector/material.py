"""What a detector is fine-tuned on and judged by: from a COCO file, or from a checked data set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facings.errors import AnnotationError
from facings.evaluate.truth import Truth, read_truths

HELD_BACK_SHARE = 0.2


@dataclass(frozen=True)
class Material:
    """Pictures to train on and others to judge by, never the same."""

    name: str
    sha256: str
    """Of the COCO file, or of the data set version's table."""
    training: tuple[Truth, ...]
    held_back: tuple[Truth, ...]
    licences: str = "own"
    """Of the pictures."""


def read_material(data: Path, pictures: Path, seed: int) -> Material:
    """Read a COCO file, of which a fifth is held back, or a data set with its own splits.

    Args:
        data: COCO file, or a data set's folder, whose newest version is taken.
        pictures: folder that the COCO file's names start from.
        seed: chooses what is held back.

    Raises:
        AnnotationError: they cannot be used, or are of fewer than two pictures.
    """
    if data.is_dir():
        return _of_dataset(data, seed)
    training, held_back = hold_back(read_truths(data, pictures), HELD_BACK_SHARE, seed)
    sha256 = hashlib.sha256(data.read_bytes()).hexdigest()
    return Material(data.name, sha256, tuple(training), tuple(held_back))


def hold_back(truths: Sequence[Truth], share: float, seed: int) -> tuple[list[Truth], list[Truth]]:
    """Split pictures into those to train on and those to judge by.

    The judges are drawn from the pictures that show products, by name, so that the order in the
    file does not matter; at least one is drawn and at least one left.

    Raises:
        AnnotationError: fewer than two pictures show products.
    """
    shown = sorted(
        (truth for truth in truths if len(truth.boxes_xyxy)), key=lambda truth: truth.file
    )
    if len(shown) < 2:
        raise AnnotationError(
            f"{len(shown)} picture with products: one is needed to train on and one to judge by",
            hint="draw boxes on at least one more picture, of another shelf if you can",
        )
    count = min(max(1, round(share * len(shown))), len(shown) - 1)
    drawn = np.random.default_rng(seed).permutation(len(shown))[:count]
    judges = [shown[index] for index in sorted(drawn)]
    files = {truth.file for truth in judges}
    return [truth for truth in truths if truth.file not in files], judges


def _of_dataset(folder: Path, seed: int) -> Material:
    """Train on its training split and judge by that for validation; its test split is not read.

    Where nothing is kept for validation (a single store), a fifth of the training split is.
    """
    from facings.collect.dataset import Dataset
    from facings.evaluate.dataset_truth import truths_of

    dataset = Dataset(folder)
    rows = [row for row in dataset.rows() if row.split != "test"]
    number = dataset.versions()[-1]
    training, held_back = (
        list(truths_of(dataset, [row for row in rows if row.split == split]))
        for split in ("train", "val")
    )
    if not any(len(truth.boxes_xyxy) for truth in held_back):
        training, held_back = hold_back(training, HELD_BACK_SHARE, seed)
    if not any(len(truth.boxes_xyxy) for truth in training):
        raise AnnotationError(
            f"{folder} has no product boxes to train on", hint="add pictures of another store"
        )
    table = folder / "versions" / f"{number:04}.parquet"
    return Material(
        f"{folder.name} version {number}",
        hashlib.sha256(table.read_bytes()).hexdigest(),
        tuple(training),
        tuple(held_back),
        ", ".join(sorted({row.licence for row in rows if row.split == "train"})),
    )
