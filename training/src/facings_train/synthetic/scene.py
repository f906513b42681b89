"""Render a shelf of products as a phone sees it, with the exact truth of every facing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray, IntArray
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

LARGEST_CANVAS_PX = 5_000_000
LEAST_VISIBLE = 0.04
"""Facings of which less shows are left out of the truth: nobody would see them."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderedShelf:
    """One picture and its truth: front facings by row from the top, then from the left."""

    image: ByteImage
    """(H, W, 3) RGB."""
    boxes_xyxy: FloatArray
    """(N, 4) tight around each whole silhouette, hidden parts included, clipped to the picture."""
    quads: FloatArray
    """(N, 4, 2) corners of each front, clockwise from the pack's own top left; not clipped to
    the picture, but to the silhouette's unclipped box."""
    gtins: tuple[str, ...]
    visible_share: FloatArray
    """(N,) share of the silhouette that is neither hidden nor outside the picture."""
    shelf_index: IntArray
    """(N,) row of `shelf_lines_xyxy`, 0 at the top."""
    position_index: IntArray
    """(N,) place in the row from the left; within a stack from the bottom."""
    shelf_lines_xyxy: FloatArray
    """(S, 4) front edges from the picture's left to its right side or the shelf's end; y may
    lie outside the picture where only the packs are in it."""
    price_tag_boxes_xyxy: FloatArray
    """(P, 4) clipped to the picture."""
    gap_boxes_xyxy: FloatArray
    """(G, 4) empty facings, clipped to the picture."""


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
    area = _bounds(np.clip(seen, -reach, reach))
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
    return _truth(image, camera, plan, stamps, counts, tags)


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
    camera = aim_camera(
        size_wh,
        height_mm,
        yaw_deg=float(rng.uniform(-spread, spread)),
        pitch_deg=float(rng.uniform(*style.pitch_deg)) * (1.0 if rng.random() < 0.5 else 0.4),
        roll_deg=float(np.clip(rng.normal(0, 0.4), -1, 1)) * style.roll_deg,
        focal=float(rng.uniform(0.75, 1.15)),
        distortion=float(rng.normal(0, 0.012)),
    )
    return camera, height_mm


def _bounds(points: NDArray[np.floating]) -> tuple[float, float, float, float]:
    low, high = points.min(0), points.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


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


def _truth(
    image: ByteImage,
    camera: Camera,
    plan: Plan,
    stamps: list[Stamp | None],
    counts: IntArray,
    tags: list[BoxMm],
) -> RenderedShelf:
    width, height = camera.size_wh
    kept: list[tuple[Placement, FloatArray, FloatArray, float]] = []
    for i, (placement, stamp) in enumerate(zip(plan.placements, stamps, strict=True)):
        if stamp is None or not placement.facing or stamp.pixels == 0:
            continue
        share = min(float(counts[i + 1]) / stamp.pixels, 1.0)
        whole = _bounds(camera.project(stamp.outline_mm))
        box = _clip(whole, (width, height))
        if share < LEAST_VISIBLE or min(box[2] - box[0], box[3] - box[1]) < 3:
            continue
        quad = camera.project(stamp.quad_mm)
        if placement.fallen:
            quad = np.roll(quad, -3, axis=0)
        quad = np.clip(quad, whole[:2], whole[2:]).astype(np.float32)
        kept.append((placement, box, quad, share))
    kept.sort(key=lambda entry: (entry[0].row, entry[0].column, entry[0].level))
    rows = list(dict.fromkeys(placement.row for placement, *_ in kept))
    shelf_index = [rows.index(placement.row) for placement, *_ in kept]
    positions = [i - shelf_index.index(row) for i, row in enumerate(shelf_index)]
    lines = [_line(camera, plan, row) for row in rows]
    return RenderedShelf(
        image=image,
        boxes_xyxy=_stack([box for _, box, _, _ in kept], (0, 4)),
        quads=_stack([quad for *_, quad, _ in kept], (0, 4, 2)),
        gtins=tuple(placement.item.gtin for placement, *_ in kept),
        visible_share=np.array([share for *_, share in kept], np.float32),
        shelf_index=np.array(shelf_index, np.int64),
        position_index=np.array(positions, np.int64),
        shelf_lines_xyxy=_stack(lines, (0, 4)),
        price_tag_boxes_xyxy=_boxes(camera, tags, 0.6),
        gap_boxes_xyxy=_boxes(camera, list(plan.gaps_xyxy), 0.4),
    )


def _stack(arrays: list[FloatArray], empty: tuple[int, ...]) -> FloatArray:
    return np.stack(arrays).astype(np.float32) if arrays else np.zeros(empty, np.float32)


def _clip(box: tuple[float, float, float, float], size_wh: tuple[int, int]) -> FloatArray:
    limits = np.array([*size_wh, *size_wh], np.float32)
    return np.clip(np.array(box, np.float32), 0, limits)


def _boxes(camera: Camera, boxes_mm: list[BoxMm], least_inside: float) -> FloatArray:
    """(B, 4) boxes of rectangles on the plane of which enough is in the picture."""
    kept: list[FloatArray] = []
    for left, top, right, bottom in boxes_mm:
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        whole = _bounds(camera.project(corners))
        box = _clip(whole, camera.size_wh)
        area = (whole[2] - whole[0]) * (whole[3] - whole[1])
        inside = float((box[2] - box[0]) * (box[3] - box[1]))
        if inside >= least_inside * max(area, 1e-6) and inside > 9:
            kept.append(box)
    return _stack(kept, (0, 4))


def _line(camera: Camera, plan: Plan, number: int) -> FloatArray:
    """A board's front edge across the picture."""
    row = plan.rows[number]
    samples = np.linspace(row.left_mm, row.right_mm, 200)
    points = camera.project(np.column_stack([samples, np.full(200, row.line_mm)]))
    inside = points[(points[:, 0] >= 0) & (points[:, 0] <= camera.size_wh[0])]
    ends = inside if len(inside) >= 2 else points
    return np.concatenate([ends[0], ends[-1]]).astype(np.float32)
