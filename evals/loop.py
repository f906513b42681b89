"""The loop's own steps: pictures proposed for and corrected, sets to judge by, and the result.

    runs/loop.sh                      # all of it; between these steps run the product's commands

`corrected` writes the pictures of `shelves` and the annotated frames of `video`, proposes boxes on
each, and takes our own corrections (training/annotations/real-shelves.json, made by eye) for what
people submitted: a COCO file a source, every box with its provenance. `judged` parts `shelf-dev`
into its photos, by which a detector that was adapted on the video is judged, and its frames of that
video, reported apart. `report` writes evals/results/loop.json.
"""

from __future__ import annotations

import argparse
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
from real_shelves import VIDEO_SCENES
from results_file import write_result

CORRECTIONS = Path(__file__).parents[1] / "training" / "annotations" / "real-shelves.json"
FOLDERS = ("shelves/", "video/")
ARGUMENTS = ("start", "steps", "batch", "size", "seed", "reports")
"""Of the training: what does not say where things lie."""


def corrected(data: Path, work: Path) -> None:
    """Write pictures, proposals as they were pushed, and what came back."""
    detector = Detector.load()
    content = json.loads(CORRECTIONS.read_text(encoding="utf-8"))
    images = [each for each in content["images"] if each["file_name"].startswith(FOLDERS)]
    boxes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for box in content["annotations"]:
        boxes[box["image_id"]].append(box)
    by_source: dict[str, list[tuple[Proposal, Pulled]]] = defaultdict(list)
    truths = []
    for image in images:
        key = image["file_name"]
        frame = read_picture(data, key)
        name = _write(data, key, frame, work / "pictures")
        final = _pulled(name, boxes[image["id"]])
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


def report(work: Path) -> None:
    """Put together what every step said."""
    dataset = json.loads((work / "dataset.json").read_text())
    publication = json.loads((work / "publish.json").read_text())
    comparison = publication["comparison"]
    [run] = _runs(work)
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    record = json.loads((run / "run.json").read_text())
    write_result(
        "loop",
        {
            "data": "8 pictures of shelves, 16 frames of video; judged on shelf-dev (never trained "
            "on) and on fresh rendered shelves",
            "corrected": json.loads((work / "corrected.json").read_text()),
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
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.step == "corrected":
        corrected(given.data, given.work)
    elif given.step == "judged":
        judged(given.data, given.work)
    else:
        report(given.work)


if __name__ == "__main__":
    main()
