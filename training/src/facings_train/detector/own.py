"""Bring annotated pictures into the form that the detector is trained on.

    python -m facings_train.detector.own COCO.json PICTURES OUT [--held-out]

PICTURES is the folder that `file_name` is relative to; a frame of a video is named as
`facings_train.real.pictures` says. Products (category 1) are to be found, those with `iscrowd`
are neither wanted nor false alarms. Scenes that are kept from training are left out; with
--held-out they alone are written, to choose thresholds by.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from facings_train.detector.data import LabelledPicture, truth_line
from facings_train.real.pictures import is_held_out, read_picture

PRODUCT = 1


def write_own(coco: Path, pictures: Path, out: Path, *, held_out: bool = False) -> int:
    """Write annotated pictures and their boxes to `out`, which then is a training folder.

    Args:
        held_out: write the scenes that are kept from training, and not the others.

    Returns:
        How many pictures there are.

    Raises:
        PictureError: a picture cannot be read.
    """
    return write_training_folder(_labelled(coco, pictures, held_out), out)


def write_training_folder(pictures: Iterable[LabelledPicture], out: Path) -> int:
    """Write pictures with their boxes; the table that makes `out` a training folder comes last.

    Returns:
        How many pictures there are.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, picture in enumerate(pictures):
        name = f"{number:06d}.png"
        cv2.imwrite(str(out / name), picture.image[:, :, ::-1])
        lines.append(truth_line(name, picture))
    (out / "truth.jsonl").write_text("".join(lines))
    return len(lines)


def _labelled(coco: Path, pictures: Path, held_out: bool) -> Iterator[LabelledPicture]:
    content = json.loads(coco.read_text(encoding="utf-8"))
    boxes: dict[int, list[tuple[list[float], float]]] = defaultdict(list)
    for box in content["annotations"]:
        if box["category_id"] == PRODUCT:
            x, y, width, height = box["bbox"]
            visible_share = 0.0 if box.get("iscrowd") else 1.0
            boxes[box["image_id"]].append(([x, y, x + width, y + height], visible_share))
    images = [each for each in content["images"] if is_held_out(each["file_name"]) == held_out]
    for image in track(images, "reading"):
        frame = read_picture(pictures, image["file_name"])
        of_image = boxes[image["id"]]
        yield LabelledPicture(
            frame.image,
            np.array([box for box, _ in of_image], np.float32).reshape(-1, 4),
            np.array([share for _, share in of_image], np.float32),
        )


def main() -> None:
    """Write the training folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coco", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    count = write_own(
        arguments.coco, arguments.pictures, arguments.out, held_out=arguments.held_out
    )
    print(f"{count} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
