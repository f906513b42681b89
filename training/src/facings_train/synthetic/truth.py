"""The exact truth of a rendered shelf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage, FloatArray, IntArray
from facings_train.synthetic.camera import Camera
from facings_train.synthetic.canvas import Stamp
from facings_train.synthetic.planogram import Placement, Plan

BoxMm = tuple[float, float, float, float]
LEAST_VISIBLE = 0.04
"""Facings of which less shows are left out of the truth: nobody would see them."""
SMALLEST_PX = 3


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


def bounds_of(points: NDArray[np.floating]) -> BoxMm:
    """Left, top, right and bottom of (N, 2) points."""
    low, high = points.min(0), points.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def collect_truth(
    image: ByteImage,
    camera: Camera,
    plan: Plan,
    stamps: list[Stamp | None],
    counts: IntArray,
    tags: list[BoxMm],
) -> RenderedShelf:
    """Work out where everything lies in the picture.

    Args:
        image: (H, W, 3) RGB, the finished picture.
        camera: that took it.
        plan: what stands where.
        stamps: what each placement of the plan covers; None where it was not painted.
        counts: (placements + 1,) visible pixels of each placement, after one of nobody.
        tags: price tags on the plane.
    """
    facings = [
        (placement, stamp, float(counts[i + 1]) / max(stamp.pixels, 1))
        for i, (placement, stamp) in enumerate(zip(plan.placements, stamps, strict=True))
        if stamp is not None and placement.facing and counts[i + 1] >= LEAST_VISIBLE * stamp.pixels
    ]
    outlines = _project_all(camera, [stamp.outline_mm for _, stamp, _ in facings])
    quads = _project_all(camera, [stamp.quad_mm for _, stamp, _ in facings])
    kept: list[tuple[Placement, FloatArray, FloatArray, float]] = []
    for (placement, _, share), outline, quad in zip(facings, outlines, quads, strict=True):
        whole = bounds_of(outline)
        box = _clip(whole, camera.size_wh)
        if min(box[2] - box[0], box[3] - box[1]) < SMALLEST_PX:
            continue
        # A pack that fell on its left side has its own top left at the lower left.
        upright = np.roll(quad, 1, axis=0) if placement.fallen else quad
        clipped = np.clip(upright, whole[:2], whole[2:]).astype(np.float32)
        kept.append((placement, box, clipped, min(share, 1.0)))
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


def _project_all(camera: Camera, groups: list[FloatArray]) -> list[FloatArray]:
    """Project groups of points in one go."""
    if not groups:
        return []
    ends = np.cumsum([len(group) for group in groups])[:-1]
    return np.split(camera.project(np.concatenate(groups)), ends)


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
        whole = bounds_of(camera.project(corners))
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
