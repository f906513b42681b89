"""Contact sheets of products and of shelves with their truth drawn, for people to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from facings.types import ByteImage
from facings_train.synthetic.package import SpriteCache
from facings_train.synthetic.products import make_products
from facings_train.synthetic.scene import render_shelf
from facings_train.synthetic.style import CAREFUL, TRAINING
from facings_train.synthetic.truth import RenderedShelf
from facings_train.synthetic.views import CATALOGUE_VIEWS, catalogue_picture

CELL_PX = 160
SHELF_CELL_WH = (800, 600)


def write_sheets(path: Path, *, seed: int) -> None:
    """Write `path` with products and `path`-shelves.png with shelves."""
    products = make_products(seed, 42)
    cache = SpriteCache()
    views = list(CATALOGUE_VIEWS)
    cells = [
        catalogue_picture(product, views[i % 3], sprites=cache)
        for i, product in enumerate(products[:112])
    ]
    _write(path, _grid(cells, 16, (CELL_PX, CELL_PX)))
    pictures: list[ByteImage] = []
    for number in range(9):
        style = CAREFUL if number % 3 == 0 else TRAINING
        shelf = render_shelf(products, seed * 100 + number, style=style, sprites=cache)
        pictures.append(draw_truth(shelf) if number >= 6 else shelf.image)
    _write(path.with_name(path.stem + "-shelves.png"), _grid(pictures, 3, SHELF_CELL_WH))


def draw_truth(shelf: RenderedShelf) -> ByteImage:
    """Facings green (red: mostly hidden), tags blue, gaps magenta, shelf lines cyan."""
    image = shelf.image.copy()
    layers = [
        (shelf.boxes_xyxy[shelf.visible_share >= 0.35], (0, 255, 0)),
        (shelf.boxes_xyxy[shelf.visible_share < 0.35], (255, 0, 0)),
        (shelf.price_tag_boxes_xyxy, (60, 90, 255)),
        (shelf.gap_boxes_xyxy, (255, 0, 255)),
    ]
    for boxes, colour in layers:
        for left, top, right, bottom in boxes.round().astype(int).tolist():
            cv2.rectangle(image, (left, top), (right, bottom), colour, 2)
    for quad in shelf.quads:
        cv2.polylines(image, [quad.round().astype(np.int32)], True, (255, 255, 0), 1)
    for left, top, right, bottom in shelf.shelf_lines_xyxy.round().astype(int).tolist():
        cv2.line(image, (left, top), (right, bottom), (0, 255, 255), 2)
    return image


def _grid(cells: list[ByteImage], columns: int, cell_wh: tuple[int, int]) -> ByteImage:
    blank = np.full((cell_wh[1], cell_wh[0], 3), 255, np.uint8)
    small = [np.asarray(cv2.resize(c, cell_wh, interpolation=cv2.INTER_AREA)) for c in cells]
    small += [blank] * (-len(small) % columns)
    rows = [np.hstack(small[i : i + columns]) for i in range(0, len(small), columns)]
    return np.vstack(rows).astype(np.uint8)


def _write(path: Path, image: ByteImage) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1])):
        raise OSError(f"cannot write {path}")
