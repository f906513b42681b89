"""Find the published detector's thresholds on pictures that it was not trained on.

    python -m facings_train.calibrate STORE... --held-out FOLDER --weights src/facings/weights

STORE is a rendered store, FOLDER what `facings_train.detector.own --held-out` wrote.
The score is the one with the best mean of two F1 at IoU 0.7, that on the stores' shelves and that
on the held-out photographs; for gaps the best F1 at IoU 0.5 on the shelves, for price tags the
lowest score that comes near it.
Rewrites its manifest; `facings_train.embedder.calibrate` comes after.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.detection import f1_score
from facings.evaluate.detection_layout import count_marks, read_layouts
from facings.evaluate.truth import Truth
from facings.models import Manifest, open_model, write_manifest
from facings.session import Session
from facings.types import Detections
from facings_train.detector.data import MIN_VISIBLE_SHARE

TAG_TOLERANCE = 0.02
"""Of F1. Nobody drew the price tags of real photographs, where a detector is less sure of them than
on rendered shelves: the lowest of the scores that do about equally well there."""
SCORES = np.round(np.arange(0.2, 0.71, 0.02), 2)


def best_scores(
    stores: Sequence[Path], photos: Sequence[Truth], manifest: Manifest, session: Session
) -> dict[str, float]:
    """Scores from which products, price tags and gaps count: see the module's docstring."""
    layouts = [layout for store in stores for layout in read_layouts(store)]
    shelves = [layout.products for layout in layouts]
    lowest = float(SCORES[0])
    thresholds = {
        name: lowest if "score" in name else value for name, value in manifest.thresholds.items()
    }
    eager = Detector(manifest.model_copy(update={"thresholds": thresholds}), session)

    def detect(truth: Truth) -> Detections:
        return eager.detect(read_picture(truth.file), min_score=lowest)

    found = [detect(truth) for truth in track(shelves, "rendered shelves")]
    on_photos = [detect(truth) for truth in track(photos, "photographs")]

    def best(f1: Callable[[float], float]) -> float:
        return float(max(map(float, SCORES), key=f1))

    def lowest_good(f1: Callable[[float], float]) -> float:
        wanted = max(map(f1, map(float, SCORES))) - TAG_TOLERANCE
        return min(score for score in map(float, SCORES) if f1(score) >= wanted)

    tags, gaps = [each.price_tags for each in layouts], [each.gaps for each in layouts]
    found_tags, found_gaps = [each.price_tags for each in found], [each.gaps for each in found]
    found_scores = {
        "score": best(
            lambda score: (
                f1_score(shelves, found, score, 0.7) + f1_score(photos, on_photos, score, 0.7)
            )
        ),
        "price_tag_score": lowest_good(lambda score: count_marks(tags, found_tags, score).f1),
        "gap_score": best(lambda score: count_marks(gaps, found_gaps, score).f1),
    }
    return {name: score for name, score in found_scores.items() if name in manifest.thresholds}


def read_photos(folder: Path) -> list[Truth]:
    """The products of a training folder; hidden ones are crowds."""
    truths = []
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        boxes = np.array(row["boxes_xyxy"], np.float32).reshape(-1, 4)
        clear = np.array(row["visible_share"]) >= MIN_VISIBLE_SHARE
        truths.append(Truth(folder / row["file"], boxes[clear], boxes[~clear]))
    return truths


def main() -> None:
    """Find them and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+", help="folders of rendered stores")
    parser.add_argument("--detector", default="facings-detector", help="name of its manifest")
    parser.add_argument("--held-out", type=Path, required=True, help="photographs with boxes")
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()

    manifest, session = open_model(arguments.detector)
    scores = best_scores(arguments.stores, read_photos(arguments.held_out), manifest, session)
    thresholds = {**manifest.thresholds, **scores}
    write_manifest(manifest.model_copy(update={"thresholds": thresholds}), arguments.weights)
    print(f"{manifest.label}: {thresholds}")


if __name__ == "__main__":
    main()
