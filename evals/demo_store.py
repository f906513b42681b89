"""Fresh rendered shelves: products and pictures that no model has seen.

    .venv/bin/python evals/demo_store.py work/fresh-1 work/fresh-2

Each argument is a store rendered by `python -m facings_train.synthetic store OUT --seed N`;
runs/evaluate.sh renders those of the published result. Detection and retrieval are what
`facings eval` says; end to end, whole shelves are scanned against all products of their store.
Writes evals/results/demo-store.json.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from rich.progress import track

from facings.capture import read_picture
from facings.catalogue.gallery import embed_pictures
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.detection import evaluate_detection
from facings.evaluate.detection_layout import count_marks, count_quads, read_layouts
from facings.evaluate.end_to_end import ScanScores, count_shares, read_shelf_truths, score_scans
from facings.evaluate.retrieval import evaluate_retrieval, read_labelled_pictures
from facings.evaluate.truth import read_truths
from facings.evidence.words import open_reader
from facings.recognizer import Recognizer
from facings.rerank import WEIGHTS
from facings.retrieve.build import build_index
from facings.scan import Scan
from facings.settings import Settings
from families import weighing
from results_file import write_result

EVIDENCE = {
    "vectors alone": (),
    "sizes and artwork": ("size_weight", "artwork_weight"),
    "words too": WEIGHTS,
}
"""What is weighed besides the vectors."""


def scan_store(store: Path, home: Path, weighed: tuple[str, ...]) -> list[Scan]:
    """Scan every shelf of a store against its own catalogue."""
    settings = Settings(home=home)
    embedder = Embedder.load()
    with Records.open(settings.resolved_database_url) as records:
        import_products(store / "products.json", records)
        embed_pictures(records, embedder)
        thresholds = weighing(embedder.manifest.thresholds, weighed)
        build_index(records, settings.index_folder, embedder.id, thresholds)
    with Recognizer.open(home, reads_print="words_weight" in weighed) as recognizer:
        shelves = sorted((store / "shelves").glob("*.jpg"))
        return [recognizer.scan(shelf) for shelf in track(shelves, "scanning")]


def end_to_end(stores: list[Path], weighed: tuple[str, ...]) -> dict[str, object]:
    """Outcomes over all stores with some of the evidence."""
    outcomes: list[str] = []
    scores: list[ScanScores] = []
    scans: list[Scan] = []
    for store in stores:
        with tempfile.TemporaryDirectory() as home:
            of_store = scan_store(store, Path(home), weighed)
        score = score_scans(of_store, read_shelf_truths(store / "shelves" / "truth.json"))
        outcomes += score.outcomes
        scores.append(score)
        scans += of_store
    stages = scans[0].latency_ms
    return {
        "shelves": len(scans),
        "facings": len(outcomes),
        "outcomes": count_shares(outcomes),
        "nearest product right": [round(score.nearest_right, 4) for score in scores],
        "pairs rightly on one shelf or two": [round(score.same_shelf, 4) for score in scores],
        "median_latency_ms": {
            stage: round(median(scan.latency_ms[stage] for scan in scans), 2) for stage in stages
        },
    }


def score_layouts(stores: list[Path], detector: Detector) -> dict[str, object]:
    """F1 of quads at IoU 0.7, of price tags and gaps at 0.5, as far as the detector gives them."""
    layouts = [layout for store in stores for layout in read_layouts(store)]
    found = [detector.detect(read_picture(each.products.file)) for each in layouts]
    outputs, counts = detector.manifest.outputs, {}
    if "quads" in outputs:
        counts["quads"] = count_quads(layouts, found, detector.manifest.thresholds["score"])
    if "price_tag_scores" in outputs:
        tags = [each.price_tags for each in layouts]
        counts["price tags"] = count_marks(tags, [each.price_tags for each in found], 0.0)
    if "gap_scores" in outputs:
        gaps = [each.gaps for each in layouts]
        counts["gaps"] = count_marks(gaps, [each.gaps for each in found], 0.0)
    return {
        name: {
            "n": each.hits + each.missed,
            "precision": round(each.precision, 4),
            "recall": round(each.recall, 4),
            "f1": round(each.f1, 4),
        }
        for name, each in counts.items()
    }


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+")
    stores: list[Path] = parser.parse_args().stores
    detector, embedder = Detector.load(), Embedder.load()
    truths = [
        truth
        for store in stores
        for truth in read_truths(store / "shelves" / "truth.json", store / "shelves")
    ]
    retrieval = {
        store.name: evaluate_retrieval(
            read_labelled_pictures(store / "gallery.csv"),
            read_labelled_pictures(store / "queries.csv"),
            embedder,
            None,
            open_reader(),
        ).to_dict()
        for store in stores
    }
    write_result(
        "demo-store",
        {
            "data": "rendered stores with seeds of their own, careful style, 1600x1200",
            "detection": evaluate_detection(detector, truths).to_dict(),
            "fronts, price tags and gaps": score_layouts(stores, detector),
            "retrieval": retrieval,
            "end to end": {name: end_to_end(stores, weighed) for name, weighed in EVIDENCE.items()},
        },
        [detector.manifest.label, embedder.manifest.label],
    )


if __name__ == "__main__":
    main()
