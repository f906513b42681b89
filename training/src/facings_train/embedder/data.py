"""Crops on disk, their augmentation, and the batches the embedder learns from.

A data set is one table, `crops.csv`: `file` (relative to the table), `product` (any text),
`family` (products that are easily taken for one another) and `role`: `catalogue` for a packshot,
`cut` for a photo cut to the product.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from facings.models import InputSpec
from facings.rectify import trim_packshot
from facings.tensor import crop_canvas
from facings.types import ByteImage, FloatArray

INPUT = InputSpec(
    name="image", layout="NCHW", size_wh=(192, 256), color="RGB", resize="halfway",
    mean=(127 / 255,) * 3, std=(128 / 255,) * 3, pad_value=127,
)  # fmt: skip
"""Of the published manifest; mean and std are those EfficientNet-Lite was trained with."""

LONGEST_PX = 320  # of a picture taken again: what the input can show of a slim pack


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


def write_table(table: Path, rows: Iterable[CropRow]) -> None:
    """Write `crops.csv`; files outside its folder by their absolute path."""
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("file", "product", "family", "role"))
        for row in rows:
            inside = row.file.is_relative_to(table.parent)
            file = row.file.relative_to(table.parent) if inside else row.file.resolve()
            writer.writerow((file, row.product, row.family, row.role))


def augment(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Take a picture again: another cut, angle, light, sharpness and resolution.

    Args:
        image: (H, W, 3) RGB.
        rng: source of chance.
    """
    taken = retake(image, rng)
    if rng.random() < 0.2:
        cover_edge(taken, rng)
    result = relight(taken, rng)
    if rng.random() < 0.25:
        result = np.asarray(cv2.GaussianBlur(result, (0, 0), rng.uniform(0.4, 1.2)), np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(30, 90))
        _, packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, quality])
        result = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return result


def relight(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Another exposure, white balance, contrast and saturation, shade across, glare and noise."""
    light = image.astype(np.float32)
    if rng.random() < 0.3:
        grey = light.mean(2, keepdims=True)
        light = grey + (light - grey) * np.float32(rng.uniform(0.5, 1.4))
    if rng.random() < 0.3:
        light = 255 * (light / 255).clip(0, 1) ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    light *= (rng.uniform(0.7, 1.3) * rng.normal(1, 0.05, 3)).astype(np.float32)
    if rng.random() < 0.4:
        light *= _shade(image.shape[:2], rng)
    if rng.random() < 0.15:
        light += _glare(image.shape[:2], rng)
    light += rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0, 6))
    return light.clip(0, 255).astype(np.uint8)


def _shade(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Factors (H, W, 1) that fall in one direction, to a half at most."""
    rows, columns = np.linspace(0, 1, shape[0]), np.linspace(0, 1, shape[1])
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * columns[None] + np.sin(angle) * rows[:, None]
    across = (across - across.min()) / (np.ptp(across) + 1e-6)
    return np.asarray((1 - rng.uniform(0.1, 0.5) * across)[..., None], np.float32)


def _glare(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Grey levels (H, W, 1) that a lamp's reflection adds: a soft spot or streak."""
    rows, columns = np.linspace(0, 1, shape[0])[:, None], np.linspace(0, 1, shape[1])[None]
    y, x = rng.uniform(0, 1, 2)
    tall, wide = np.exp(rng.uniform(np.log(0.05), np.log(0.6), 2))
    spot = np.exp(-(((rows - y) / tall) ** 2) - ((columns - x) / wide) ** 2)
    return np.asarray((rng.uniform(40, 200) * spot)[..., None], np.float32)


def retake(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Cut, turn and tilt a picture, and set its resolution."""
    size_wh = np.array([image.shape[1], image.shape[0]])
    keep = rng.uniform(0.9, 1.04)
    low = rng.uniform(0, 1, 2) * (1 - min(keep, 1)) * size_wh
    high = low + keep * size_wh
    if rng.random() < 0.15:
        # The edge of the frame cuts a pack.
        side, axis, share = rng.integers(2), rng.integers(2), rng.uniform(0.1, 0.3)
        (low if side else high)[axis] += (share if side else -share) * size_wh[axis]
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    corners += rng.normal(0, 0.025, (4, 2)) * size_wh
    angle = np.deg2rad(rng.normal(0, 15 if rng.random() < 0.2 else 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = (low + high) / 2
    corners = (corners - centre) @ turn + centre
    nearness = rng.uniform(0.25, 1.0) if rng.random() < 0.3 else 1.0
    cut_wh = high - low
    scale = min(1.0, LONGEST_PX / cut_wh.max()) * nearness
    out_w, out_h = (max(24, round(float(side) * scale)) for side in cut_wh)
    target = np.array([[0, 0], [out_w, 0], [out_w, out_h], [0, out_h]], np.float32)
    transform = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    taken = cv2.warpPerspective(
        image, transform, (out_w, out_h), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(taken, np.uint8)


def cover_edge(image: ByteImage, rng: np.random.Generator) -> None:
    """Paint over the foot or one side of a picture, as a rail or a neighbour stands before it."""
    height, width = image.shape[:2]
    share = rng.uniform(0.05, 0.25)
    color = rng.integers(0, 256, 3)
    edge = rng.choice(["foot", "foot", "left", "right"])
    if edge == "foot":
        image[height - round(share * height) :] = color
    elif edge == "left":
        image[:, : round(share * width)] = color
    else:
        image[:, width - round(share * width) :] = color


class FamilyBatches:
    """Endless batches in which every product has its look-alikes beside it.

    A batch holds `families` families, up to `members` products of each, and of each product one
    catalogue picture and `photos` others.
    """

    def __init__(
        self, rows: tuple[CropRow, ...], *, families: int, members: int, photos: int, seed: int
    ) -> None:
        self.families, self.members, self.photos, self.seed = families, members, photos, seed
        self.numbers = {name: i for i, name in enumerate(sorted({row.product for row in rows}))}
        self.packshots: dict[str, list[int]] = defaultdict(list)
        self.views: dict[str, list[int]] = defaultdict(list)
        products: dict[str, set[str]] = defaultdict(set)
        for index, row in enumerate(rows):
            kind = self.packshots if row.role == "catalogue" else self.views
            kind[row.product].append(index)
            products[row.family].add(row.product)
        self.products = [sorted(names) for _, names in sorted(products.items())]

    def __iter__(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield row indices (B,) and product numbers (B,) for ever."""
        rng = np.random.default_rng(self.seed)
        while True:
            chosen = rng.choice(
                len(self.products), min(self.families, len(self.products)), replace=False
            )
            indices, labels = [], []
            for family in chosen:
                for product in rng.permutation(self.products[family])[: self.members]:
                    packshots, views = self.packshots[product], self.views[product]
                    for pictures in (packshots or views, *[views or packshots] * self.photos):
                        indices.append(pictures[int(rng.integers(len(pictures)))])
                        labels.append(self.numbers[product])
            yield indices, labels


def draw(row: CropRow, rng: np.random.Generator) -> ByteImage:
    """One picture of the table, taken again; any size, RGB."""
    image = cv2.imread(str(row.file))
    assert image is not None, "the table names pictures that are there"
    whole = np.ascontiguousarray(image[:, :, ::-1]).astype(np.uint8, copy=False)
    return augment(trim_packshot(whole), rng)


@dataclass(frozen=True)
class CropSource:
    """A table and what each batch takes from it: see `FamilyBatches`."""

    table: Path
    families: int
    members: int
    photos: int


class CropStream(IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """Endless batches of crops taken again, put together from several tables."""

    def __init__(self, sources: Sequence[CropSource], seed: int) -> None:
        self.sources, self.seed = tuple(sources), seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield uint8 crops (B, 256, 192, 3) and product numbers (B,) for ever."""
        cv2.setNumThreads(0)
        process = get_worker_info()
        seed = self.seed * 1009 + (process.id if process else 0)
        rng = np.random.default_rng(seed)
        tables = [read_table(source.table) for source in self.sources]
        streams = [
            iter(
                FamilyBatches(
                    rows,
                    families=source.families,
                    members=source.members,
                    photos=source.photos,
                    seed=seed + at,
                )
            )
            for at, (source, rows) in enumerate(zip(self.sources, tables, strict=True))
        ]
        while True:
            crops: list[ByteImage] = []
            products: list[int] = []
            first = 0
            for rows, stream in zip(tables, streams, strict=True):
                indices, numbers = next(stream)
                crops += [crop_canvas(draw(rows[index], rng), INPUT) for index in indices]
                products += [first + number for number in numbers]
                first += len(rows)
            yield torch.from_numpy(np.stack(crops)), torch.tensor(products)
