r"""Real packages among ten thousand and a million others, beside frozen ImageNet networks.

    .venv-training/bin/python -m facings_train.embedder.baseline lite0 work/lite0-224.onnx
    .venv-training/bin/python -m facings_train.embedder.baseline mobilenetv2 \
        work/mobilenetv2-224.onnx --wheel FOLDER
    .venv-training/bin/python evals/distractors.py ../shared/data/grocery-store work

Queries: the phone photos of grocery-store's packages (test split), cut by the published detector.
Gallery: one catalogue picture of each, or three or ten photos beside it; all other items of the
data set; and the catalogue pictures of 10,000 invented products. For a million, 99 siblings of
each of those: its vector moved by the difference of two members of some family, as another
flavour would be. Each product's own brand is told apart by whether it was trained on.
Ten minutes on two idle cores. Writes evals/results/distractors.json.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.near_ties import compare_artwork, rank_again
from facings.evaluate.open_set import area_under_roc, score_open_set
from facings.evaluate.retrieval import HIT_RANKS, LabelledPicture, true_ranks, wilson_interval
from facings.main_product import MainProductCrop, gallery_crop
from facings.rectify import trim_packshot
from facings.retrieve.exact import ExactIndex
from facings.session import OnnxSession
from facings.types import (
    ByteImage,
    Clues,
    Crops,
    EmbedderId,
    Embeddings,
    Evidence,
    FloatArray,
    Frame,
    IntArray,
)
from facings_train.synthetic.products import make_products
from facings_train.synthetic.views import catalogue_picture
from grocery_store import PHOTOS_A_PACKAGE, UNSEEN_BRANDS, product_of, read_csv, spread
from results_file import write_result

SEED, STORES, FAMILIES = 541, 40, 65  # 65 families are some 260 products
DISTRACTORS, SIBLINGS = 10_000, 99
CROP_SIDES_PX = (0, 120, 200, 10_000)
"""Limits of the shorter side of a query's crop by which hits are told apart."""
IMAGENET = {
    "EfficientNet-Lite0, frozen": ("lite0-224.onnx", (127 / 255,) * 3, (128 / 255,) * 3),
    "MobileNetV2, frozen": (
        "mobilenetv2-224.onnx",
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    ),
}
"""Baselines: file, and the mean and deviation of their input."""


Floats3 = tuple[float, float, float]


Ranks = NDArray[np.float64]
Groups = Mapping[str, NDArray[np.bool_]]
"""Name to which of the queries (Q,)."""
Cut = Callable[[Frame], ByteImage]


@dataclass(frozen=True)
class Sets:
    """What is asked, and among what."""

    query_crops: tuple[ByteImage, ...]
    products: tuple[str, ...]
    """The right one of each query."""
    groups: Groups
    galleries: Mapping[str, Sequence[LabelledPicture]]


@dataclass(frozen=True)
class Invented:
    """Trimmed catalogue pictures of invented products, family by family."""

    crops: tuple[ByteImage, ...]
    family_of: tuple[int, ...]


class FrozenNetwork:
    """Pooled features of an ImageNet network on letterboxed 224 px crops, as unit vectors."""

    def __init__(self, name: str, file: Path, mean: Floats3, std: Floats3) -> None:
        self.id = EmbedderId(name, 1, "0" * 64)
        self._session = OnnxSession.open(file)
        self._mean, self._std = (np.array(each, np.float32)[:, None, None] for each in (mean, std))

    def embed(self, crops: Crops) -> Embeddings:
        """(N, 1280) vectors."""
        rows = []
        for image in crops.images:
            side = max(image.shape[:2])
            square = np.full((side, side, 3), 255, np.uint8)
            top, left = ((side - length) // 2 for length in image.shape[:2])
            square[top : top + image.shape[0], left : left + image.shape[1]] = image
            small = cv2.resize(square, (224, 224), interpolation=cv2.INTER_AREA)
            tensor = (small.transpose(2, 0, 1) / np.float32(255) - self._mean) / self._std
            rows.append(self._session.run({"image": tensor[None].astype(np.float32)})["features"])
        features = np.concatenate(rows)
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        return Embeddings(np.asarray(unit, np.float32), self.id)


Network = Embedder | FrozenNetwork


def invent(number: int) -> Invented:
    """One store of invented products."""
    cv2.setNumThreads(1)
    products = make_products(SEED * 1000 + number, FAMILIES)
    crops = tuple(trim_packshot(catalogue_picture(each)) for each in products)
    return Invented(crops, tuple(number * FAMILIES + each.family for each in products))


def invent_all() -> Iterator[Invented]:
    """Stores rendered on all cores, in order."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        yield from pool.imap(invent, range(STORES))


def joined(parts: Sequence[Embeddings]) -> Embeddings:
    """Embeddings one after the other."""
    artwork = [each.artwork for each in parts if each.artwork is not None]
    vectors = np.concatenate([each.vectors for each in parts])
    return Embeddings(vectors, parts[0].embedder, np.concatenate(artwork) if artwork else None)


def embed_files(network: Network, pictures: Sequence[LabelledPicture], crop: Cut) -> Embeddings:
    """Embed what `crop` takes of each picture."""
    crops = (crop(read_picture(each.file)) for each in track(pictures, "photos"))
    return joined([network.embed(Crops((each,))) for each in crops])


def siblings_above(
    queries: FloatArray, bars: FloatArray, invented: FloatArray, family_of: IntArray
) -> IntArray:
    """How many of the invented products' siblings (Q,) are nearer to each query than its bar."""
    rng = np.random.default_rng(SEED)
    neighbours = np.flatnonzero(family_of[:-1] == family_of[1:])
    steps = invented[neighbours + 1] - invented[neighbours]
    above = np.zeros(len(queries), np.int64)
    for _ in track(range(SIBLINGS), "siblings"):
        signs = rng.choice([-1, 1], len(invented))[:, None]
        moved = invented + signs * steps[rng.integers(len(steps), size=len(invented))]
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        above += (queries @ moved.T >= bars[:, None]).sum(axis=1)
    return above


def hits(ranks: Ranks) -> dict[str, object]:
    """Shares of ranks within 1, 5 and 10, with their 95 % Wilson intervals, and the mean AP."""
    counts = {k: int((ranks <= k).sum()) for k in HIT_RANKS}
    return {
        "n": len(ranks),
        **{
            f"hit@{k}": [
                round(count / len(ranks), 4),
                *np.round(wilson_interval(count, len(ranks)), 4),
            ]
            for k, count in counts.items()
        },
        "mean average precision": round(float((1 / ranks).mean()), 4),
    }


def by_group(ranks: Ranks, groups: Groups) -> dict[str, object]:
    """`hits` of every group that has queries."""
    return {name: hits(ranks[rows]) for name, rows in groups.items() if rows.any()}


def judge(
    asked: Embeddings,
    products: Sequence[str],
    known: Embeddings,
    known_products: Sequence[str],
    groups: Groups,
    thresholds: Mapping[str, float] | None,
) -> dict[str, object]:
    """Hits by the vector alone and, with thresholds, with the artwork of near ties."""
    ranks = true_ranks(asked.vectors, products, known.vectors, known_products)
    similarities = asked.vectors @ known.vectors.T
    is_own = np.asarray(products)[:, None] == np.asarray(known_products)
    own = np.where(is_own, similarities, -1).max(axis=1)
    other = np.where(is_own, -1, similarities).max(axis=1)
    result: dict[str, object] = {
        "by vector": by_group(ranks, groups),
        "auroc by vector": round(area_under_roc(np.maximum(own, other), other), 4),
        "similarity of 1 % false accepts": round(float(np.quantile(other, 0.99)), 4),
    }
    if thresholds is None:
        return result
    index = ExactIndex(known.embedder, known.vectors.shape[1])
    index.add(range(len(known)), known_products, known)
    candidates = index.search(asked, HIT_RANKS[-1])
    artwork = compare_artwork(candidates, asked, known)
    nothing: Clues = ({},) * len(candidates)
    evidence = Evidence(nothing, artwork, nothing)
    ranks = rank_again(ranks, products, candidates, evidence, thresholds)
    open_set = score_open_set(candidates, products, artwork, thresholds)
    assert open_set is not None
    return result | {
        "with artwork": by_group(ranks, groups),
        "auroc": round(open_set.auroc, 4),
        "recognised at 1 % false accepts": round(open_set.recognised, 4),
    }


def measure(network: Network, sets: Sets, invented: Sequence[Invented]) -> dict[str, object]:
    """One network in every gallery."""
    thresholds = network.manifest.thresholds if isinstance(network, Embedder) else None
    asked = joined([network.embed(Crops((crop,))) for crop in sets.query_crops])
    others = joined([network.embed(Crops(store.crops)) for store in track(invented, "invented")])
    family_of = np.concatenate([store.family_of for store in invented])
    others = Embeddings(
        others.vectors[:DISTRACTORS],
        others.embedder,
        None if others.artwork is None else others.artwork[:DISTRACTORS],
    )
    names = [f"invented {number}" for number in range(len(others))]
    result: dict[str, object] = {}
    for title, gallery in sets.galleries.items():
        known = embed_files(network, gallery, gallery_crop)
        products = [each.product_id for each in gallery]
        for count in (0, 1_000, DISTRACTORS):
            part = Embeddings(
                others.vectors[:count],
                others.embedder,
                None if others.artwork is None else others.artwork[:count],
            )
            result[f"{title}, {count:,} others"] = judge(
                asked,
                sets.products,
                joined([known, part]),
                [*products, *names[:count]],
                sets.groups,
                thresholds,
            )
        if thresholds is None:
            continue
        is_own = np.asarray(sets.products)[:, None] == np.asarray(products)
        own = np.where(is_own, asked.vectors @ known.vectors.T, -1).max(axis=1)
        every = joined([known, others])
        ranks = true_ranks(asked.vectors, sets.products, every.vectors, [*products, *names])
        ranks += siblings_above(asked.vectors, own, others.vectors, family_of[:DISTRACTORS])
        million = DISTRACTORS * (SIBLINGS + 1)
        result[f"{title}, {million:,} others"] = {"by vector": by_group(ranks, sets.groups)}
    return result


def read_sets(folder: Path) -> Sets:
    """Queries cut by the detector, and the galleries."""
    items = read_csv(folder / "products.csv")
    gtins = {row["class_id"]: str(product_of(row, folder)["gtin"]) for row in items}
    packaged = {row["class_id"]: row["name"] for row in items if row["group"] == "Packages"}
    photos = [row for row in read_csv(folder / "photos.csv") if row["class_id"] in packaged]

    def labelled(rows: Sequence[Mapping[str, str]], column: str) -> list[LabelledPicture]:
        return [LabelledPicture(folder / row[column], gtins[row["class_id"]]) for row in rows]

    test = [row for row in photos if row["split"] == "test"]
    shot = [row for row in photos if row["split"] == "train"]
    catalogue = labelled(items, "iconic")
    cut = MainProductCrop(Detector.load())
    queries = labelled(test, "file")
    crops = tuple(cut(read_picture(each.file)) for each in track(queries, "cutting"))
    sides = np.array([min(crop.shape[:2]) for crop in crops])
    unseen = np.array([packaged[row["class_id"]].startswith(UNSEEN_BRANDS) for row in test])
    sizes = {
        f"shorter side {low} to {high} px": (sides >= low) & (sides < high)
        for low, high in pairwise(CROP_SIDES_PX)
    }
    return Sets(
        crops,
        tuple(each.product_id for each in queries),
        {"all": unseen | True, "unseen brands": unseen, "brands of version 1": ~unseen, **sizes},
        {
            "one catalogue picture": catalogue,
            **{
                f"{count} photos beside it": [*catalogue, *labelled(spread(shot, count), "file")]
                for count in PHOTOS_A_PACKAGE
            },
        },
    )


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of grocery-store")
    parser.add_argument("baselines", type=Path, help="folder of the baselines' graphs")
    arguments = parser.parse_args()
    sets = read_sets(arguments.folder)
    invented = list(track(invent_all(), "inventing", total=STORES))
    embedder = Embedder.load()
    networks: dict[str, Network] = {embedder.manifest.label: embedder}
    for name, (file, mean, std) in IMAGENET.items():
        networks[name] = FrozenNetwork(name, arguments.baselines / file, mean, std)
    write_result(
        "distractors",
        {
            "data": "grocery-store, test split of the 20 packaged products, cut by the detector",
            "intervals": "95 % Wilson, after each share",
            **{name: measure(network, sets, invented) for name, network in networks.items()},
        },
        [Detector.load().manifest.label, embedder.manifest.label],
    )


if __name__ == "__main__":
    main()
