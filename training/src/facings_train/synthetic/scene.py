"""Render a shelf of products as a phone sees it, with the exact truth of every facing.

About 3 pictures of 1280 x 960 with 60 facings a second and core, measured on a busy 2-core
machine, drawing 60 new families every 100 pictures included.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facings.types import IntArray
from facings_train.synthetic.camera import Camera, aim_camera
from facings_train.synthetic.canvas import NOBODY, Canvas, Stamp
from facings_train.synthetic.clutter import (
    paint_header,
    paint_occluder,
    paint_surroundings,
    paint_wobblers,
)
from facings_train.synthetic.package import ShelfItem, SpriteCache, View, lie_down
from facings_train.synthetic.photo import expose
from facings_train.synthetic.planogram import Placement, Plan, plan_bay
from facings_train.synthetic.shelving import (
    BoxMm,
    Fixture,
    make_fixture,
    paint_board,
    paint_cavity,
    paint_uprights,
)
from facings_train.synthetic.style import TRAINING, ShelfStyle
from facings_train.synthetic.truth import RenderedShelf, bounds_of, collect_truth

__all__ = ["RenderedShelf", "render_shelf"]

LARGEST_CANVAS_PX = 3_600_000


def render_shelf(
    products: Sequence[ShelfItem],
    seed: int,
    *,
    size_wh: tuple[int, int] = (1280, 960),
    style: ShelfStyle = TRAINING,
    sprites: SpriteCache | None = None,
) -> RenderedShelf:
    """Fill a shelf with some of the products and photograph it.

    Args:
        products: what may stand there, drawn or cut out; not empty.
        seed: same seed and products, same picture.
        size_wh: of the picture in pixels.
        style: how it is taken and how tidy it is.
        sprites: drawings to reuse from earlier pictures of the same products.
    """
    if not products:
        raise ValueError("render_shelf needs at least one product")
    rng = np.random.default_rng([seed, 0x5CE])
    cache = sprites or SpriteCache()
    camera, height_mm = _stand_somewhere(products, rng, size_wh, style)
    seen = camera.visible_polygon_mm()
    reach = 1.7 * height_mm * size_wh[0] / size_wh[1]
    area = bounds_of(np.clip(seen, -reach, reach))
    px_per_mm = 1.08 * size_wh[1] / height_mm
    pixels = (area[2] - area[0]) * (area[3] - area[1]) * px_per_mm**2
    px_per_mm *= min(1.0, (LARGEST_CANVAS_PX / pixels) ** 0.5)
    canvas = Canvas(area, px_per_mm)
    bay, floor_mm = _bay_area(area, height_mm, rng, style)
    plan = plan_bay(products, rng, style, bay, floor_mm)
    fixture = make_fixture(rng, style.rail_mm(rng))
    paint_surroundings(canvas, rng, plan.rows[-1].line_mm + 60)
    stamps, tags = _paint(canvas, camera, plan, fixture, cache, rng, style)
    if rng.random() < style.clutter:
        paint_occluder(canvas, rng, area)
    counts = _visible_pixels(canvas, camera, len(plan.placements))
    image = camera.warp(canvas.image, canvas.origin_mm, canvas.px_per_mm)
    image = expose(image, rng, style.harshness)
    return collect_truth(image, camera, plan, stamps, counts, tags)


def _stand_somewhere(
    products: Sequence[ShelfItem],
    rng: np.random.Generator,
    size_wh: tuple[int, int],
    style: ShelfStyle,
) -> tuple[Camera, float]:
    """Choose a camera that sees about as many facings as the style asks for."""
    low, high = np.log(style.facings)
    count = float(np.exp(rng.uniform(low, high)))
    footprint = float(np.mean([item.width_mm * (item.height_mm + 55) for item in products]))
    height_mm = float(np.clip((count * footprint * size_wh[1] / size_wh[0]) ** 0.5, 220, 2600))
    spread = style.yaw_deg * (1.0 if rng.random() < 0.3 else 0.4)
    yaw = float(rng.uniform(-spread, spread))
    pitch = float(rng.uniform(*style.pitch_deg)) * (1.0 if rng.random() < 0.5 else 0.4)
    roll = float(np.clip(rng.normal(0, 0.4), -1, 1)) * style.roll_deg
    if style.exact_yaw_deg is not None:
        yaw = float(np.copysign(style.exact_yaw_deg, yaw))
    if style.exact_roll_deg is not None:
        roll = float(np.copysign(style.exact_roll_deg, roll))
    camera = aim_camera(
        size_wh,
        height_mm,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        focal=float(rng.uniform(0.75, 1.15)),
        distortion=float(rng.normal(0, 0.012)),
    )
    return camera, height_mm


def _bay_area(
    area: BoxMm, height_mm: float, rng: np.random.Generator, style: ShelfStyle
) -> tuple[BoxMm, float]:
    """Where shelves stand within what the picture shows, and where the floor begins."""
    left, top, right, bottom = area
    width = right - left
    bay_left, bay_right = left - 150.0, right + 150.0
    bay_top = top - float(rng.uniform(0, 0.25)) * height_mm
    floor = bay_top + float(rng.uniform(1700, 2300)) + 0.2 * height_mm
    if rng.random() < style.surroundings:
        match int(rng.integers(4)):
            case 0:
                bay_left = left + width * float(rng.uniform(0.08, 0.35))
            case 1:
                bay_right = right - width * float(rng.uniform(0.08, 0.35))
            case 2:
                bay_top = top + (bottom - top) * float(rng.uniform(0.1, 0.35))
            case _:
                floor = bottom - (bottom - top) * float(rng.uniform(0.1, 0.35))
    return (bay_left, bay_top, bay_right, bottom), floor


def _paint(
    canvas: Canvas,
    camera: Camera,
    plan: Plan,
    fixture: Fixture,
    cache: SpriteCache,
    rng: np.random.Generator,
    style: ShelfStyle,
) -> tuple[list[Stamp | None], list[BoxMm]]:
    """Paint everything from the back to the front."""
    if rng.random() < style.surroundings:
        paint_header(canvas, rng, plan.rows)
    for row in plan.rows:
        paint_cavity(canvas, camera, row, fixture)
    paint_uprights(canvas, plan.rows, fixture, canvas.origin_mm[0] + float(rng.uniform(0, 900)))
    stamps: list[Stamp | None] = [None] * len(plan.placements)
    eye_x = camera.eye_xyd_mm[0]
    # Round distances group a stack, so that its upper packs are painted last.
    order = sorted(
        range(len(plan.placements)),
        key=lambda i: (
            plan.placements[i].facing,
            -round(plan.placements[i].depth_mm / 80),
            -round(abs(plan.placements[i].x_mm - eye_x) / 8),
            plan.placements[i].level,
        ),
    )
    for i in order:
        stamps[i] = _paint_pack(canvas, camera, plan.placements[i], i + 1, cache, rng)
    tags: list[BoxMm] = []
    for row in plan.rows:
        shade = 0.1 + 0.4 * float(rng.random())
        reach = row.top_mm + 0.45 * (row.line_mm - row.top_mm)
        canvas.shadow((row.left_mm, row.top_mm, row.right_mm, reach), 1 - shade)
    for row in plan.rows:
        tags.extend(paint_board(canvas, row, fixture, rng))
    if rng.random() < style.clutter:
        paint_wobblers(canvas, rng, plan.rows)
    return stamps, tags


def _paint_pack(
    canvas: Canvas,
    camera: Camera,
    placement: Placement,
    number: int,
    cache: SpriteCache,
    rng: np.random.Generator,
) -> Stamp | None:
    item = placement.item
    eye_x, eye_y, distance = camera.eye_xyd_mm
    gain = float(rng.uniform(0.98, 1.1)) / (1 + placement.depth_mm / 350)
    x, y, shrink = camera.seen_at_depth((placement.x_mm, placement.base_mm), placement.depth_mm)
    top_mm = placement.base_mm - item.height_mm
    yaw = np.clip((placement.x_mm - eye_x) / distance, -0.6, 0.6)
    pitch = np.clip((top_mm - eye_y) / distance, -0.4, 0.4)
    view = View(
        float(np.degrees(np.arctan(yaw))), float(np.degrees(np.arctan(pitch))), placement.turn_deg
    )
    front = (item.width_mm, item.height_mm)
    longer_px = max(front) * canvas.px_per_mm * shrink
    sprite = cache.sprite(item, View() if placement.fallen else view, longer_px)
    if placement.fallen:
        sprite = lie_down(sprite, front)
        front = (front[1], front[0])
    return canvas.stamp(
        sprite,
        front,
        (x, y),
        shrink,
        placement.tilt_deg,
        gain,
        number if placement.facing else NOBODY,
    )


def _visible_pixels(canvas: Canvas, camera: Camera, count: int) -> IntArray:
    """(count + 1,) pixels of each id that the picture shows."""
    border = (camera.visible_polygon_mm() - canvas.origin_mm) * canvas.px_per_mm
    inside = np.zeros(canvas.ids.shape, np.uint8)
    # Coordinates far outside overflow fixed point; nothing of interest is there.
    limited = np.clip(border, -20_000, 20_000)
    cv2.fillPoly(inside, [np.round(limited * 16 - 8).astype(np.int32)], 1, cv2.LINE_8, 4)
    seen = canvas.ids.ravel()[inside.ravel() > 0]
    return np.bincount(seen, minlength=count + 1)
