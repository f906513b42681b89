"""Shelves on disk, rendered or real, and the windows that the detector is trained on.

A data set is a folder: `000000.jpg`, ... and `truth.jsonl`, one object a line with `file`,
`boxes_xyxy` (pixels) and `visible_share` in [0, 1] of each facing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.progress import track
from torch import Tensor
from torch.utils.data import IterableDataset

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.stream import iter_shelves

MIN_VISIBLE_SHARE = 0.35  # below it a facing is neither wanted nor a false alarm, as in truth.json
MIN_SHARE_IN_WINDOW = 0.4
WINDOWS_PER_PICTURE = 4  # decoding a picture costs as much as cutting ten windows
FACING_HEIGHT_PX = (20.0, 240.0)  # median facing height in a window, drawn log-uniformly


@dataclass(frozen=True)
class LabelledPicture:
    """One shelf with its truth."""

    image: ByteImage  # (H, W, 3) RGB
    boxes_xyxy: FloatArray  # (N, 4) pixels
    visible_share: FloatArray  # (N,) in [0, 1]


@dataclass(frozen=True)
class Window:
    """A square cut out of a picture at a random scale."""

    image: ByteImage  # (S, S, 3) RGB
    boxes_xyxy: FloatArray  # (N, 4) to be found
    ignored_xyxy: FloatArray  # (M, 4) too hidden to be judged


def render_shelves(folder: Path, *, seed: int, count: int, workers: int) -> None:
    """Render `count` shelves into `folder`; a folder that already has them is left alone."""
    truth_file = folder / "truth.jsonl"
    if truth_file.exists() and len(truth_file.read_text().splitlines()) >= count:
        return
    folder.mkdir(parents=True, exist_ok=True)
    shelves = iter_shelves(seed, count, workers=workers)
    with truth_file.open("w") as truth:
        for i, shelf in enumerate(track(shelves, "rendering", total=count)):
            name = f"{i:06d}.jpg"
            cv2.imwrite(str(folder / name), shelf.image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
            boxes, shares = shelf.boxes_xyxy.round(1), shelf.visible_share.round(3)
            truth.write(truth_line(name, boxes.tolist(), shares.tolist()))


def truth_line(file: str, boxes_xyxy: list[list[float]], visible_share: list[float]) -> str:
    """One line of `truth.jsonl`."""
    row = {"file": file, "boxes_xyxy": boxes_xyxy, "visible_share": visible_share}
    return json.dumps(row) + "\n"


def read_picture(folder: Path, row: dict[str, object]) -> LabelledPicture:
    """Read one line of `truth.jsonl` with its picture."""
    image = cv2.imread(str(folder / str(row["file"])))
    assert image is not None, f"{row['file']} was written with its table"
    return LabelledPicture(
        np.ascontiguousarray(image[:, :, ::-1]),
        np.array(row["boxes_xyxy"], np.float32).reshape(-1, 4),
        np.array(row["visible_share"], np.float32),
    )


def cut_window(picture: LabelledPicture, size: int, rng: np.random.Generator) -> Window:
    """Cut a random square, scaled so that facings have any height a camera may give them."""
    height, width = picture.image.shape[:2]
    wanted_boxes = picture.boxes_xyxy[picture.visible_share >= MIN_VISIBLE_SHARE]
    heights = wanted_boxes[:, 3] - wanted_boxes[:, 1]
    median = float(np.median(heights)) if len(heights) else 80.0
    wanted = float(np.exp(rng.uniform(*np.log(FACING_HEIGHT_PX))))
    scale = float(np.clip(wanted / median, size / max(height, width) * 0.8, 1.6))
    side = size / scale
    left = rng.uniform(min(0.0, width - side), max(0.0, width - side))
    top = rng.uniform(min(0.0, height - side), max(0.0, height - side))
    image = resample(picture.image, left, top, side, size)
    boxes = (picture.boxes_xyxy - np.array([left, top, left, top], np.float32)) * scale
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes = np.stack([size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]], 1)
    clipped = boxes.clip(0, size)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    share = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1) / np.maximum(area, 1e-6)
    touched = share > 0
    judged = (share >= MIN_SHARE_IN_WINDOW) & (picture.visible_share >= MIN_VISIBLE_SHARE)
    return Window(shift_colours(image, rng), clipped[judged], clipped[touched & ~judged])


def resample(image: ByteImage, left: float, top: float, side: float, size: int) -> ByteImage:
    """Square (left, top, side) of the picture at `size` pixels; grey where it lies outside."""
    height, width = image.shape[:2]
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1, y1 = min(width, int(left + side)), min(height, int(top + side))
    scale = size / side
    inner = image[y0:y1, x0:x1]
    inner_wh = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.full((size, size, 3), 114, np.uint8)
    x, y = max(0, round((x0 - left) * scale)), max(0, round((y0 - top) * scale))
    patch = cv2.resize(inner, inner_wh, interpolation=shrink)[: size - y, : size - x]
    canvas[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
    return canvas


def shift_colours(image: ByteImage, rng: np.random.Generator) -> ByteImage:
    """Random gain, offset and grey mix: what the renderer's own camera does not vary enough."""
    gain = rng.uniform(0.75, 1.25, 3 if rng.random() < 0.5 else 1)
    shifted = image.astype(np.float32) * gain + rng.uniform(-15, 15)
    if rng.random() < 0.1:
        shifted[:] = shifted.mean(2, keepdims=True)
    return shifted.clip(0, 255).astype(np.uint8)


class WindowStream(IterableDataset[Window]):
    """Endless windows of the folders' pictures in random order, mixed so that a batch is varied."""

    def __init__(self, sources: Mapping[Path, int], size: int, seed: int) -> None:
        self.sources, self.size, self.seed = sources, size, seed

    def __iter__(self) -> Iterator[Window]:
        """Yield windows for ever, in turn as many of each folder as `sources` says."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.seed)
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
                waiting += [cut_window(picture, self.size, rng) for _ in range(WINDOWS_PER_PICTURE)]
                while len(waiting) > 128:
                    yield waiting.pop(int(rng.integers(len(waiting))))


def collate(windows: list[Window]) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Stack windows to uint8 (B, S, S, 3) with their boxes and ignored regions."""
    images = torch.from_numpy(np.stack([window.image for window in windows]))
    boxes = [torch.from_numpy(window.boxes_xyxy) for window in windows]
    ignored = [torch.from_numpy(window.ignored_xyxy) for window in windows]
    return images, boxes, ignored
