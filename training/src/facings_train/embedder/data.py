"""Crops on disk, and the batches the embedder learns from.

A data set is one table, `crops.csv`: `file` (relative to the table), `product` (any text),
`family` (products that are easily taken for one another) and `role`: `catalogue` for a packshot,
`photo` for a picture as a camera on a shelf gives it.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import IterableDataset

from facings.models import InputSpec
from facings.rectify import trim_packshot
from facings.tensor import crop_tensor
from facings.types import ByteImage, FloatArray

INPUT = InputSpec(
    name="image", layout="NCHW", size_wh=(224, 224), color="RGB", resize="letterbox",
    mean=(127 / 255,) * 3, std=(128 / 255,) * 3, pad_value=127,
)  # fmt: skip
"""Of the published manifest; mean and std are those EfficientNet-Lite was trained with."""

UNSEEN_BRANDS = ("Alpro", "Tropicana")  # of grocery-store: kept out of training, to judge by


@dataclass(frozen=True)
class CropRow:
    """One line of the table."""

    file: Path
    product: str
    family: str
    role: str


def read_table(table: Path) -> tuple[CropRow, ...]:
    """Read `crops.csv`."""
    with table.open(newline="") as lines:
        return tuple(
            CropRow(table.parent / row["file"], row["product"], row["family"], row["role"])
            for row in csv.DictReader(lines)
        )


def large_enough(rows: tuple[CropRow, ...], min_side: int) -> tuple[CropRow, ...]:
    """Leave out photos whose longer side is below `min_side` pixels; read from their headers."""
    if not min_side:
        return rows
    kept = []
    for row in rows:
        with Image.open(row.file) as picture:
            if row.role == "catalogue" or max(picture.size) >= min_side:
                kept.append(row)
    with_photos = {row.product for row in kept if row.role == "photo"}
    return tuple(row for row in kept if row.product in with_photos)


def grocery_store_rows(folder: Path) -> tuple[CropRow, ...]:
    """Read the training split of grocery-store (MIT), without the brands kept for judging.

    A family is a kind of item: all juices, all milks, all apples.
    """
    with (folder / "products.csv").open(newline="") as lines:
        items = {row["class_id"]: row for row in csv.DictReader(lines)}
    seen = {i: row for i, row in items.items() if not row["name"].startswith(UNSEEN_BRANDS)}
    rows = [
        CropRow(folder / row["iconic"], row["name"], row["coarse"], "catalogue")
        for row in seen.values()
    ]
    with (folder / "photos.csv").open(newline="") as lines:
        for photo in csv.DictReader(lines):
            if photo["split"] == "train" and photo["class_id"] in seen:
                item = seen[photo["class_id"]]
                rows.append(CropRow(folder / photo["file"], item["name"], item["coarse"], "photo"))
    return tuple(rows)


def augment(
    image: ByteImage, rng: np.random.Generator, *, tight: bool, shrink: bool = True
) -> ByteImage:
    """Take a picture again: another cut, angle, light, sharpness and resolution.

    Args:
        image: (H, W, 3) RGB.
        rng: source of chance.
        tight: the picture is cut to the product already, so hardly cut it further.
        shrink: also take it from further away, at a quarter of the size at least.
    """
    height, width = image.shape[:2]
    keep = rng.uniform(0.9, 1.04) if tight else rng.uniform(0.6, 1.0)
    centre = np.array([width, height]) / 2 + rng.uniform(-0.5, 0.5, 2) * (1 - min(keep, 1)) * [
        width,
        height,
    ]
    half = np.array([width, height]) * keep / 2
    corners = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners += rng.normal(0, 0.025, (4, 2)) * [width, height]
    angle = np.deg2rad(rng.normal(0, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = (corners - centre) @ turn + centre
    nearness = rng.uniform(0.25, 1.0) if shrink and rng.random() < 0.4 else 1.0
    long_side = min(max(width, height) * keep, 256) * nearness
    out_w, out_h = (
        max(24, round(side * long_side / max(width, height))) for side in (width, height)
    )
    target = np.array([[0, 0], [out_w, 0], [out_w, out_h], [0, out_h]], np.float32)
    transform = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    taken = cv2.warpPerspective(
        image, transform, (out_w, out_h), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    light = taken.astype(np.float32) * rng.uniform(0.7, 1.3) * rng.normal(1, 0.05, 3)
    light += rng.normal(0, rng.uniform(0, 6), light.shape)
    result = light.clip(0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        result = np.asarray(cv2.GaussianBlur(result, (0, 0), rng.uniform(0.4, 1.2)), np.uint8)
    return result


class FamilyBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless batches in which every product has its look-alikes beside it.

    A batch holds `families` families, up to `members` products of each, and of each product one
    catalogue picture and `photos` photos.
    """

    def __init__(
        self,
        rows: tuple[CropRow, ...],
        *,
        families: int,
        members: int,
        photos: int,
        tight: bool,
        seed: int,
        shrink: bool = True,
    ) -> None:
        self.families, self.members, self.photos = families, members, photos
        self.tight, self.shrink, self.seed = tight, shrink, seed
        self.numbers = {name: i for i, name in enumerate(sorted({row.product for row in rows}))}
        self.pictures: dict[tuple[str, str], list[Path]] = defaultdict(list)
        products: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.pictures[row.product, row.role].append(row.file)
            products[row.family].add(row.product)
        self.products = [sorted(names) for _, names in sorted(products.items())]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield pictures (B, 3, 224, 224) and product numbers (B,) for ever."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.seed)
        while True:
            chosen = rng.choice(
                len(self.products), min(self.families, len(self.products)), replace=False
            )
            tensors, labels = [], []
            for family in chosen:
                for product in rng.permutation(self.products[family])[: self.members]:
                    for role in ("catalogue", *["photo"] * self.photos):
                        tensors.append(self.tensor(product, role, rng))
                        labels.append(self.numbers[product])
            yield torch.from_numpy(np.stack(tensors)), torch.tensor(labels)

    def tensor(self, product: str, role: str, rng: np.random.Generator) -> FloatArray:
        """One augmented picture of a product; another role's where it has none of this one."""
        files = self.pictures.get((product, role)) or self.pictures[product, "photo"]
        image = cv2.imread(str(files[int(rng.integers(len(files)))]))
        assert image is not None, "the table names pictures that are there"
        whole = np.ascontiguousarray(image[:, :, ::-1]).astype(np.uint8, copy=False)
        cut = self.tight or role == "catalogue"
        return crop_tensor(
            augment(trim_packshot(whole), rng, tight=cut, shrink=self.shrink), INPUT
        )
