"""Main product: the one that a picture of one product is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from facings.detect import Detector
from facings.models import open_model, weights_folder
from facings.rectify import rectify, trim_packshot
from facings.straighten import leaning_looks
from facings.types import ByteImage, Detections, Frame

MAIN_PRODUCT_SCORE = 0.15
"""Whoever takes a picture of one product has put one there, so a weak detection will do."""
MOST_OF_PICTURE = 0.5
"""A picture of which a pack covers more than this share is of the pack already."""


def whole_picture(frame: Frame) -> ByteImage:
    """Take all of a picture but an even bright border."""
    return trim_packshot(frame.image)


@dataclass(frozen=True, slots=True)
class MainProductCrop:
    """Take the product over the middle of a picture, or all of it where none is found."""

    detector: Detector

    def __call__(self, frame: Frame) -> ByteImage:
        """Cut out the main product as the recognizer would."""
        found = self.detector.detect(frame, MAIN_PRODUCT_SCORE)
        main = main_index(found, frame.size_wh)
        if main is None:
            return whole_picture(frame)
        return _cut(frame, found, main)

    def looks(self, frame: Frame) -> tuple[ByteImage, ...]:
        """Give the whole picture, the cut, and the cut straightened as if the product leaned.

        Which of them shows it best, a gallery tells: see `facings.straighten`.
        """
        found = self.detector.detect(frame, MAIN_PRODUCT_SCORE)
        main = main_index(found, frame.size_wh)
        if main is None:
            return (whole_picture(frame),)
        leaning = leaning_looks(frame, found, main)
        return (whole_picture(frame), _cut(frame, found, main), *leaning)


def _cut(frame: Frame, detections: Detections, row: int) -> ByteImage:
    """Cut one detection out by its box, however its pack leans."""
    only = Detections(detections.boxes_xyxy[row][None], detections.scores[row][None])
    return rectify(frame, only).images[0]


def main_index(detections: Detections, size_wh: tuple[int, int]) -> int | None:
    """Choose the detection a picture is about; None where none lies over the middle.

    Of those that do it is the one with the highest score x area x centredness, which falls from
    1 for a box in the middle to 0 for one in a corner. Only comparisons matter, so the area's
    unit does not.
    """
    boxes = detections.boxes_xyxy.astype(np.float64)
    middle = np.asarray(size_wh) / 2
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    offset = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - middle, axis=1)
    centredness = np.maximum(1 - offset / np.linalg.norm(middle), 0)
    over_middle = ((boxes[:, :2] < middle) & (middle < boxes[:, 2:])).all(axis=1)
    if not over_middle.any():
        return None
    weight = detections.scores * sides.prod(axis=1) * centredness
    return int(np.where(over_middle, weight, -1.0).argmax())


def gallery_crop(frame: Frame) -> ByteImage:
    """What of a product's picture the catalogue embeds.

    A packshot without its border; of a photo the main product, as a scan will cut it; all of any
    other picture.
    """
    trimmed = trim_packshot(frame.image)
    if trimmed.shape != frame.image.shape:
        return trimmed
    cut = MainProductCrop(_detector_in(weights_folder()))(frame)
    covers = cut.shape[0] * cut.shape[1] / (trimmed.shape[0] * trimmed.shape[1])
    return trimmed if covers > MOST_OF_PICTURE else cut


@cache
def _detector_in(weights: Path) -> Detector:
    """Opened for the first photo: most galleries are packshots and never need it."""
    return Detector(*open_model("facings-detector", folder=weights))
