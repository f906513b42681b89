"""Bring annotated pictures into the form that the detector is trained on.

    python -m facings_train.detector.own COCO.json PICTURES OUT

PICTURES is the folder that `file_name` is relative to; a frame of a video is named as
`facings_train.real.pictures` says. Products (category 1) are to be found, those with `iscrowd`
are neither wanted nor false alarms.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
from rich.progress import track

from facings_train.detector.data import truth_line
from facings_train.real.pictures import read_picture

PRODUCT = 1


def write_own(coco: Path, pictures: Path, out: Path) -> int:
    """Write every annotated picture and its boxes to `out`, which then is a training folder.

    Returns:
        How many pictures there are.

    Raises:
        PictureError: a picture cannot be read.
    """
    content = json.loads(coco.read_text(encoding="utf-8"))
    boxes: dict[int, list[tuple[list[float], float]]] = defaultdict(list)
    for box in content["annotations"]:
        if box["category_id"] == PRODUCT:
            x, y, width, height = box["bbox"]
            visible_share = 0.0 if box.get("iscrowd") else 1.0
            boxes[box["image_id"]].append(([x, y, x + width, y + height], visible_share))
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, image in enumerate(track(content["images"], "reading")):
        name = f"{number:06d}.png"
        frame = read_picture(pictures, image["file_name"])
        cv2.imwrite(str(out / name), frame.image[:, :, ::-1])
        of_image = boxes[image["id"]]
        lines.append(truth_line(name, [box for box, _ in of_image], [s for _, s in of_image]))
    (out / "truth.jsonl").write_text("".join(lines))
    return len(lines)


def main() -> None:
    """Write the training folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coco", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    count = write_own(arguments.coco, arguments.pictures, arguments.out)
    print(f"{count} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
