"""Write text into rectangles of a label."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageDraw

from facings_train.synthetic.fonts import load_font, text_extent
from facings_train.synthetic.vocabulary import Rgb

Align = Literal["left", "centre", "right"]
PixelBox = tuple[int, int, int, int]


def write_text(
    draw: ImageDraw.ImageDraw,
    text: str,
    box: PixelBox,
    font: str,
    ink: Rgb,
    *,
    align: Align = "centre",
    edge: Rgb | None = None,
) -> None:
    """Write text as large as fits a box, on one line or more.

    Args:
        draw: where to.
        text: words; broken at spaces where that makes the letters larger.
        box: left, top, right, bottom in pixels.
        font: a key of `FONT_FILES`.
        ink: colour of the letters.
        align: within the box.
        edge: colour of an outline, or None.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    if width < 4 or height < 3:
        return
    size_px, lines = _largest(text, font, width, height)
    face = load_font(font, max(size_px, 3))
    step = height / len(lines)
    for number, line in enumerate(lines):
        extent = text_extent(font, line)
        line_width = extent[0] * size_px / 100
        left = {
            "left": float(box[0]),
            "centre": box[0] + (width - line_width) / 2,
            "right": box[2] - line_width,
        }[align]
        ink_height = extent[1] * size_px / 100
        top = box[1] + step * number + (step - ink_height) / 2 - extent[2] * size_px / 100
        stroke = max(size_px // 14, 1) if edge else 0
        draw.text((left, top), line, ink, face, stroke_width=stroke, stroke_fill=edge)


def _largest(text: str, font: str, width: int, height: int) -> tuple[int, list[str]]:
    """The largest font size and the lines it takes."""
    words = text.split()
    best: tuple[int, list[str]] = (0, [text])
    for count in range(1, min(len(words), 3) + 1):
        lines = _split(words, count)
        extents = [text_extent(font, line) for line in lines]
        widest = max(extent[0] for extent in extents)
        tallest = max(extent[1] for extent in extents)
        room = height / count * (0.94 if count == 1 else 0.82)
        size_px = int(min(width / widest, room / tallest) * 100)
        if size_px > best[0]:
            best = (size_px, lines)
    return best


def _split(words: list[str], count: int) -> list[str]:
    """Split words into `count` lines of about the same length."""
    total = sum(len(word) for word in words)
    lines: list[list[str]] = [[] for _ in range(count)]
    written = 0
    for word in words:
        lines[min(int((written + len(word) / 2) * count / max(total, 1)), count - 1)].append(word)
        written += len(word)
    return [" ".join(line) for line in lines if line]


def write_vertical(
    image: Image.Image, text: str, box: PixelBox, font: str, ink: Rgb, edge: Rgb | None = None
) -> None:
    """Write text that reads upwards into a box of an RGB picture."""
    width, height = box[2] - box[0], box[3] - box[1]
    patch = image.crop(box).rotate(-90, expand=True)
    write_text(ImageDraw.Draw(patch), text, (0, 0, height, width), font, ink, edge=edge)
    image.paste(patch.rotate(90, expand=True), (box[0], box[1]))
