"""Shelves on disk, rendered or real, and the windows that the detector is trained on.

A data set is a folder: `000000.jpg`, ... and `truth.jsonl`, one object a line with `file`,
`boxes_xyxy` (pixels) and `visible_share` in [0, 1] of each box. Rendered shelves also say what each
box is (`classes`, an index into CLASSES) and where the front's corners lie (`quads`); where a line
has no `classes`, its boxes are products, and nothing is known of price tags and gaps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch.utils.data import IterableDataset, get_worker_info

from facings.types import ByteImage, FloatArray, IntArray
from facings_train.detector.degrade import degrade, shift_colours
from facings_train.detector.target import CLASSES, PRODUCT, Targets
from facings_train.synthetic.stream import iter_shelves
from facings_train.synthetic.style import TRAINING, ShelfStyle
from facings_train.synthetic.truth import RenderedShelf

MIN_VISIBLE_SHARE = 0.35  # below it a facing is neither wanted nor a false alarm, as in truth.json
MIN_SHARE_IN_WINDOW = 0.4
WHOLE_SHARE = 0.99  # of a box in the window from which its quad is known
MIN_SIDE_PX = 5.0  # of a box in the window: smaller ones lie between the cells
MAX_STRETCH = 1.1  # of a window's width, its height shrinking as much, and the other way
FACING_HEIGHT_PX = (20.0, 72.0, 240.0)
"""Least, likeliest and greatest median facing height in a window, drawn from a triangle over their
logarithms: the likeliest is what a detector's second look brings facings to."""


@dataclass(frozen=True)
class LabelledPicture:
    """One picture with its truth."""

    image: ByteImage  # (H, W, 3) RGB
    boxes_xyxy: FloatArray  # (N, 4) pixels
    visible_share: FloatArray  # (N,) in [0, 1]
    classes: IntArray | None = None  # (N,) into CLASSES; None: products, the rest was not looked at
    quads: FloatArray | None = None  # (N, 4, 2) corners from the top left, clockwise

    def __post_init__(self) -> None:
        count = len(self.boxes_xyxy)
        for each in (self.visible_share, self.classes, self.quads):
            if each is not None and len(each) != count:
                raise ValueError(f"one of each a box, got {count} boxes and {len(each)}")


@dataclass(frozen=True)
class Window:
    """A square cut out of a picture at a random scale."""

    image: ByteImage  # (S, S, 3) RGB
    boxes_xyxy: FloatArray  # (N, 4) to be found
    classes: IntArray  # (N,)
    quads: FloatArray  # (N, 4, 2); nan where it is not known
    ignored_xyxy: FloatArray  # (M, 4) where the class beside it is not judged
    ignored_classes: IntArray  # (M,)


def render_shelves(
    folder: Path, *, seed: int, count: int, workers: int, style: ShelfStyle = TRAINING
) -> None:
    """Render `count` shelves into `folder`; a folder that already has them is left alone."""
    truth_file = folder / "truth.jsonl"
    if truth_file.exists() and len(truth_file.read_text().splitlines()) >= count:
        return
    folder.mkdir(parents=True, exist_ok=True)
    shelves = iter_shelves(seed, count, workers=workers, style=style)
    with truth_file.open("w") as truth:
        for i, shelf in enumerate(track(shelves, "rendering", total=count)):
            name = f"{i:06d}.jpg"
            cv2.imwrite(str(folder / name), shelf.image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
            truth.write(truth_line(name, labelled(shelf)))


def labelled(shelf: RenderedShelf) -> LabelledPicture:
    """A rendered shelf with its products, price tags and gaps in this order."""
    groups = (shelf.boxes_xyxy, shelf.price_tag_boxes_xyxy, shelf.gap_boxes_xyxy)
    boxes, counts = np.concatenate(groups), [len(group) for group in groups]
    classes = np.repeat(np.arange(len(CLASSES)), counts)
    quads = box_corners(boxes)
    quads[: counts[PRODUCT]] = from_top_left(shelf.quads, shelf.boxes_xyxy)
    seen = np.ones(len(boxes), np.float32)
    seen[: counts[PRODUCT]] = shelf.visible_share
    return LabelledPicture(shelf.image, boxes, seen, classes, quads)


def box_corners(boxes_xyxy: FloatArray) -> FloatArray:
    """(N, 4) boxes to (N, 4, 2) corners from the top left, clockwise."""
    return np.asarray(boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2), np.float32)


def from_top_left(quads: FloatArray, boxes_xyxy: FloatArray) -> FloatArray:
    """Begin each quad (N, 4, 2) at the corner that is the top left as seen, not as printed."""
    corners = box_corners(boxes_xyxy)
    turns = np.stack([np.roll(quads, -turn, axis=1) for turn in range(4)])
    best = np.abs(turns - corners).sum(axis=(2, 3)).argmin(axis=0)
    return np.asarray(turns[best, np.arange(len(quads))], np.float32)


def truth_line(file: str, picture: LabelledPicture) -> str:
    """One line of `truth.jsonl`."""
    row: dict[str, object] = {
        "file": file,
        "boxes_xyxy": picture.boxes_xyxy.round(1).tolist(),
        "visible_share": picture.visible_share.round(3).tolist(),
    }
    if picture.classes is not None and picture.quads is not None:
        row |= {"classes": picture.classes.tolist(), "quads": picture.quads.round(1).tolist()}
    return json.dumps(row) + "\n"


def read_picture(folder: Path, row: dict[str, object]) -> LabelledPicture:
    """Read one line of `truth.jsonl` with its picture."""
    image = cv2.imread(str(folder / str(row["file"])))
    assert image is not None, f"{row['file']} was written with its table"
    return LabelledPicture(
        np.ascontiguousarray(image[:, :, ::-1]),
        np.array(row["boxes_xyxy"], np.float32).reshape(-1, 4),
        np.array(row["visible_share"], np.float32),
        np.array(row["classes"], np.int64) if "classes" in row else None,
        np.array(row["quads"], np.float32).reshape(-1, 4, 2) if "quads" in row else None,
    )


def cut_window(picture: LabelledPicture, size: int, rng: np.random.Generator) -> Window:
    """Cut a random square, scaled so that facings have any height a camera may give them."""
    height, width = picture.image.shape[:2]
    classes = picture.classes
    if classes is None:
        classes = np.full(len(picture.boxes_xyxy), PRODUCT)
    visible = picture.visible_share >= MIN_VISIBLE_SHARE
    wanted_boxes = picture.boxes_xyxy[visible & (classes == PRODUCT)]
    heights = wanted_boxes[:, 3] - wanted_boxes[:, 1]
    median = float(np.median(heights)) if len(heights) else 80.0
    wanted = float(np.exp(rng.triangular(*np.log(FACING_HEIGHT_PX))))
    scale = float(np.clip(wanted / median, size / max(height, width) * 0.8, 1.6))
    side = size / scale
    stretch = float(np.exp(rng.uniform(-1, 1) * np.log(MAX_STRETCH)))
    side_w, side_h = side / stretch, side * stretch
    left = rng.uniform(min(0.0, width - side_w), max(0.0, width - side_w))
    top = rng.uniform(min(0.0, height - side_h), max(0.0, height - side_h))
    image = resample(picture.image, (left, top), (side_w, side_h), size)
    scale_xy = np.array([size / side_w, size / side_h], np.float32)
    corner = np.array([left, top], np.float32)
    boxes = (picture.boxes_xyxy - np.tile(corner, 2)) * np.tile(scale_xy, 2)
    quads = np.full((len(boxes), 4, 2), np.nan, np.float32)
    if picture.quads is not None:
        quads = (picture.quads - corner) * scale_xy
        quads[_touching_border(picture.boxes_xyxy, (width, height))] = np.nan
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes = np.stack([size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]], 1)
        quads[..., 0] = size - quads[..., 0]
        quads = quads[:, [1, 0, 3, 2]]
    clipped = boxes.clip(0, size)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    share = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1) / np.maximum(area, 1e-6)
    quads[share < WHOLE_SHARE] = np.nan
    touched = share > 0
    judged = (share >= MIN_SHARE_IN_WINDOW) & visible
    judged &= (clipped[:, 2:] - clipped[:, :2]).min(axis=1, initial=size) >= MIN_SIDE_PX
    ignored, ignored_classes = clipped[touched & ~judged], classes[touched & ~judged]
    if picture.classes is None:
        others = [index for index in range(len(CLASSES)) if index != PRODUCT]
        everywhere = np.array([[0, 0, size, size]] * len(others), np.float32)
        ignored = np.concatenate([ignored, everywhere])
        ignored_classes = np.concatenate([ignored_classes, others])
    return Window(
        shift_colours(image, rng),
        clipped[judged],
        classes[judged],
        quads[judged],
        ignored,
        ignored_classes,
    )


def _touching_border(boxes_xyxy: FloatArray, size_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """Boxes (N,) that the picture's border may have cut."""
    far = np.array(size_wh, np.float32) - 1
    return np.asarray((boxes_xyxy[:, :2] < 1).any(1) | (boxes_xyxy[:, 2:] > far).any(1))


def resample(
    image: ByteImage, corner_xy: tuple[float, float], sides_wh: tuple[float, float], size: int
) -> ByteImage:
    """A rectangle of the picture as a square of `size` pixels; grey where it lies outside."""
    (left, top), (side_w, side_h) = corner_xy, sides_wh
    height, width = image.shape[:2]
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1, y1 = min(width, int(left + side_w)), min(height, int(top + side_h))
    scale_x, scale_y = size / side_w, size / side_h
    inner = image[y0:y1, x0:x1]
    inner_wh = (max(1, round((x1 - x0) * scale_x)), max(1, round((y1 - y0) * scale_y)))
    shrink = cv2.INTER_AREA if scale_x < 1 else cv2.INTER_LINEAR
    canvas = np.full((size, size, 3), 114, np.uint8)
    x, y = max(0, round((x0 - left) * scale_x)), max(0, round((y0 - top) * scale_y))
    patch = cv2.resize(inner, inner_wh, interpolation=shrink)[: size - y, : size - x]
    canvas[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
    return canvas


class WindowStream(IterableDataset[Window]):
    """Endless windows of the folders' pictures in random order, mixed so that a batch is varied."""

    def __init__(self, sources: Mapping[Path, int], size: int, seed: int) -> None:
        self.sources, self.size, self.seed = sources, size, seed

    def __iter__(self) -> Iterator[Window]:
        """Yield windows for ever, in turn as many of each folder as `sources` says."""
        cv2.setNumThreads(0)
        process = get_worker_info()
        rng = np.random.default_rng([self.seed, process.id if process else 0])
        streams = [(self.windows_of(folder, rng), count) for folder, count in self.sources.items()]
        while True:
            for windows, count in streams:
                yield from islice(windows, count)

    def windows_of(self, folder: Path, rng: np.random.Generator) -> Iterator[Window]:
        """Yield windows of one folder for ever."""
        rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
        waiting: list[Window] = []
        while True:
            for i in rng.permutation(len(rows)):
                picture = read_picture(folder, rows[i])
                # As many as fit it: decoding costs as much as cutting a few windows.
                fitting = max(1, picture.image[..., 0].size // self.size**2)
                waiting += [cut_window(picture, self.size, rng) for _ in range(fitting)]
                while len(waiting) > 128:
                    window = waiting.pop(int(rng.integers(len(waiting))))
                    yield replace(window, image=degrade(window.image, rng))


def collate(windows: list[Window]) -> tuple[torch.Tensor, Targets]:
    """Stack windows to uint8 (B, S, S, 3), with what is to be found in each."""
    images = torch.from_numpy(np.stack([window.image for window in windows]))
    columns = (
        [window.boxes_xyxy for window in windows],
        [window.classes for window in windows],
        [window.quads for window in windows],
        [window.ignored_xyxy for window in windows],
        [window.ignored_classes for window in windows],
    )
    return images, Targets(*(_padded(column) for column in columns))


def _padded(rows: Sequence[NDArray[np.float32 | np.int64]]) -> torch.Tensor:
    """Arrays of any length to one tensor, filled up with zeros; one row at least."""
    longest = max(1, *(len(row) for row in rows))
    filled = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    for target, row in zip(filled, rows, strict=True):
        target[: len(row)] = row
    return torch.from_numpy(filled)
