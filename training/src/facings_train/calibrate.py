"""Find the published models' thresholds on pictures that no model was trained on.

    python -m facings_train.calibrate STORE... --held-out FOLDER --weights src/facings/weights

STORE is a rendered store, FOLDER what `facings_train.detector.own --held-out` wrote.
Detector: the score with the best mean of two F1 at IoU 0.7, that on the stores' shelves and that on
the held-out photographs; for price tags and gaps, the best F1 at IoU 0.5 on the shelves.
Embedder: what `facings.evaluate.calibration` finds, with a fifth of the product lines missing from
the gallery so that unknown products count.
Rewrites the two manifests.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections.abc import Callable, Sequence
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
from facings.evaluate.detection_layout import count_marks, read_layouts
from facings.evaluate.end_to_end import ShelfTruth, match_boxes, read_shelf_truths
from facings.evaluate.truth import Truth
from facings.evidence import weigh_sizes
from facings.models import Manifest, open_manifest, open_model, write_manifest
from facings.recognizer import NEAREST
from facings.rectify import rectify
from facings.retrieve.exact import ExactIndex
from facings.session import Session
from facings.types import Detections
from facings_train.detector.data import MIN_VISIBLE_SHARE

SCORES = np.round(np.arange(0.2, 0.71, 0.02), 2)
PRECISION = 0.98  # wanted of what is called recognised


def best_scores(
    stores: Sequence[Path], photos: Sequence[Truth], manifest: Manifest, session: Session
) -> dict[str, float]:
    """Scores from which products, price tags and gaps count: see the module's docstring."""
    layouts = [layout for store in stores for layout in read_layouts(store)]
    shelves = [layout.products for layout in layouts]
    lowest = float(SCORES[0])
    thresholds = {**manifest.thresholds, "price_tag_score": lowest, "gap_score": lowest}
    eager = Detector(manifest.model_copy(update={"thresholds": thresholds}), session)

    def detect(truth: Truth) -> Detections:
        return eager.detect(read_picture(truth.file), min_score=lowest)

    found = [detect(truth) for truth in track(shelves, "rendered shelves")]
    on_photos = [detect(truth) for truth in track(photos, "photographs")]

    def best(f1: Callable[[float], float]) -> float:
        return float(max(map(float, SCORES), key=f1))

    tags, gaps = [each.price_tags for each in layouts], [each.gaps for each in layouts]
    found_tags, found_gaps = [each.price_tags for each in found], [each.gaps for each in found]
    return {
        "score": best(
            lambda score: (
                f1_score(shelves, found, score, 0.7) + f1_score(photos, on_photos, score, 0.7)
            )
        ),
        "price_tag_score": best(lambda score: count_marks(tags, found_tags, score).f1),
        "gap_score": best(lambda score: count_marks(gaps, found_gaps, score).f1),
    }


def read_photos(folder: Path) -> list[Truth]:
    """The products of a training folder; hidden ones are crowds."""
    truths = []
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        boxes = np.array(row["boxes_xyxy"], np.float32).reshape(-1, 4)
        clear = np.array(row["visible_share"]) >= MIN_VISIBLE_SHARE
        truths.append(Truth(folder / row["file"], boxes[clear], boxes[~clear]))
    return truths


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
    parser.add_argument("--held-out", type=Path, required=True, help="photographs with boxes")
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()

    manifest, session = open_model("facings-detector")
    scores = best_scores(arguments.stores, read_photos(arguments.held_out), manifest, session)
    thresholds = {**manifest.thresholds, **scores}
    write_manifest(manifest.model_copy(update={"thresholds": thresholds}), arguments.weights)
    print(f"{manifest.label}: {thresholds}")

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
