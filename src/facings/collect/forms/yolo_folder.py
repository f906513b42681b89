"""YOLO: a folder of pictures and text files. It knows boxes and classes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from facings.collect.forms.annotated import AnnotatedBox, AnnotatedPicture
from facings.collect.forms.source import LeftOut, upright_size_wh
from facings.collect.forms.yolo import read_yolo


def read(folder: Path) -> Iterator[AnnotatedPicture]:
    """Read every picture that has a label file.

    Raises:
        AnnotationError: there are no pictures, or a line is malformed.
    """
    for source in read_yolo(folder):
        if isinstance(source, LeftOut):
            continue
        size = upright_size_wh(source.file)
        boxes = (source.boxes_xyxy * np.array([*size, *size])).tolist()
        yield AnnotatedPicture(
            source.file.relative_to(folder).as_posix(),
            source.file,
            size,
            tuple(
                AnnotatedBox((x0, y0, x1, y1), label)
                for (x0, y0, x1, y1), label in zip(boxes, source.labels, strict=True)
            ),
        )


def write(pictures: Sequence[AnnotatedPicture], folder: Path, classes: Sequence[str]) -> None:
    """Write `labels/NAME.txt` of each picture; regions to ignore are left out: YOLO has none.

    Args:
        classes: names by their number, for every folder of the data set the same.
    """
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    for each in pictures:
        width, height = each.size_wh
        lines = [
            f"{classes.index(box.label)} {(x0 + x1) / 2 / width:.6f} {(y0 + y1) / 2 / height:.6f} "
            f"{(x1 - x0) / width:.6f} {(y1 - y0) / height:.6f}\n"
            for box in each.boxes
            for x0, y0, x1, y1 in (box.xyxy,)
            if not box.is_crowd
        ]
        file = folder / "labels" / each.file.with_suffix(".txt").name
        file.write_text("".join(lines), "utf-8")
