"""Packs with flat sides: boxes, bricks, gable cartons and flat trays."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.lettering import write_text, write_vertical
from facings_train.synthetic.products import SyntheticProduct
from facings_train.synthetic.vocabulary import Rgb


def draw_box(
    product: SyntheticProduct,
    label: ByteImage,
    size_whd: tuple[int, int, int],
    yaw_deg: float,
    pitch_deg: float,
) -> tuple[ByteImage, tuple[float, float]]:
    """Draw a box with the side and the top that are seen from a view.

    Args:
        product: gives colours and kind.
        label: (H, W, 3) RGB of the front.
        size_whd: width, height and depth in pixels.
        yaw_deg: positive shows the left side.
        pitch_deg: positive shows the top.

    Returns:
        RGBA and the middle of the front's lower edge.
    """
    width, height, depth = size_whd
    # Parallel projection of the depth edges: exact enough within one pack.
    shift_x = round(-depth * float(np.tan(np.radians(yaw_deg))))
    shift_y = round(-depth * float(np.tan(np.radians(max(pitch_deg, 0.0)))))
    left, top = max(-shift_x, 0), -shift_y
    size_wh = (width + abs(shift_x), height + top)
    front = _front(product, label, (width, height))
    canvas = np.zeros((size_wh[1], size_wh[0], 4), np.uint8)
    corner = np.array([left, top], np.float32)
    back = np.array([shift_x, shift_y], np.float32)
    if abs(shift_x) > 1:
        edge = 0 if shift_x < 0 else width
        near = corner + np.array([[edge, 0], [edge, height]], np.float32)
        side = _side(product, (max(depth, 8), height), front[:, -1 if edge else 0])
        _paste_face(canvas, side, near[0], near[0] + back, near[1])
    if top > 1:
        near = corner + np.array([[0, 0], [width, 0]], np.float32)
        lid = _top(front, (width, max(depth, 8)))
        _paste_face(canvas, lid, near[0] + back, near[1] + back, near[0])
    canvas[top : top + height, left : left + width] = front
    return canvas, (left + width / 2, float(top + height))


def _paste_face(
    canvas: ByteImage, face: ByteImage, origin: FloatArray, right: FloatArray, below: FloatArray
) -> None:
    """Map a face's top left, top right and bottom left corners onto three points."""
    height, width = face.shape[:2]
    source = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    target = np.stack([origin, right, below]).astype(np.float32)
    matrix = cv2.getAffineTransform(source, target)
    size = (canvas.shape[1], canvas.shape[0])
    # Without filtering of the mask the shared edges would turn half transparent.
    mask = np.full((height, width), 255, np.uint8)
    warped = cv2.warpAffine(face, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST) > 0
    canvas[inside, :3] = warped[inside]
    canvas[inside, 3] = 255


def _front(product: SyntheticProduct, label: ByteImage, size_wh: tuple[int, int]) -> ByteImage:
    width, height = size_wh
    rgba = np.full((height, width, 4), 255, np.uint8)
    look = product.look
    if product.package == "gable":
        roof = int(height * 0.17)
        rgba[roof:, :, :3] = cv2.resize(label, (width, height - roof), interpolation=cv2.INTER_AREA)
        _gable(rgba, roof, look.ground, look.lid, bool(look.shape % 2))
    else:
        rgba[..., :3] = cv2.resize(label, size_wh, interpolation=cv2.INTER_AREA)
    # A soft sheen, brighter towards one corner, and worn, lighter edges.
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    sheen = np.exp(-((x * 0.8 + y * 0.5 + look.shape % 7 * 0.2 - 0.6) ** 2) * 6)
    gain = 0.95 + 0.14 * look.glossy * sheen - 0.05 * y
    gain[:, [0, -1]] *= 0.8
    gain[[0, -1]] *= 0.85
    rgba[..., :3] = np.clip(rgba[..., :3] * gain[..., None], 0, 255).astype(np.uint8)
    return rgba


def _gable(rgba: ByteImage, roof: int, ground: Rgb, lid: Rgb, capped: bool) -> None:
    """Draw the slanted roof and the fin on top of a drinks carton, and its cap."""
    width = rgba.shape[1]
    fin = max(roof // 3, 2)
    base = np.array(ground, np.float32)
    rgba[:roof, :, :3] = np.clip(base * 0.82 + 12, 0, 255).astype(np.uint8)
    rgba[:fin, :, :3] = np.clip(base * 0.95 + 20, 0, 255).astype(np.uint8)
    rgba[fin : fin + 1, :, :3] //= 2
    rgba[roof - 1 : roof, :, :3] = np.clip(base * 0.65, 0, 255).astype(np.uint8)
    for row in range(fin, roof):
        inset = int((roof - row) / roof * width * 0.05)
        rgba[row, :inset, 3] = 0
        rgba[row, width - inset :, 3] = 0
    rgba[:fin, : int(width * 0.04), 3] = 0
    rgba[:fin, width - int(width * 0.04) :, 3] = 0
    if capped:
        centre = (width // 2, int(roof * 0.66))
        # cv2 cannot draw into a strided RGB view, so draw the cap in all four channels.
        rim = (lid[0] // 2, lid[1] // 2, lid[2] // 2, 255)
        cv2.circle(rgba, centre, int(roof * 0.3) + 1, rim, -1, cv2.LINE_AA)
        cv2.circle(rgba, centre, int(roof * 0.25) + 1, (*lid, 255), -1, cv2.LINE_AA)


def _side(product: SyntheticProduct, size_wh: tuple[int, int], front_edge: ByteImage) -> ByteImage:
    """The narrow face: the front's colours going round the corner, with a word and a table."""
    width, height = size_wh
    column = front_edge[:, :3].astype(np.float32)
    smooth = cv2.blur(column[:, None, :], (1, max(height // 8, 1)))
    base = np.repeat(smooth * 0.72, width, axis=1).clip(0, 255).astype(np.uint8)
    panel = Image.fromarray(base)
    draw = ImageDraw.Draw(panel)
    white = (232, 232, 228)
    if product.look.shape % 2:
        write_vertical(
            panel,
            product.brand,
            (width // 5, height // 8, width * 4 // 5, height * 7 // 8),
            product.look.wordmark_font,
            white,
        )
    else:
        table = (width // 8, height // 3, width * 7 // 8, height * 3 // 4)
        draw.rectangle(table, fill=white)
        for y in range(table[1] + 4, table[3] - 2, 7):
            draw.line((table[0] + 3, y, table[2] - 4, y), fill=(70, 70, 70))
        write_text(
            draw,
            product.brand,
            (2, height // 10, width - 2, height // 4),
            product.look.wordmark_font,
            white,
        )
    return np.asarray(panel)


def _top(front: ByteImage, size_wh: tuple[int, int]) -> ByteImage:
    row = front[front.shape[0] // 30 + 1, :, :3].astype(np.float32).mean(axis=0)
    face = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    face[:] = np.clip(row * 1.08 + 8, 0, 255).astype(np.uint8)
    face[size_wh[1] // 2 :: max(size_wh[1] // 2, 1)] //= 2
    return face
