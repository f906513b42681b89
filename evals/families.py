"""Families whose products differ in one flavour word or in size: what each kind of evidence does.

    .venv/bin/python evals/families.py work/fresh-511 work/fresh-512 work/fresh-513

Each argument is a store rendered by `python -m facings_train.synthetic store OUT --seed N
--families 80`, its seed the last number of its name. Facings that the detector finds are held
against all products of their store, with ever more evidence, by the published thresholds. Where the
right product is not first, the error is ambiguous, unknown or wrong. Writes
evals/results/families.json.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.bootstrap import draw_pictures
from facings.evaluate.end_to_end import ShelfTruth, match_boxes, read_shelf_truths
from facings.evidence.artwork import near_pictures, weigh_artwork
from facings.evidence.sizes import weigh_sizes
from facings.evidence.words import PrintReader, lines_on, open_reader, weigh_words
from facings.recognizer import NEAREST
from facings.rectify import rectify
from facings.rerank import WEIGHTS, common_name, rerank
from facings.types import Candidates, Crops, Detections, Embeddings, Evidence
from facings_train.embedder.observe import Gallery, open_gallery
from facings_train.synthetic.products import SyntheticProduct, make_products
from results_file import write_result
from scores_by_product import drawn_mean

FAMILIES = 80
VECTORS_AND_CELLS = ("size_weight", "artwork_weight")
CLOSELY = frozenset({"geometry_weight", "detail_weight", "words_weight"})
"""What takes a second look at a facing: which of these are weighed says what has been looked at."""
KINDS: dict[str, tuple[str, ...]] = {
    "vectors alone": (),
    "sizes": ("size_weight",),
    "artwork": ("artwork_weight",),
    "sizes and artwork": VECTORS_AND_CELLS,
    "geometry too": (*VECTORS_AND_CELLS, "geometry_weight"),
    "detail too": (*VECTORS_AND_CELLS, "geometry_weight", "detail_weight"),
    "words too, no pictures compared": (*VECTORS_AND_CELLS, "words_weight"),
    "words and pictures by blocks, as on a phone": (
        *VECTORS_AND_CELLS,
        "detail_weight",
        "words_weight",
    ),
    "all of it": WEIGHTS,
}
"""What is weighed beside the vectors."""


@dataclass(frozen=True)
class Look:
    """One shelf before `rerank`, and what each kind of evidence took."""

    detections: Detections
    crops: Crops
    candidates: Candidates
    evidence: Evidence
    gtins: tuple[str | None, ...]
    """The right one of each facing; None where nothing that can be judged stands."""
    took_ms: Mapping[str, float]


@dataclass(frozen=True)
class Answer:
    """What was said of one facing."""

    product: SyntheticProduct
    first_is_right: bool
    state: str


def weighing(thresholds: Mapping[str, float], weights: Sequence[str]) -> dict[str, float]:
    """Give all evidence but these no weight, whether pictures are compared or not."""
    silent = set(WEIGHTS) - set(weights)
    return {
        name: 0.0 if common_name(name) in silent else value for name, value in thresholds.items()
    }


def look(truth: ShelfTruth, detector: Detector, embedder: Embedder, gallery: Gallery) -> Look:
    """Run the stages before `rerank` on one shelf."""
    frame = read_picture(truth.file)
    detections = detector.detect(frame)
    crops = rectify(frame, detections)
    embeddings = embedder.embed(crops)
    candidates = gallery.index.search(embeddings, NEAREST)
    evidence, took_ms = weigh(detections, embeddings, candidates, gallery)
    owners = match_boxes(detections.boxes_xyxy, truth.boxes_xyxy).tolist()
    gtins = tuple(truth.gtins[owner] if owner >= 0 else None for owner in owners)
    return Look(detections, crops, candidates, evidence, gtins, took_ms)


def weigh(
    detections: Detections, embeddings: Embeddings, candidates: Candidates, gallery: Gallery
) -> tuple[Evidence, dict[str, float]]:
    """Sizes and artwork, and the milliseconds that each took."""
    started = time.perf_counter()
    sizes = weigh_sizes(detections, candidates, gallery.sizes_mm)
    sized = time.perf_counter()
    near = {each: gallery.artwork[each] for each in near_pictures(candidates)}
    artwork = weigh_artwork(embeddings, candidates, near)
    compared = time.perf_counter()
    took_ms = {"sizes": 1000 * (sized - started), "artwork": 1000 * (compared - sized)}
    return Evidence(sizes, artwork, ({},) * len(candidates)), took_ms


def compare(
    seen: Look, thresholds: Mapping[str, float], gallery: Gallery
) -> tuple[Look, float, int]:
    """Compare pictures of what is not settled; the milliseconds, and how many were.

    What is settled by them tells sizes anew.
    """
    matches = rerank(seen.candidates, seen.evidence, thresholds)
    started = time.perf_counter()
    evidence = gallery.comparison.compare(seen.crops, matches, seen.evidence)
    likely = [each.likeliest for each in rerank(seen.candidates, evidence, thresholds)]
    sizes = weigh_sizes(seen.detections, seen.candidates, gallery.sizes_mm, likely=likely)
    took_ms = 1000 * (time.perf_counter() - started)
    count = sum(map(bool, evidence.geometry))
    return replace(seen, evidence=replace(evidence, size_misfit=sizes)), took_ms, count


def compare_by_blocks(
    seen: Look, thresholds: Mapping[str, float], gallery: Gallery
) -> tuple[Look, float, int]:
    """Compare what is ambiguous as a phone does; the milliseconds, and how many were."""
    matches = rerank(seen.candidates, seen.evidence, thresholds)
    started = time.perf_counter()
    detail = gallery.compare_by_blocks(seen.crops, matches)
    took_ms = 1000 * (time.perf_counter() - started)
    return (
        replace(seen, evidence=replace(seen.evidence, detail=detail)),
        took_ms,
        sum(map(bool, detail)),
    )


def read(
    seen: Look, thresholds: Mapping[str, float], gallery: Gallery, reader: PrintReader | None
) -> tuple[Look, float, int]:
    """Read what is ambiguous by all other evidence; the milliseconds, and how many were read."""
    matches = rerank(seen.candidates, seen.evidence, thresholds)
    started = time.perf_counter()
    words = weigh_words(matches, gallery.labels, lines_on(seen.crops, reader))
    took_ms = 1000 * (time.perf_counter() - started)
    count = sum(match.state == "ambiguous" for match in matches)
    return replace(seen, evidence=replace(seen.evidence, words=words)), took_ms, count


def answers(
    seen: Look, thresholds: Mapping[str, float], products: Mapping[str, SyntheticProduct]
) -> list[Answer]:
    """What is said of the facings of one shelf that can be judged."""
    matches = rerank(seen.candidates, seen.evidence, thresholds)
    return [
        Answer(products[gtin], match.likeliest == gtin, match.state)
        for match, gtin in zip(matches, seen.gtins, strict=True)
        if gtin is not None
    ]


def products_of(store: Path) -> dict[str, SyntheticProduct]:
    """Products of a rendered store, with their families."""
    seed = store.name.split("-")[-1]
    if not seed.isdigit():
        raise SystemExit(f"{store}: name the folder after its seed, such as fresh-511")
    return {each.gtin: each for each in make_products(int(seed), FAMILIES)}


def groups_of(products: Mapping[str, SyntheticProduct]) -> dict[str, frozenset[str]]:
    """GTINs with a sibling that differs in one thing only, by that thing."""
    word, amount, nothing_else = set(), set(), set()
    of_family: dict[int, list[SyntheticProduct]] = {}
    for each in products.values():
        of_family.setdefault(each.family, []).append(each)
    for family in of_family.values():
        for one in family:
            others = [each for each in family if each is not one]
            if any(each.net_content == one.net_content for each in others):
                word.add(one.gtin)
            if any(each.variant == one.variant for each in others):
                amount.add(one.gtin)
            if one.hard and others:
                nothing_else.add(one.gtin)
    return {
        "all facings found": frozenset(products),
        "a sibling of another flavour in the same size": frozenset(word),
        "a sibling of the same flavour in another size": frozenset(amount),
        "families alike but for a word or an amount": frozenset(nothing_else),
    }


def summarise(said: Sequence[Answer]) -> dict[str, object]:
    """Right first with its interval over families, and what the others were called."""
    families = [f"{each.product.brand} {each.product.family}" for each in said]
    _, owner = np.unique(families, return_inverse=True)
    right = np.array([each.first_is_right for each in said])
    metric = drawn_mean(right, owner)
    low, high = np.percentile(metric(draw_pictures(int(owner.max()) + 1, seed=0)), [2.5, 97.5])
    errors = Counter(each.state for each in said if not each.first_is_right)
    states = Counter(each.state for each in said)
    named = sum(each.state == "recognised" and each.first_is_right for each in said)
    return {
        "n": len(said),
        "hit@1": [round(float(each), 4) for each in (right.mean(), low, high)],
        "recognised rightly": round(named / len(said), 4),
        "recognised wrongly": round((states["recognised"] - named) / len(said), 4),
        "not first": {
            "ambiguous": errors["ambiguous"],
            "unknown": errors["unknown"],
            "wrong": errors["recognised"],
        },
    }


class Tally:
    """Collects what is said of all stores, and what it takes."""

    def __init__(self) -> None:
        self.detector, self.embedder, self.reader = Detector.load(), Embedder.load(), open_reader()
        self.took_ms = dict.fromkeys(("sizes", "artwork", "pictures", "blocks", "words"), 0.0)
        self.facings = self.compared = self.by_blocks = self.read = 0
        self.said: dict[str, dict[str, list[Answer]]] = {}

    def add_store(self, store: Path) -> None:
        """Look at every shelf of one store."""
        products = products_of(store)
        groups = groups_of(products)
        with tempfile.TemporaryDirectory() as home:
            gallery = open_gallery(store, self.embedder, Path(home), lambda _product: False)
        if set(gallery.labels) != set(products):
            raise SystemExit(f"{store}: not rendered with its seed and --families {FAMILIES}")
        for truth in track(read_shelf_truths(store / "shelves" / "truth.json"), store.name):
            for kind, answer in self._answers(truth, gallery, products):
                for name, gtins in groups.items():
                    if answer.product.gtin in gtins:
                        self.said.setdefault(name, {}).setdefault(kind, []).append(answer)

    def _answers(
        self, truth: ShelfTruth, gallery: Gallery, products: Mapping[str, SyntheticProduct]
    ) -> Iterator[tuple[str, Answer]]:
        published = dict(self.embedder.manifest.thresholds)
        seen = look(truth, self.detector, self.embedder, gallery)
        compared, compared_ms, count = compare(seen, published, gallery)
        self.compared += count
        words, words_ms, count = read(compared, published, gallery, self.reader)
        words_alone, _, _ = read(seen, published, gallery, self.reader)
        laid, blocks_ms, count_by_blocks = compare_by_blocks(seen, published, gallery)
        self.by_blocks += count_by_blocks
        phone, _, _ = read(laid, published, gallery, self.reader)
        self.facings += len(seen.gtins)
        self.read += count
        costs = {**seen.took_ms, "pictures": compared_ms, "blocks": blocks_ms, "words": words_ms}
        for kind, took_ms in costs.items():
            self.took_ms[kind] += took_ms
        looks = {
            frozenset[str](): seen,
            frozenset({"words_weight"}): words_alone,
            frozenset({"detail_weight", "words_weight"}): phone,
            frozenset({"geometry_weight"}): compared,
            frozenset({"geometry_weight", "detail_weight"}): compared,
            CLOSELY: words,
        }
        for kind, weights in KINDS.items():
            shown = looks[CLOSELY.intersection(weights)]
            for answer in answers(shown, weighing(published, weights), products):
                yield kind, answer

    def to_dict(self) -> dict[str, object]:
        """Costs, then each group of facings with each kind of evidence."""
        return {
            "facings": self.facings,
            "compared": self.compared,
            "compared by blocks": self.by_blocks,
            "read": self.read,
            "ms a facing": {
                **{kind: round(ms / self.facings, 2) for kind, ms in self.took_ms.items()},
                "pictures, of facings compared": round(
                    self.took_ms["pictures"] / max(self.compared, 1), 1
                ),
                "blocks, of facings compared by them": round(
                    self.took_ms["blocks"] / max(self.by_blocks, 1), 1
                ),
                "words, of facings read": round(self.took_ms["words"] / max(self.read, 1), 1),
            },
            **{
                name: {kind: summarise(each) for kind, each in kinds.items()}
                for name, kinds in self.said.items()
            },
        }


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--result", default="families", help="name of the result file")
    arguments = parser.parse_args()
    tally = Tally()
    for store in arguments.stores:
        tally.add_store(store)
    write_result(
        arguments.result,
        {
            "data": f"{len(arguments.stores)} rendered stores, unseen products",
            "intervals": "95 % of draws over families, after hit@1",
            **tally.to_dict(),
        },
        [tally.detector.manifest.label, tally.embedder.manifest.label],
    )


if __name__ == "__main__":
    main()
