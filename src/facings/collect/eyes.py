"""Eyes: what looks at pictures from a shop as they come in, put together from our models."""

from __future__ import annotations

import numpy as np

from facings.capture import MAX_PIXELS
from facings.collect.faces import FaceFinder
from facings.collect.pictures import Eyes
from facings.detect import Detector
from facings.evidence.words import PrintReader
from facings.main_product import MAIN_PRODUCT_SCORE, main_index
from facings.rectify import trim_packshot
from facings.types import ByteImage, FloatArray, Frame

_AT_EDGE = 0.01
"""Of the picture's side: nearer to it than that, a box ends where the picture does."""


def open_eyes(detector: Detector, reader: PrintReader | None, max_pixels: int = MAX_PIXELS) -> Eyes:
    """Look with these models.

    Raises:
        ModelNotFound, ModelCorrupted: the network that finds faces is not there.
    """
    find_faces = FaceFinder.load()
    return Eyes(
        reader,
        lambda frame: is_cut_off(frame, detector),
        find_faces,
        lambda image: beside_the_pack(image, find_faces(image), detector),
        max_pixels,
    )


def is_cut_off(frame: Frame, detector: Detector) -> bool:
    """Whether the product a picture is about goes on beyond the picture's edge.

    A packshot with its even border is whole however narrow that is, and a pack that fills the
    picture on all four sides is a picture cut to the pack.
    """
    if trim_packshot(frame.image).shape != frame.image.shape:
        return False
    found = detector.detect(frame, MAIN_PRODUCT_SCORE)
    main = main_index(found, frame.size_wh)
    return main is not None and 0 < _edges_touched(found.boxes_xyxy[main], frame.size_wh) < 4


def beside_the_pack(image: ByteImage, faces_xyxy: FloatArray, detector: Detector) -> FloatArray:
    """Those of the faces (N, 4) whose middle is not on the product the picture is about."""
    if not len(faces_xyxy):
        return faces_xyxy
    frame = Frame(image, "product")
    found = detector.detect(frame, MAIN_PRODUCT_SCORE)
    main = main_index(found, frame.size_wh)
    if main is None:
        return faces_xyxy
    middles = (faces_xyxy[:, :2] + faces_xyxy[:, 2:]) / 2
    low, high = found.boxes_xyxy[main, :2], found.boxes_xyxy[main, 2:]
    outside = ~((low <= middles) & (middles <= high)).all(axis=1)
    return np.asarray(faces_xyxy[outside], np.float32)


def _edges_touched(box_xyxy: FloatArray, size_wh: tuple[int, int]) -> int:
    width, height = size_wh
    x0, y0, x1, y1 = box_xyxy.tolist()
    near_x, near_y = _AT_EDGE * width, _AT_EDGE * height
    return sum((x0 <= near_x, y0 <= near_y, x1 >= width - near_x, y1 >= height - near_y))
