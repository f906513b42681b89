"""Paint the shelf itself: back walls, boards, uprights, price rails and what hangs from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw

from facings.types import ByteImage
from facings_train.synthetic.camera import Camera
from facings_train.synthetic.canvas import Canvas
from facings_train.synthetic.lettering import write_text
from facings_train.synthetic.look import hsv
from facings_train.synthetic.planogram import Row
from facings_train.synthetic.vocabulary import Rgb

BoxMm = tuple[float, float, float, float]
TAG_COLOURS: dict[str, Rgb] = {
    "paper": (246, 246, 242),
    "strip": (250, 250, 246),
    "yellow": (252, 214, 30),
    "electronic": (214, 218, 212),
}
PROMO_COLOURS: tuple[Rgb, ...] = ((226, 24, 32), (254, 216, 0), (250, 120, 20))
BOARD_DEPTH_MM = 420.0
BOARD_MM = 22.0
"""Thickness of a board behind its rail."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One store's shelving."""

    wall: Rgb
    board: Rgb
    rail: Rgb
    rail_mm: float
    lip_mm: float
    """How far the rail stands above the board and hides the packs' feet."""
    tag: str
    """Style of the price tags: paper, yellow, electronic or strip."""
    tag_wh_mm: tuple[float, float]
    perforated: bool
    upright_mm: float
    """Distance of uprights; 0 for none."""
    promo: float
    """Chance of a promotion card a block."""


def make_fixture(rng: np.random.Generator, rail_mm: float) -> Fixture:
    """Invent a store's shelving."""
    white = hsv(rng.random(), 0.04, rng.uniform(0.65, 0.95))
    dark = hsv(rng.random(), rng.uniform(0.0, 0.3), rng.uniform(0.08, 0.35))
    grey = int(rng.uniform(150, 235))
    coloured = hsv(rng.random(), rng.uniform(0.4, 0.9), rng.uniform(0.25, 0.75))
    rails = (white, dark, coloured, (70, 52, 44), (grey, grey, grey), (grey, grey, grey - 4))
    tag = str(rng.choice(["paper", "paper", "yellow", "electronic", "strip"]))
    return Fixture(
        wall=white if rng.random() < 0.55 else dark,
        board=white if rng.random() < 0.7 else dark,
        rail=rails[int(rng.integers(len(rails)))],
        rail_mm=rail_mm,
        lip_mm=float(rng.choice([0.0, 0.0, 4.0, 12.0, 22.0])),
        tag=tag,
        tag_wh_mm=(float(rng.uniform(38, 80)), rail_mm * float(rng.uniform(0.7, 1.05))),
        perforated=bool(rng.random() < 0.25),
        upright_mm=float(rng.choice([0, 900, 1000, 1250])),
        promo=float(rng.choice([0.0, 0.05, 0.2])),
    )


def paint_cavity(canvas: Canvas, camera: Camera, row: Row, fixture: Fixture) -> None:
    """Paint what is behind a row's packs: the wall, the board below and the one above."""
    box = (row.left_mm, row.top_mm - BOARD_MM, row.right_mm, row.line_mm)
    canvas.fill(box, fixture.wall)
    if fixture.perforated:
        _perforate(canvas, box)
    back = camera.seen_at_depth((0.0, row.line_mm), BOARD_DEPTH_MM)[1]
    if back < row.line_mm and not row.pegs:
        canvas.fill((row.left_mm, back, row.right_mm, row.line_mm), fixture.board)
        canvas.fade((row.left_mm, back, row.right_mm, row.line_mm), 0.4, 0.95)
    under = camera.seen_at_depth((0.0, row.top_mm), BOARD_DEPTH_MM)[1]
    canvas.fade((row.left_mm, row.top_mm, row.right_mm, row.line_mm), 0.35, 0.75)
    if under > row.top_mm:
        below = (row.left_mm, row.top_mm, row.right_mm, under)
        canvas.fill(below, fixture.board)
        canvas.fade(below, 0.45, 0.45)


def _perforate(canvas: Canvas, box: BoxMm) -> None:
    left, top, right, bottom = canvas.pixels(box)
    step = 25 * canvas.px_per_mm
    if step < 5:
        return
    part = canvas.image[top:bottom, left:right]
    rows = (np.arange(part.shape[0]) % step) < step * 0.2
    columns = (np.arange(part.shape[1]) % step) < step * 0.2
    part[np.ix_(rows, columns)] //= 3


def paint_board(
    canvas: Canvas, row: Row, fixture: Fixture, rng: np.random.Generator
) -> list[BoxMm]:
    """Paint a row's front edge with its price tags, before the packs' feet.

    Returns:
        The price tags' boxes in mm.
    """
    if row.pegs:
        return _paint_hooks(canvas, row, rng)
    for left, right, height in row.trays_mm:
        _paint_tray(canvas, rng, (left, row.line_mm - height, right, row.line_mm))
    top, bottom = row.line_mm - fixture.lip_mm, row.line_mm + fixture.rail_mm
    canvas.fill((row.left_mm, top, row.right_mm, bottom), fixture.rail)
    canvas.fade((row.left_mm, top, row.right_mm, top + 5), 1.25, 1.0)
    canvas.fade((row.left_mm, bottom - 6, row.right_mm, bottom), 0.9, 0.5)
    if fixture.tag == "strip":
        inset = fixture.rail_mm * 0.16
        canvas.fill((row.left_mm, top + inset, row.right_mm, bottom - inset), (238, 236, 228))
    tags = []
    for (start, end), cents in zip(row.blocks_mm, row.prices_cents, strict=True):
        if rng.random() < 0.1:
            continue
        tags.append(_tag(canvas, fixture, rng, (start, end), cents, bottom))
    return tags


def _paint_tray(canvas: Canvas, rng: np.random.Generator, box: BoxMm) -> None:
    """The low front of the cardboard box in which packs were delivered."""
    printed = rng.random() < 0.5
    colour = hsv(
        rng.random() if printed else rng.uniform(0.07, 0.1),
        rng.uniform(0.4, 0.9) if printed else rng.uniform(0.3, 0.45),
        rng.uniform(0.35, 0.85),
    )
    canvas.fill(box, colour)
    left, top, right, bottom = box
    if printed:
        stripe = (left, top + (bottom - top) * 0.35, right, bottom - 4)
        canvas.fill(stripe, hsv(rng.random(), 0.5, 0.8))
    canvas.fade((left, top, right, top + 2), 1.25, 1.25)
    canvas.fade((right - 2, top, right, bottom), 0.6, 0.6)
    canvas.fade((left, top, right, bottom), 1.0, 0.8)


def _tag(
    canvas: Canvas,
    fixture: Fixture,
    rng: np.random.Generator,
    block: tuple[float, float],
    cents: int,
    bottom: float,
) -> BoxMm:
    promo = rng.random() < fixture.promo
    width, height = fixture.tag_wh_mm
    if promo:
        width, height = width * 1.5, height * 2.2
    x = block[0] + float(rng.uniform(0, max(block[1] - block[0] - width, 1)))
    if rng.random() < 0.6:
        x = block[0] + 2
    low = bottom - fixture.rail_mm * 0.06 + (height * 0.5 if promo and rng.random() < 0.5 else 0)
    box = (x, low - height, x + width, low)
    kind = "promo" if promo else fixture.tag
    canvas.place_picture(tag_picture(kind, cents, int(rng.integers(3))), box)
    return box


def _paint_hooks(canvas: Canvas, row: Row, rng: np.random.Generator) -> list[BoxMm]:
    tags: list[BoxMm] = []
    last = -1e9
    prices = _cycle(row.prices_cents, len(row.hooks_mm))
    for (x, y), cents in zip(row.hooks_mm, prices, strict=True):
        canvas.fill((x - 2.5, y - 8, x + 2.5, y + 9), (168, 170, 176))
        canvas.fill((x - 2.5, y + 9, x + 2.5, y + 11), (90, 90, 96))
        if x - last > 60 and rng.random() < 0.7:
            box = (x - 19, y + 2, x + 19, y + 25)
            canvas.place_picture(tag_picture("paper", cents, int(rng.integers(3))), box)
            tags.append(box)
            last = x
    return tags


def _cycle(values: tuple[int, ...], count: int) -> list[int]:
    return [values[i % len(values)] for i in range(count)] if values else [99] * count


def paint_uprights(
    canvas: Canvas, rows: tuple[Row, ...], fixture: Fixture, start_mm: float
) -> None:
    """Paint the posts between bays, in front of the back wall only."""
    if fixture.upright_mm == 0 or not rows:
        return
    x = start_mm
    while x < rows[0].right_mm:
        if x > rows[0].left_mm:
            canvas.fill((x - 14, rows[0].top_mm, x + 14, rows[-1].line_mm), fixture.board)
            canvas.fill((x - 2, rows[0].top_mm, x + 2, rows[-1].line_mm), (60, 60, 64))
            canvas.fade((x - 14, rows[0].top_mm, x + 14, rows[-1].line_mm), 0.7, 0.7)
        x += fixture.upright_mm


@lru_cache(maxsize=4096)
def tag_picture(kind: str, cents: int, variant: int) -> ByteImage:
    """(H, W, 3) RGB of a price tag."""
    width, height = 176, 100
    price = f"{cents / 100:.2f}"
    ground = PROMO_COLOURS[variant] if kind == "promo" else TAG_COLOURS[kind]
    panel = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(panel)
    ink = (255, 255, 255) if kind == "promo" and variant == 0 else (20, 20, 22)
    if kind == "promo":
        write_text(draw, ("SALE", "OFFER", "-30 %")[variant], (8, 4, 168, 38), "lato-black", ink)
        write_text(draw, price, (8, 40, 168, 96), "redhat-black", ink)
        return np.asarray(panel)
    body = (62, 30, 170, 92) if variant else (8, 26, 120, 94)
    write_text(draw, price, body, "roboto-black", (190, 20, 24) if variant == 2 else ink)
    write_text(draw, "PRODUCT 500 g", (6, 4, 140, 22), "roboto", ink, align="left")
    bars = np.random.default_rng(cents)
    left = 8 if variant else 128
    for x in range(left, left + 40, 3):
        if bars.random() < 0.6:
            draw.line((x, 44, x, 80), fill=ink, width=1 + int(bars.random() < 0.4))
    image = np.asarray(panel).copy()
    frame = (150, 152, 154) if kind == "electronic" else (190, 188, 184)
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), frame, 5 if kind == "electronic" else 2)
    return image
