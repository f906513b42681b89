"""What is not shelf: floor, ceiling and aisle behind it, and hands, bars and signs before it."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from facings.types import ByteImage
from facings_train.synthetic.canvas import NOBODY, Canvas
from facings_train.synthetic.lettering import write_text
from facings_train.synthetic.look import hsv
from facings_train.synthetic.patterns import smooth_noise
from facings_train.synthetic.planogram import Row

SIGN_WORDS = ("SPECIAL OFFER", "NEW", "2 FOR 1", "SNACKS", "DRINKS", "AISLE 7", "LOW PRICE", "BIO")


def paint_surroundings(canvas: Canvas, rng: np.random.Generator, floor_mm: float) -> None:
    """Paint ceiling, far aisle and floor over the whole canvas, for shelves to cover."""
    width, height = canvas.size_wh
    noise = smooth_noise((width // 8 + 2, height // 8 + 2), rng, 9)
    base = np.array(hsv(rng.random(), rng.uniform(0, 0.25), rng.uniform(0.35, 0.9)), np.float32)
    coarse = np.clip(base * (0.7 + 0.5 * noise[..., None]), 0, 255).astype(np.uint8)
    canvas.image[:] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    horizon = int((floor_mm - canvas.origin_mm[1]) * canvas.px_per_mm)
    _aisle_blur(canvas.image[: max(min(horizon, height), 0)], rng)
    _ceiling(canvas.image, rng)
    if 0 <= horizon < height:
        _floor(canvas.image[horizon:], rng)


def _aisle_blur(image: ByteImage, rng: np.random.Generator) -> None:
    """Far shelves out of focus: rows of coloured smears."""
    height, width = image.shape[:2]
    if height < 40 or width < 40 or rng.random() < 0.4:
        return
    small = np.empty((24, 60, 3), np.uint8)
    small[:] = rng.integers(30, 220, (24, 60, 3))
    small[::4] = rng.integers(120, 230)
    soft = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.6, 1.4)))
    low = slice(height // 4, height)
    size = (width, height - height // 4)
    far = cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC)
    image[low] = cv2.addWeighted(image[low], 0.4, far, 0.6, 0)


def _ceiling(image: ByteImage, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        x, y = int(rng.integers(width)), int(rng.integers(max(height // 4, 1)))
        length = int(width * rng.uniform(0.03, 0.2))
        thick = max(int(height * rng.uniform(0.004, 0.02)), 2)
        slant = int(rng.integers(-thick * 3, thick * 3 + 1))
        cv2.line(image, (x, y), (x + length, y + slant), (253, 253, 248), thick, cv2.LINE_AA)


def _floor(image: ByteImage, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    base = np.array(hsv(rng.random(), rng.uniform(0, 0.2), rng.uniform(0.4, 0.85)))
    image[:] = base.astype(np.uint8)
    joint = tuple(int(c * 0.7) for c in base)
    step = max(int(height * rng.uniform(0.15, 0.4)), 12)
    for k, y in enumerate(range(0, height, step)):
        cv2.line(image, (0, y), (width, y), joint, 1 + k // 2, cv2.LINE_AA)
    for x in range(-width, 2 * width, step * 2):
        cv2.line(image, (x, 0), (x + (x - width // 2) // 2, height), joint, 1, cv2.LINE_AA)


def paint_header(canvas: Canvas, rng: np.random.Generator, rows: tuple[Row, ...]) -> None:
    """Paint the board with the aisle's name on top of a bay."""
    first = rows[0]
    height = float(rng.uniform(80, 220))
    box = (first.left_mm, first.top_mm - 22 - height, first.right_mm, first.top_mm)
    canvas.fill(box, hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.3, 0.95)))
    x = first.left_mm + float(rng.uniform(0, 400))
    while x < first.right_mm:
        width = height * float(rng.uniform(2, 4))
        sign = sign_picture(rng, (240, 70))
        canvas.place_picture(sign, (x, box[1] + height * 0.12, x + width, box[3] - height * 0.3))
        x += width + float(rng.uniform(100, 900))


def sign_picture(rng: np.random.Generator, size_wh: tuple[int, int]) -> ByteImage:
    """(H, W, 3) RGB of a sign with a few words."""
    ground = hsv(rng.random(), rng.uniform(0.0, 1.0), rng.uniform(0.4, 1.0))
    dark = sum(ground) > 380
    panel = Image.new("RGB", size_wh, ground)
    ink = (24, 24, 28) if dark else (250, 250, 250)
    pad = size_wh[1] // 8
    write_text(
        ImageDraw.Draw(panel),
        str(rng.choice(SIGN_WORDS)),
        (pad, pad, size_wh[0] - pad, size_wh[1] - pad),
        "lato-black",
        ink,
    )
    return np.asarray(panel)


def paint_wobblers(canvas: Canvas, rng: np.random.Generator, rows: tuple[Row, ...]) -> None:
    """Hang round or square cards from some boards, before the packs below."""
    for row in rows:
        if row.pegs or rng.random() > 0.5:
            continue
        size = float(rng.uniform(60, 120))
        x = float(rng.uniform(row.left_mm, row.right_mm))
        y = row.line_mm + float(rng.uniform(0, 40))
        picture = sign_picture(rng, (100, 100))
        if rng.random() < 0.5:
            canvas.place_picture(picture, (x, y, x + size, y + size))
            continue
        _paste_shape(canvas, (x, y, x + size, y + size), picture)


def _paste_shape(
    canvas: Canvas, box_mm: tuple[float, float, float, float], picture: ByteImage
) -> None:
    left, top, right, bottom = canvas.pixels(box_mm)
    if right - left < 8 or bottom - top < 8:
        return
    resized = cv2.resize(picture, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    mask = np.zeros(resized.shape[:2], np.uint8)
    centre = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.circle(mask, centre, min(centre), 255, -1)
    canvas.image[top:bottom, left:right][mask > 0] = resized[mask > 0]
    canvas.ids[top:bottom, left:right][mask > 0] = NOBODY


def paint_occluder(
    canvas: Canvas, rng: np.random.Generator, area_xyxy: tuple[float, float, float, float]
) -> None:
    """Put something between camera and shelf: a hand, a trolley's bar or a hanging sign."""
    left, top, right, bottom = area_xyxy
    size = min(right - left, bottom - top)
    mask: ByteImage = np.zeros(canvas.ids.shape, np.uint8)
    x, y = float(rng.uniform(left, right)), float(rng.uniform(top, bottom))
    scale = canvas.px_per_mm
    spot = (int((x - canvas.origin_mm[0]) * scale), int((y - canvas.origin_mm[1]) * scale))
    match str(rng.choice(["hand", "bar", "sign"])):
        case "hand":
            colour = hsv(rng.uniform(0.04, 0.08), rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.9))
            _hand_mask(mask, spot, int(size * scale * rng.uniform(0.05, 0.12)), rng)
        case "bar":
            colour = hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.15, 0.8))
            thick = max(int(size * scale * rng.uniform(0.02, 0.05)), 3)
            low = int((bottom - canvas.origin_mm[1]) * scale - size * scale * rng.uniform(0, 0.15))
            tilt = int(rng.normal(0, 0.05) * mask.shape[1])
            cv2.line(mask, (0, low), (mask.shape[1], low + tilt), 255, thick, cv2.LINE_AA)
            for step in range(0, mask.shape[1], thick * 4):
                cv2.line(mask, (step, low), (step, mask.shape[0]), 255, max(thick // 5, 1))
        case _:
            half = size * 0.12 * float(rng.uniform(0.5, 1.3))
            box = (x - half * 1.4, top - 10, x + half * 1.4, top + half * 1.2)
            canvas.place_picture(sign_picture(rng, (160, 90)), box)
            return
    _blend_mask(canvas, mask, colour, rng)


def _hand_mask(mask: ByteImage, spot: tuple[int, int], size: int, rng: np.random.Generator) -> None:
    cv2.ellipse(mask, spot, (int(size * 0.6), int(size * 0.75)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    lean = float(rng.uniform(-0.5, 0.5))
    for k in range(4):
        angle = -np.pi / 2 + lean + (k - 1.5) * 0.24
        length = size * (1.5 if k in (1, 2) else 1.25)
        tip = (int(spot[0] + length * np.cos(angle)), int(spot[1] + length * np.sin(angle)))
        cv2.line(mask, spot, tip, 255, max(int(size * 0.3), 2), cv2.LINE_AA)
    thumb = (int(spot[0] + size), int(spot[1] - size * 0.2))
    cv2.line(mask, spot, thumb, 255, max(int(size * 0.32), 2), cv2.LINE_AA)
    wrist = (int(spot[0] - lean * 4 * size), mask.shape[0] + size)
    cv2.line(mask, spot, wrist, 255, max(int(size * 0.95), 3), cv2.LINE_AA)


def _blend_mask(
    canvas: Canvas, mask: ByteImage, colour: tuple[int, int, int], rng: np.random.Generator
) -> None:
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0 or height == 0:
        return
    part = mask[y : y + height, x : x + width]
    distance = cv2.distanceTransform((part > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_px = max(float(distance.max()) * 0.8, 1.0)
    gain = 0.6 + 0.45 * np.clip(distance / round_px, 0, 1) * float(rng.uniform(0.8, 1.1))
    shaded = np.clip(gain[..., None] * np.array(colour), 0, 255)
    alpha = (part / 255.0)[..., None]
    target = canvas.image[y : y + height, x : x + width]
    target[:] = (target * (1 - alpha) + shaded * alpha).astype(np.uint8)
    canvas.ids[y : y + height, x : x + width][part > 127] = NOBODY
