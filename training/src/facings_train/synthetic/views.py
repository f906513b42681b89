"""Pictures of single products: for a catalogue, and as phones see them on a shelf."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.camera import aim_camera
from facings_train.synthetic.canvas import NOBODY, Canvas
from facings_train.synthetic.look import hsv
from facings_train.synthetic.package import ShelfItem, SpriteCache, View
from facings_train.synthetic.photo import expose

CatalogueView = Literal["front", "left", "right"]
CATALOGUE_VIEWS: dict[CatalogueView, View] = {
    "front": View(),
    "left": View(yaw_deg=22.0, pitch_deg=8.0),
    "right": View(yaw_deg=-22.0, pitch_deg=8.0),
}
CATALOGUE_SIDE_PX = 480
CROP_SIDE_PX = 320
"""Longer side of the largest crops."""
SMALLEST_CROP_PX = 56


def catalogue_picture(
    product: ShelfItem, view: CatalogueView = "front", *, sprites: SpriteCache | None = None
) -> ByteImage:
    """A clean picture of a pack.

    Args:
        product: whose pack.
        view: from the front, or half from one side.
        sprites: drawings to reuse.

    Returns:
        (480, 480, 3) RGB on white with a margin and a soft shadow.
    """
    sprite = (sprites or SpriteCache()).sprite(product, CATALOGUE_VIEWS[view])
    height, width = sprite.rgba.shape[:2]
    scale = CATALOGUE_SIDE_PX * 0.84 / max(height, width)
    size = (max(int(width * scale), 1), max(int(height * scale), 1))
    pack = cv2.resize(sprite.premultiplied, size, interpolation=cv2.INTER_AREA)
    page = np.full((CATALOGUE_SIDE_PX, CATALOGUE_SIDE_PX, 3), 255, np.uint8)
    left, top = (CATALOGUE_SIDE_PX - size[0]) // 2, (CATALOGUE_SIDE_PX - size[1]) // 2
    foot = (CATALOGUE_SIDE_PX // 2, top + size[1] - 2)
    cv2.ellipse(page, foot, (int(size[0] * 0.5), 9), 0, 0, 360, (205, 205, 208), -1)
    page = np.asarray(cv2.GaussianBlur(page, (0, 0), 5), np.uint8)
    part = page[top : top + size[1], left : left + size[0]]
    clear = 255 - pack[..., 3:].astype(np.uint16)
    part[:] = (pack[..., :3] + part * clear // 255).clip(0, 255).astype(np.uint8)
    return page


def render_package_views(
    product: ShelfItem,
    seed: int,
    count: int,
    *,
    neighbours: tuple[ShelfItem, ...] = (),
    sprites: SpriteCache | None = None,
) -> list[ByteImage]:
    """Crops of one product as a detector would cut them from phone pictures.

    Args:
        product: whose crops.
        seed: same seed, same crops.
        count: how many.
        neighbours: what may show at the margins besides the product itself.
        sprites: drawings to reuse.

    Returns:
        RGB crops of differing sizes, longer side about 56 to 320 px; about 100 a second and core.
    """
    cache = sprites or SpriteCache()
    seeds = [[seed, index, int(product.gtin)] for index in range(count)]
    return [_one_view(product, np.random.default_rng(each), neighbours, cache) for each in seeds]


def _one_view(
    product: ShelfItem,
    rng: np.random.Generator,
    neighbours: tuple[ShelfItem, ...],
    cache: SpriteCache,
) -> ByteImage:
    side = max(product.width_mm, product.height_mm)
    crop_px = int(np.exp(rng.uniform(np.log(SMALLEST_CROP_PX), np.log(1.25 * CROP_SIDE_PX))))
    crop_px = min(crop_px, CROP_SIDE_PX)
    px_per_mm = crop_px / side
    reach = 1.3 * side
    canvas = Canvas((-reach, -reach, reach, reach), px_per_mm * 1.15)
    _backdrop(canvas, rng, product)
    view = View(
        float(rng.choice([-20, -12, -6, 0, 0, 6, 12, 20])),
        float(rng.choice([-10, 0, 0, 8, 16])),
        float(rng.choice([-24, -12, 0, 0, 0, 12, 24])),
    )
    sprite = cache.sprite(product, view, crop_px)
    front = (product.width_mm, product.height_mm)
    foot = product.height_mm / 2
    beside = (product, *neighbours)
    for direction in (-1, 1):
        if rng.random() < 0.8:
            other = beside[int(rng.integers(len(beside)))]
            gap = float(rng.exponential(4)) - 1
            x = direction * (product.width_mm / 2 + other.width_mm / 2 + gap)
            other_front = (other.width_mm, other.height_mm)
            # A turned round pack is its own drawing; neighbours keep to one of them.
            drawn = cache.sprite(other, View(view.yaw_deg, view.pitch_deg), crop_px)
            canvas.stamp(drawn, other_front, (x, foot), 1.0, 0.0, 0.95, NOBODY)
    tilt = float(rng.normal(0, 1.5))
    stamp = canvas.stamp(sprite, front, (0.0, foot), 1.0, tilt, 1.0, 1)
    assert stamp is not None, "the pack stands in the middle of its canvas"
    if rng.random() < 0.5:
        rail = foot - float(rng.choice([-2.0, 0.0, 0.04 * front[1], 0.1 * front[1]]))
        canvas.fill((-reach, rail, reach, reach), hsv(rng.random(), 0.2, rng.uniform(0.2, 0.95)))
    if rng.random() < 0.5:
        canvas.shadow((-reach, -foot - 30, reach, foot), float(rng.uniform(0.45, 0.9)))
    camera = aim_camera(
        (int(2.2 * crop_px), int(2.2 * crop_px)),
        2.2 * side,
        yaw_deg=float(rng.normal(0, 11)),
        pitch_deg=float(rng.normal(0, 6)),
        roll_deg=float(rng.normal(0, 2.5)),
        focal=float(rng.uniform(1.0, 3.0)),
        distortion=0.0,
    )
    picture = camera.warp(canvas.image, canvas.origin_mm, canvas.px_per_mm)
    outline = camera.project(stamp.outline_mm)
    return _cut(expose(picture, rng, 1.0), outline, rng)


def _backdrop(canvas: Canvas, rng: np.random.Generator, product: ShelfItem) -> None:
    canvas.image[:] = hsv(rng.random(), rng.uniform(0, 0.4), rng.uniform(0.05, 0.8))
    reach = 1.3 * max(product.width_mm, product.height_mm)
    if rng.random() < 0.6:
        foot = product.height_mm / 2
        board = foot - float(rng.uniform(0, 40))
        canvas.fill((-reach, board, reach, reach), hsv(rng.random(), 0.1, rng.uniform(0.2, 0.9)))


def _cut(image: ByteImage, outline: FloatArray, rng: np.random.Generator) -> ByteImage:
    """Cut a box around an outline, as inexactly as a detector."""
    low, high = outline.min(0), outline.max(0)
    jitter = rng.normal(0.0, 0.03, 4)
    size = high - low
    left, top = np.floor(low + size * jitter[:2]).astype(int)
    right, bottom = np.ceil(high + size * jitter[2:]).astype(int)
    height, width = image.shape[:2]
    left, top = max(int(left), 0), max(int(top), 0)
    right, bottom = min(int(right), width), min(int(bottom), height)
    return np.ascontiguousarray(image[top : max(bottom, top + 8), left : max(right, left + 8)])
