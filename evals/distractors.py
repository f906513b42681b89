r"""Packages among ten thousand and a million others, beside frozen ImageNet networks.

    .venv/bin/python evals/distractors.py ../shared/data/grocery-store work
    FACINGS_WEIGHTS=work/next .venv/bin/python evals/distractors.py ... --result distractors-next

Asked: test photos of grocery-store's packages, and facings of fresh rendered stores (work/fresh-*),
both cut by the detector. Gallery: one catalogue picture of each product, or more; all other
items of the data; and the catalogue pictures of 10,000 invented products (work/invented, rendered
when they are not there). For a million, 99 siblings of each of those: its vector moved by the
difference of two members of some family, as another flavour would be. Nothing is trained or chosen
by this. docs/concepts/telling-apart.md says how to read it. Writes evals/results/distractors.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from distractor_sets import Sets, real_packages, rendered_shelves
from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.near_ties import compare_artwork, rank_again
from facings.evaluate.open_set import best_chances
from facings.evaluate.retrieval import HIT_RANKS, LabelledPicture, true_ranks
from facings.main_product import gallery_crop
from facings.retrieve.exact import ExactIndex
from facings.straighten import best_look
from facings.types import (
    Candidates,
    Clues,
    Crops,
    Embeddings,
    Evidence,
    FloatArray,
    IntArray,
    join_embeddings,
)
from frozen_network import IMAGENET, FrozenNetwork
from invented import SEED, Invented, invented_products
from results_file import write_result
from scores_by_product import (
    Floats,
    Outcomes,
    differences,
    folds_by_brand,
    folds_by_product,
    over_folds,
    summarise,
)

SIBLINGS = 99
COUNTS = (0, 1_000, 10_000)
_BATCH = 32

Network = Embedder | FrozenNetwork
Found = dict[str, Outcomes]
"""Gallery, number of others and kind of evidence to what came of all queries."""


@dataclass(frozen=True)
class Known:
    """A gallery with others, embedded."""

    embeddings: Embeddings
    products: tuple[str, ...]
    brands: tuple[str, ...]
    """Of each picture; an invented family is a brand of its own."""


def embed_files(network: Network, files: Sequence[Path], title: str, *, cut: bool) -> Embeddings:
    """Embed pictures of one product each, cut as a gallery's where they are not cut yet."""
    parts = []
    for start in track(range(0, len(files), _BATCH), title):
        images = [read_picture(file) for file in files[start : start + _BATCH]]
        crops = tuple(gallery_crop(each) if cut else each.image for each in images)
        parts.append(network.embed(Crops(crops)))
    return join_embeddings(parts)


def ask(
    asked: Embeddings,
    products: tuple[str, ...],
    known: Known,
    brand_of: Mapping[str, str],
    thresholds: Mapping[str, float] | None,
) -> Iterator[tuple[str, Outcomes]]:
    """Look everything up by the vector alone and, with thresholds, with the artwork too."""
    is_own = np.asarray(products)[:, None] == np.asarray(known.products)
    brands = np.asarray([brand_of[product] for product in products])
    is_kin = brands[:, None] == np.asarray(known.brands)
    similarities = asked.vectors @ known.embeddings.vectors.T
    ranks = true_ranks(asked.vectors, products, known.embeddings.vectors, known.products)
    without = [similarities.max(axis=1)]
    without += [np.where(hidden, -1, similarities).max(axis=1) for hidden in (is_own, is_kin)]
    yield "by vector", Outcomes(products, ranks, *(each.astype(np.float64) for each in without))
    if thresholds is None:
        return
    index = ExactIndex(asked.embedder, asked.vectors.shape[1])
    index.add(range(len(known.products)), known.products, known.embeddings)
    nearest = index.search(asked, 10 * HIT_RANKS[-1])  # enough are left without a whole brand
    first = _first(nearest, [frozenset[int]()] * len(products))
    artwork = compare_artwork(first, asked, known.embeddings, known.products)
    nothing: Clues = ({},) * len(first)
    evidence = Evidence(nothing, artwork, nothing)
    chances = [best_chances(first, artwork, thresholds)]
    for hidden in (is_own, is_kin):
        rest = _first(nearest, [frozenset(np.flatnonzero(row).tolist()) for row in hidden])
        likeness = compare_artwork(rest, asked, known.embeddings, known.products)
        chances.append(best_chances(rest, likeness, thresholds))
    again = rank_again(ranks, products, first, evidence, thresholds)
    yield "with artwork", Outcomes(products, again, *chances)


def _first(nearest: Candidates, hidden: Sequence[frozenset[int]]) -> Candidates:
    """The first candidates that are not hidden: pictures of a query's own product or brand."""
    return Candidates(
        tuple(
            tuple(each for each in per_crop if each.picture_id not in rows)[: HIT_RANKS[-1]]
            for per_crop, rows in zip(nearest.per_crop, hidden, strict=True)
        )
    )


def among_siblings(
    queries: FloatArray, bars: FloatArray, invented: FloatArray, family_of: IntArray
) -> tuple[IntArray, Floats]:
    """Hold the queries (G, Q, D) of each gallery against SIBLINGS of every invented product.

    Returns:
        (G, Q) how many are nearer than each of the `bars` (G, Q), and the nearest one's similarity.
    """
    rng = np.random.default_rng(SEED)
    neighbours = np.flatnonzero(family_of[:-1] == family_of[1:])
    steps = invented[neighbours + 1] - invented[neighbours]
    above = np.zeros(bars.shape, np.int64)
    best = np.full(bars.shape, -1.0)
    for _ in track(range(SIBLINGS), "siblings"):
        signs = rng.choice([-1, 1], len(invented))[:, None]
        moved = invented + signs * steps[rng.integers(len(steps), size=len(invented))]
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        found = queries @ moved.astype(np.float32).T
        above += (found >= bars[:, :, None]).sum(axis=2)
        best = np.maximum(best, found.max(axis=2))
    return above, best


def look_up(
    network: Network, sets: Sets, invented: Sequence[Invented], others: Embeddings
) -> Found:
    """One network in every gallery with every number of others."""
    thresholds = network.manifest.thresholds if isinstance(network, Embedder) else None
    files = list(dict.fromkeys(each.file for rows in sets.galleries.values() for each in rows))
    pictures = embed_files(network, files, "gallery", cut=True)
    looks = [network.embed(Crops(each)) for each in track(sets.asked.looks, "queries")]
    row_of = {file: row for row, file in enumerate(files)}
    found: Found = {}
    asked, own = [], []
    for title, gallery in sets.galleries.items():
        known = pictures.take([row_of[each.file] for each in gallery])
        is_own = np.asarray(sets.asked.products)[:, None] == [each.product_id for each in gallery]
        for count in COUNTS:
            among = _among(known, gallery, sets.brand_of, invented[:count], others)
            best = join_embeddings([best_look(each, among.embeddings) for each in looks])
            for kind, outcomes in ask(best, sets.asked.products, among, sets.brand_of, thresholds):
                found[f"{title}, {count:,} others, {kind}"] = outcomes
        asked.append(best.vectors)
        own.append(np.where(is_own, best.vectors @ known.vectors.T, -1).max(axis=1))
    family_of = np.array([each.family for each in invented])
    above, best_others = among_siblings(np.stack(asked), np.stack(own), others.vectors, family_of)
    million = COUNTS[-1] * (SIBLINGS + 1)
    for title, nearer, most in zip(sets.galleries, above, best_others, strict=True):
        few = found[f"{title}, {COUNTS[-1]:,} others, by vector"]
        scores = (few.known, few.unknown, few.stranger)
        found[f"{title}, {million:,} others, by vector"] = Outcomes(
            few.products, few.ranks + nearer, *(np.maximum(each, most) for each in scores)
        )
    return found


def _among(
    known: Embeddings,
    gallery: Sequence[LabelledPicture],
    brand_of: Mapping[str, str],
    invented: Sequence[Invented],
    others: Embeddings,
) -> Known:
    products = [each.product_id for each in gallery]
    return Known(
        join_embeddings([known, others.take(range(len(invented)))]),
        (*products, *(f"invented {number}" for number in range(len(invented)))),
        (*(brand_of[each] for each in products), *(f"family {each.family}" for each in invented)),
    )


def report(found: Found, sets: Sets, baselines: Mapping[str, Found]) -> dict[str, object]:
    """Everything with intervals; how it differs from the baselines by the vector alone.

    Sizes, tilts and occlusion are told apart for one gallery size, and for what is judged alone.
    """
    groups = {
        name: rows for name, rows in sets.asked.groups.items() if baselines or "brand" in name
    }
    every, detailed = {"all": sets.asked.groups["all"]}, f" {COUNTS[-1]:,} others"
    result: dict[str, object] = {}
    folds = {
        "folds disjoint by product": folds_by_product(sets.asked.products, sets.brand_of),
        "folds disjoint by brand": folds_by_brand(sets.asked.products, sets.brand_of),
    }
    for title, outcomes in track(found.items(), "drawing"):
        result[title] = {
            **{
                name: summarise(outcomes.of(rows))
                for name, rows in (every | groups if detailed in title else every).items()
            },
            **{name: over_folds(outcomes, fold_of.__getitem__) for name, fold_of in folds.items()},
            "score that 1 % of unknown products pass": round(
                float(np.quantile(outcomes.unknown, 0.99)), 4
            ),
            **{
                f"above {name}": differences(outcomes, theirs[title])
                for name, theirs in baselines.items()
                if title in theirs
            },
        }
    return result


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of grocery-store")
    parser.add_argument("work", type=Path, help="folder of the baselines and the rendered stores")
    parser.add_argument("--result", default="distractors", help="name of the result file")
    arguments = parser.parse_args()
    stores = sorted(arguments.work.glob("fresh-*"))
    if not stores:
        raise SystemExit(f"{arguments.work} has no fresh-*: runs/evaluate.sh renders them")
    if not (arguments.folder / "products.csv").exists():
        raise SystemExit(f"{arguments.folder} has no products.csv: see docs/data/grocery-store.md")
    frozen = {name: FrozenNetwork.open(name, arguments.work) for name in IMAGENET}
    detector, embedder = Detector.load(), Embedder.load()
    invented = invented_products(arguments.work / "invented")
    asked = {
        "real packages": real_packages(arguments.folder, detector),
        "rendered shelves": rendered_shelves(stores, detector),
    }
    files = [each.file for each in invented]
    networks: dict[str, Network] = {**frozen, embedder.manifest.label: embedder}
    found: dict[str, dict[str, Found]] = {title: {} for title in asked}
    for name, network in networks.items():
        others = embed_files(network, files, f"{name}: others", cut=False)
        for title, sets in asked.items():
            found[title][name] = look_up(network, sets, invented, others)
    write_result(
        arguments.result,
        {
            "intervals": "95 % of draws over products, after each value",
            **{
                title: {
                    "data": sets.data,
                    **{
                        name: report(
                            found[title][name],
                            sets,
                            {}
                            if name in frozen
                            else {other: found[title][other] for other in frozen},
                        )
                        for name in networks
                    },
                }
                for title, sets in asked.items()
            },
        },
        [detector.manifest.label, embedder.manifest.label],
    )


if __name__ == "__main__":
    main()
