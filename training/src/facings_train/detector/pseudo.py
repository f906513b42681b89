"""Label pictures that nobody annotated by what a detector is sure of.

    python -m facings_train.detector.pseudo ANNOTATED.json PICTURES OUT

Self-training (pseudo-labels: Lee 2013; for detection with strong distortions afterwards: STAC,
arXiv 2005.04757). The published detector sees each picture and its mirror image. A facing it is
sure of in both, at nearly the same place, is to be found, at the mean of both boxes; anything
weaker is neither wanted nor a false alarm. Photos of the source's test split and of loose produce
(a crate of apples looks like a pack), annotated pictures, whole scenes that are held out, and
frames near an evaluation frame are left out.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture, read_video
from facings.detect import Detector
from facings.geometry import box_iou
from facings.types import Detections, Frame
from facings_train.detector.data import LabelledPicture
from facings_train.detector.own import write_training_folder
from facings_train.real.pictures import is_held_out, origin_of

SURE, UNSURE = 0.6, 0.2
SAME_IOU = 0.8
"""Overlap of the two boxes of a facing whose place is known."""
LEAST_SURE = 3
"""Sure facings that make a picture worth training on."""
EVERY_FRAME = 6
VIDEO = "video/store_walk.ts"
HELD_OUT_FRAMES = 100
"""The walk's first frames show the scene that is held out."""


def label(detector: Detector, frame: Frame) -> LabelledPicture:
    """What a detector is sure of in a picture; what it is not has visible share 0."""
    plain = detector.detect(frame, UNSURE)
    mirrored = _mirrored(detector, frame)
    overlap = box_iou(plain.boxes_xyxy, mirrored.boxes_xyxy)
    twin = overlap.argmax(axis=1) if overlap.size else np.zeros(len(plain), np.int64)
    sure = np.zeros(len(plain), bool)
    boxes = plain.boxes_xyxy.copy()
    if overlap.size:
        sure = (overlap.max(axis=1) >= SAME_IOU) & (plain.scores >= SURE)
        sure &= mirrored.scores[twin] >= SURE
        boxes[sure] = (boxes[sure] + mirrored.boxes_xyxy[twin[sure]]) / 2
    alone = overlap.max(axis=0, initial=0) < SAME_IOU
    return LabelledPicture(
        frame.image,
        np.concatenate([boxes, mirrored.boxes_xyxy[alone]]),
        np.concatenate([sure.astype(np.float32), np.zeros(int(alone.sum()), np.float32)]),
    )


def _mirrored(detector: Detector, frame: Frame) -> Detections:
    """What is found in the mirror image, in pixels of the frame."""
    found = detector.detect(Frame(np.ascontiguousarray(frame.image[:, ::-1])), UNSURE)
    boxes = found.boxes_xyxy[:, [2, 1, 0, 3]]
    boxes[:, [0, 2]] = frame.size_wh[0] - boxes[:, [0, 2]]
    return Detections(boxes, found.scores)


def unlabelled(annotated: set[str], pictures: Path) -> Iterator[Frame]:
    """Every picture that may be trained on and has no boxes yet."""
    for photo in _packages(pictures / "grocery-store"):
        key = f"grocery-store/images/{photo}"
        if photo.startswith("test_") or is_held_out(key) or key in annotated:
            continue
        yield read_picture(pictures / key, name=key)
    for number, frame in enumerate(read_video(pictures / VIDEO, every_ms=0)):
        key = f"{VIDEO}#{number}"
        if number % EVERY_FRAME or number < HELD_OUT_FRAMES or key in annotated:
            continue
        try:
            origin_of(key)
        except ValueError:  # shows what an evaluation frame shows
            continue
        yield Frame(frame.image, key)


def _packages(grocery_store: Path) -> list[str]:
    """File names of the photos of packaged products."""
    with (grocery_store / "products.csv").open(encoding="utf-8", newline="") as file:
        groups = {row["class_id"]: row["group"] for row in csv.DictReader(file)}
    with (grocery_store / "photos.csv").open(encoding="utf-8", newline="") as file:
        photos = list(csv.DictReader(file))
    return sorted(Path(row["file"]).name for row in photos if groups[row["class_id"]] == "Packages")


def main() -> None:
    """Label, and write the training folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotated", type=Path, help="COCO file of the pictures that have boxes")
    parser.add_argument("pictures", type=Path, help="folder of the real pictures")
    parser.add_argument("out", type=Path)
    parser.add_argument("--detector", default="facings-detector", help="whose finds count")
    arguments = parser.parse_args()
    content = json.loads(arguments.annotated.read_text(encoding="utf-8"))
    annotated = {image["file_name"] for image in content["images"]}
    detector = Detector.load(arguments.detector)
    frames = track(unlabelled(annotated, arguments.pictures), "labelling")
    pictures = (label(detector, frame) for frame in frames)
    worth = (each for each in pictures if each.visible_share.sum() >= LEAST_SURE)
    print(f"{write_training_folder(worth, arguments.out)} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
