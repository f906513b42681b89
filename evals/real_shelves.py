"""Detection on real shelves: 19 hand-checked pictures of three sources, for evaluation only.

    .venv/bin/python evals/real_shelves.py ../shared/data/shelf-dev [--beside OLDER.json ...]

The eleven photos judge; the eight video frames show two scenes and are reported apart. Price tags
are scored on the ten pictures in which they were annotated. The live detector and whatever other
detectors are named by their manifests are measured on the same pictures in the same run.
Writes evals/results/real-shelves.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.counts import NONE
from facings.evaluate.detection import evaluate_detection
from facings.evaluate.detection_layout import count_marks
from facings.evaluate.truth import Truth, read_truths
from facings.models import open_model
from results_file import write_result

PRICE_TAG = 2
VIDEO_SCENES = {  # the frames of the store walk, by the shelf section they show
    "video scene 1": tuple(f"tiagoapolo-{number:02d}.jpg" for number in range(1, 6)),
    "video scene 2": tuple(f"tiagoapolo-{number:02d}.jpg" for number in range(6, 9)),
}


def price_tags(folder: Path, detector: Detector) -> dict[str, object]:
    """F1 of price tags at IoU 0.5 and the operating threshold."""
    content = json.loads((folder / "annotations.json").read_text())
    images = [each for each in content["images"] if each.get("price_tags_annotated")]
    counts = NONE
    for image in images:
        boxes: dict[bool, list[list[float]]] = {False: [], True: []}
        for each in content["annotations"]:
            if each["image_id"] == image["id"] and each["category_id"] == PRICE_TAG:
                x, y, width, height = each["bbox"]
                boxes[bool(each["iscrowd"])].append([x, y, x + width, y + height])
        tags, ignored = (np.array(boxes[kind], np.float32).reshape(-1, 4) for kind in (False, True))
        file = folder / image["file_name"]
        found = detector.detect(read_picture(file))
        counts += count_marks([Truth(file, tags, ignored)], [found.price_tags], 0.0)
    return {
        "pictures": len(images),
        "n": counts.hits + counts.missed,
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f1@0.5": round(counts.f1, 4),
    }


def measure(detector: Detector, folder: Path) -> dict[str, object]:
    """All figures of one detector."""
    truths = read_truths(folder / "annotations.json", folder)
    frame_names = {name for names in VIDEO_SCENES.values() for name in names}
    frames = [truth for truth in truths if truth.file.name in frame_names]
    photos = [truth for truth in truths if truth.file.name not in frame_names]
    return {
        "photos": evaluate_detection(detector, photos).to_dict(),
        "video frames": evaluate_detection(detector, frames).to_dict(),
        "price tags": price_tags(folder, detector),
    }


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of shelf-dev")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="manifests")
    given = parser.parse_args()
    detector, live = Detector.load(), Detector.load("facings-detector-live")
    older = [Detector(*open_model(each.stem, folder=each.parent)) for each in given.beside]
    write_result(
        "real-shelves",
        {
            "data": "shelf-dev: evaluation only, never trained or tuned on",
            "video scenes": VIDEO_SCENES,
            **measure(detector, given.folder),
            "beside": {
                each.manifest.label: measure(each, given.folder)
                for each in track([live, *older], "others")
            },
        },
        [detector.manifest.label],
    )


if __name__ == "__main__":
    main()
