"""The loop's own steps: pictures proposed for and corrected, sets to judge by, and the result.

    runs/loop.sh                      # all of it; between these steps run the product's commands

`corrected` writes the pictures of `shelves` and the annotated frames of `video`, proposes boxes on
each, and takes corrections for what people submitted: a COCO file a source, every box with its
provenance. They are our own (training/annotations/real-shelves.json, made by eye) unless
`--corrections` names others: a COCO file or a folder, as `facings annotate pull` writes them.
`judged` parts `shelf-dev` into its photos, by which a detector that was adapted on the video is
judged, and its frames of that video, reported apart; and lays out the packages of `grocery-store`
for embedders. `report` writes evals/results/loop.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facings.collect.annotate import Proposal, coco_with_provenance
from facings.collect.label_studio import Pulled
from facings.collect.replay import replay
from facings.detect import Detector
from facings.evaluate.truth import Truth
from facings.types import Frame
from facings_train.real.pictures import frame_number, origin_of, read_picture
from grocery_store import read_csv
from real_shelves import VIDEO_SCENES
from results_file import write_result

CORRECTIONS = Path(__file__).parents[1] / "training" / "annotations" / "real-shelves.json"
FOLDERS = ("shelves/", "video/")
ARGUMENTS = ("start", "steps", "batch", "size", "seed", "reports")
"""Of the training: what does not say where things lie."""


def corrected(data: Path, work: Path, corrections: Path) -> None:
    """Write pictures, proposals as they were pushed, and what came back."""
    detector = Detector.load()
    boxes = read_corrections(corrections, data)
    if not boxes:
        raise SystemExit(f"{corrections} has no picture of {' or '.join(FOLDERS)}")
    by_source: dict[str, list[tuple[Proposal, Pulled]]] = defaultdict(list)
    truths = []
    for key, final_boxes in boxes.items():
        frame = read_picture(data, key)
        name = _write(data, key, frame, work / "pictures")
        final = _pulled(name, final_boxes)
        source = origin_of(key).source
        by_source[source].append((_proposal(name, frame, detector), final))
        truths.append(_truth(work / "pictures" / name, final))
    told = {}
    for source, pairs in by_source.items():
        proposals = {proposal.key: proposal for proposal, _ in pairs}
        coco, counts = coco_with_provenance([final for _, final in pairs], proposals)
        (work / f"{source}.json").write_text(json.dumps(coco) + "\n")
        told[source] = {"pictures": len(pairs), **counts}
        (work / f"{source}-pushed.json").write_text(
            json.dumps([asdict(proposal) for proposal, _ in pairs]) + "\n"
        )
    saved = replay(detector, truths, lambda _done, _total: None)
    (work / "corrected.json").write_text(
        json.dumps({"model": detector.manifest.label, "by source": told, "saved": saved}) + "\n"
    )
    print(json.dumps(told))


def read_corrections(place: Path, data: Path) -> dict[str, list[dict[str, Any]]]:
    """Boxes by the key of their picture, of a COCO file or of all in a folder.

    What `facings annotate pull` writes knows pictures by their name alone: see `key_of`.
    """
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    found: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        by_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for box in content["annotations"]:
            by_image[box["image_id"]].append(box)
        for image in content["images"]:
            key = key_of(image["file_name"], data)
            if key is not None and key.startswith(FOLDERS):
                found[key] = by_image[image["id"]]
    return found


def key_of(name: str, data: Path) -> str | None:
    """Find a picture or a video's frame in the data by its key, or by its name; None: not there."""
    file, mark, number = name.partition("#")
    if (data / file).is_file():
        return name
    there = [found for folder in FOLDERS for found in (data / folder).rglob(Path(file).name)]
    return f"{there[0].relative_to(data).as_posix()}{mark}{number}" if len(there) == 1 else None


def judged(data: Path, work: Path) -> None:
    """Part `shelf-dev` into sets of its own: its photos, and its frames of the video."""
    content = json.loads((data / "shelf-dev" / "annotations.json").read_text())
    frames = {name for names in VIDEO_SCENES.values() for name in names}
    for name, of_video in (("shelf-dev-photos", False), ("shelf-dev-frames", True)):
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        images = [
            each
            for each in content["images"]
            if (Path(each["file_name"]).name in frames) == of_video
        ]
        kept = {each["id"] for each in images}
        for each in images:
            file = folder / each["file_name"]
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.symlink_to((data / "shelf-dev" / each["file_name"]).resolve())
        boxes = [each for each in content["annotations"] if each["image_id"] in kept]
        document = {**content, "images": images, "annotations": boxes}
        (folder / "annotations.json").write_text(json.dumps(document) + "\n")
    _judged_products(data / "grocery-store", work / "grocery-store")


def _judged_products(data: Path, folder: Path) -> None:
    """Make a set for embedders: real packages by their catalogue picture, fruit beside them."""
    items = read_csv(data / "products.csv")
    packaged = {row["class_id"] for row in items if row["group"] == "Packages"}
    photos = [
        row
        for row in read_csv(data / "photos.csv")
        if row["split"] == "test" and row["class_id"] in packaged
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, column in (("gallery", items, "iconic"), ("queries", photos, "file")):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(("file", "product_id"))
            table.writerows(((data / row[column]).resolve(), row["class_id"]) for row in rows)


def report(work: Path) -> None:
    """Put together what every step said."""
    told = json.loads((work / "corrected.json").read_text())
    pictures = ", ".join(f"{one['pictures']} of {name}" for name, one in told["by source"].items())
    dataset = json.loads((work / "dataset.json").read_text())
    publication = json.loads((work / "publish.json").read_text())
    comparison = publication["comparison"]
    [run] = _runs(work)
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    record = json.loads((run / "run.json").read_text())
    write_result(
        "loop",
        {
            "data": f"{pictures}; judged on shelf-dev (never trained on), fresh rendered shelves",
            "corrected": told,
            "dataset": dataset,
            "run": {
                name: record[name]
                for name in ("id", "data", "commit", "is_dirty", "seed", "machine", "started_at",
                             "ended_at", "result")
            },
            "arguments": {name: record["arguments"][name] for name in ARGUMENTS},
            "curve": curve,
            "compared": comparison,
            "gates": publication["gates"],
            "published": publication["published"],
        },
        [each for pair in comparison["models"].values() for each in pair.values()],
    )  # fmt: skip


def _runs(work: Path) -> list[Path]:
    """The last training of the loop's home."""
    return sorted((work / "home" / "runs").glob("*-detector-*"))[-1:]


def _write(data: Path, key: str, frame: Frame, folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    number = frame_number(key)
    if number is None:
        name = Path(key).name
        shutil.copyfile(data / key, folder / name)
    else:
        name = f"{Path(key.partition('#')[0]).stem}-{number:04}.png"
        cv2.imwrite(str(folder / name), frame.image[:, :, ::-1])
    return name


def _proposal(name: str, frame: Frame, detector: Detector) -> Proposal:
    found = detector.detect(frame)
    boxes = tuple((a, b, c, d) for a, b, c, d in found.boxes_xyxy.tolist())
    label = f"{detector.manifest.name} v{detector.manifest.version}"
    return Proposal(name, frame.size_wh, label, boxes, tuple(found.scores.tolist()))


def _pulled(name: str, boxes: list[dict[str, Any]]) -> Pulled:
    xywh = np.array([each["bbox"] for each in boxes], np.float32).reshape(-1, 4)
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    labels = tuple("ignore" if each["iscrowd"] else "product" for each in boxes)
    return Pulled(name, "real-shelves", xyxy, labels, ("",) * len(boxes))


def _truth(file: Path, final: Pulled) -> Truth:
    is_crowd = np.array([label == "ignore" for label in final.labels], np.bool_)
    return Truth(file, final.boxes_xyxy[~is_crowd], final.boxes_xyxy[is_crowd])


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("corrected", "judged", "report"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--corrections", type=Path, default=CORRECTIONS, help="COCO, or a folder")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.step == "corrected":
        corrected(given.data, given.work, given.corrections)
    elif given.step == "judged":
        judged(given.data, given.work)
    else:
        report(given.work)


if __name__ == "__main__":
    main()
