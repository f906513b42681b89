"""Find the published models' thresholds on rendered shelves that no model was trained on.

    python -m facings_train.calibrate STORE... --weights src/facings/weights

Detector: the lowest score within a point of the best F1 at IoU 0.7. Embedder: what
`facings.evaluate.calibration` finds, with a fifth of the product lines missing from the gallery
so that unknown products count.
Rewrites the two manifests.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture
from facings.catalogue.gallery import embed_pictures
from facings.catalogue.gtin import gtin14
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.calibration import Observation, calibrate
from facings.evaluate.detection import f1_score
from facings.evaluate.end_to_end import ShelfTruth, match_boxes, read_shelf_truths
from facings.evaluate.truth import read_truths
from facings.evidence import weigh_sizes
from facings.models import open_manifest, write_manifest
from facings.recognizer import NEAREST
from facings.rectify import rectify
from facings.retrieve.exact import ExactIndex

SCORES = np.round(np.arange(0.2, 0.71, 0.02), 2)
F1_TO_SPARE = 0.01  # given up for photographs, on which everything scores lower
PRECISION = 0.98  # wanted of what is called recognised


def best_score(stores: Sequence[Path], detector: Detector) -> float:
    """Lowest score whose F1 at IoU 0.7 over the stores' shelves is nearly the best."""
    truths = [
        truth
        for store in stores
        for truth in read_truths(store / "shelves" / "truth.json", store / "shelves")
    ]
    found = [
        detector.detect(read_picture(truth.file), min_score=float(SCORES[0]))
        for truth in track(truths, "detecting")
    ]
    f1 = np.array([f1_score(truths, found, float(score), 0.7) for score in SCORES])
    return float(SCORES[np.flatnonzero(f1 >= f1.max() - F1_TO_SPARE)[0]])


def is_left_out(product: dict[str, object]) -> bool:
    """A fifth of the lines, by brand and kind, whatever the order."""
    line = f"{product['brand']} {product['category']}"
    return zlib.crc32(line.encode()) % 5 == 0


@dataclass(frozen=True)
class Gallery:
    """The products of one store that the index knows."""

    index: ExactIndex
    sizes_mm: dict[str, tuple[float, float]]
    gtins: frozenset[str]


def open_gallery(store: Path, embedder: Embedder, home: Path) -> Gallery:
    """Import and embed four fifths of a store's lines."""
    products = json.loads((store / "products.json").read_text())
    kept = [product for product in products if not is_left_out(product)]
    for product in kept:
        for picture in product["pictures"]:
            picture["file"] = str((store / picture["file"]).resolve())
    table = home / "products.json"
    table.write_text(json.dumps(kept))
    index = ExactIndex(embedder.id, embedder.dim)
    gtins = frozenset(gtin14(product["gtin"]) for product in kept)
    with Records.open(f"sqlite:///{home / 'records.db'}") as records:
        import_products(table, records)
        embed_pictures(records, embedder)
        for batch in records.embeddings(embedder.id):
            index.add(batch.picture_ids, batch.gtins, batch.embeddings)
        return Gallery(index, records.sizes_mm(gtins), gtins)


def observe(
    truth: ShelfTruth, detector: Detector, embedder: Embedder, gallery: Gallery
) -> list[Observation]:
    """Run the stages before `rerank` on one shelf, for facings that are there."""
    frame = read_picture(truth.file)
    detections = detector.detect(frame)
    candidates = gallery.index.search(embedder.embed(rectify(frame, detections)), NEAREST)
    evidence = weigh_sizes(detections, candidates, gallery.sizes_mm)
    owner = match_boxes(detections.boxes_xyxy, truth.boxes_xyxy)
    return [
        Observation(
            candidates.per_crop[i],
            evidence.size_misfit[i],
            truth.gtins[owner[i]] if truth.gtins[owner[i]] in gallery.gtins else None,
        )
        for i in np.flatnonzero(owner >= 0)
    ]


def main() -> None:
    """Calibrate the detector, then the embedder behind it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+", help="folders of rendered stores")
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()

    detector = Detector.load()
    thresholds = dict(detector.manifest.thresholds) | {
        "score": best_score(arguments.stores, detector)
    }
    write_manifest(
        detector.manifest.model_copy(update={"thresholds": thresholds}), arguments.weights
    )
    print(f"{detector.manifest.label}: {thresholds}")

    detector, embedder = Detector.load(), Embedder.load()
    observations: list[Observation] = []
    for store in arguments.stores:
        with tempfile.TemporaryDirectory() as home:
            gallery = open_gallery(store, embedder, Path(home))
        truths = read_shelf_truths(store / "shelves" / "truth.json")
        for truth in track(truths, "recognising"):
            observations += observe(truth, detector, embedder, gallery)
    found = calibrate(observations, PRECISION)
    manifest = open_manifest(embedder.manifest.name).model_copy(update={"thresholds": found})
    write_manifest(manifest, arguments.weights)
    print(f"{embedder.manifest.label}: {found} from {len(observations)} facings")


if __name__ == "__main__":
    main()
