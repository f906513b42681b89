"""Eyes: what looks at pictures from a shop as they come in, put together from our models."""

from __future__ import annotations

from facings.capture import MAX_PIXELS
from facings.collect.pictures import Eyes
from facings.detect import Detector
from facings.evidence.words import PrintReader
from facings.main_product import MAIN_PRODUCT_SCORE, main_index
from facings.rectify import trim_packshot
from facings.types import FloatArray, Frame

_AT_EDGE = 0.005  # of the picture's side: nearer to it than that, a box ends where the picture does


def open_eyes(detector: Detector, reader: PrintReader | None, max_pixels: int = MAX_PIXELS) -> Eyes:
    """Look with these models."""
    return Eyes(reader, lambda frame: is_cut_off(frame, detector), max_pixels=max_pixels)


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


def _edges_touched(box_xyxy: FloatArray, size_wh: tuple[int, int]) -> int:
    width, height = size_wh
    x0, y0, x1, y1 = box_xyxy.tolist()
    near_x, near_y = _AT_EDGE * width, _AT_EDGE * height
    return sum((x0 <= near_x, y0 <= near_y, x1 >= width - near_x, y1 >= height - near_y))
