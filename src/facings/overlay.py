"""Draw a scan into its picture: one outline, badge and label a facing, a legend below.

A state is told three times, by the outline's pattern, by the badge's sign and by colour,
so nobody depends on colour. Everything is drawn three times too large and scaled down,
because Pillow does not smooth what it draws.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facings.catalogue.gtin import natural_form
from facings.types import ByteImage, Facing, FloatArray, State

Rgb = tuple[int, int, int]
Points = list[tuple[float, float]]

_OVERSAMPLING = 3
_CASING: tuple[int, int, int, int] = (12, 18, 24, 150)
_SCRIM: tuple[int, int, int, int] = (12, 18, 24, 205)
_STRIP: Rgb = (16, 23, 30)
_WHITE: Rgb = (255, 255, 255)
_MUTED: Rgb = (176, 190, 202)
_SPELLED = str.maketrans("łŁøØđĐ", "lLoOdD") | {
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("Æ"): "Ae",
    ord("œ"): "oe",
    ord("Œ"): "Oe",
    ord("\N{LATIN SMALL LETTER DOTLESS I}"): "i",
    ord("\N{EN DASH}"): "-",
    ord("\N{RIGHT SINGLE QUOTATION MARK}"): "'",
}
_SHELF: tuple[int, int, int, int] = (255, 255, 255, 215)


@dataclass(frozen=True, slots=True)
class StateStyle:
    """How one state looks. Colours keep apart under every common colour blindness."""

    color: Rgb
    ink: Rgb
    """Of the sign on the badge."""
    pattern: Literal["solid", "dashed", "dotted"]


_STYLES: dict[State, StateStyle] = {
    "recognised": StateStyle((0, 196, 140), (6, 32, 25), "solid"),
    "ambiguous": StateStyle((255, 176, 0), (51, 32, 0), "dashed"),
    "unknown": StateStyle((226, 232, 240), (30, 38, 48), "dotted"),
}


def draw_scan(image: ByteImage, facings: Sequence[Facing], lines_xyxy: FloatArray) -> Image.Image:
    """Draw what was found into a copy of the picture.

    Args:
        image: (H, W, 3) RGB.
        facings: boxes in pixels of `image`.
        lines_xyxy: (S, 4) front edge of each shelf in pixels of `image`.

    Returns:
        RGB, as wide as `image` and higher by the legend's strip.
    """
    height, width = image.shape[:2]
    unit = _unit(width, height)
    canvas = Image.fromarray(image).convert("RGBA")
    for line in lines_xyxy.tolist():
        _draw_shelf(canvas, line, unit)
    for facing in _unknown_first(facings):
        _draw_facing(canvas, facing, unit)
    for facing in facings:
        _draw_label(canvas, facing, unit)
    strip = _legend(width, facings, len(lines_xyxy), unit)
    drawn = Image.new("RGB", (width, height + strip.height), _STRIP)
    drawn.paste(canvas.convert("RGB"), (0, 0))
    drawn.paste(strip, (0, height))
    return drawn


def _unit(width: int, height: int) -> float:
    """Length in pixels that is 1 at 1600 x 1200: everything drawn is measured in it."""
    return max(0.55, math.sqrt(width * height / (1600 * 1200)))


def _unknown_first(facings: Iterable[Facing]) -> list[Facing]:
    """Order facings so that what matters more is drawn over what matters less."""
    order: list[State] = ["unknown", "ambiguous", "recognised"]
    return sorted(facings, key=lambda each: order.index(each.match.state))


def _draw_shelf(canvas: Image.Image, line: list[float], unit: float) -> None:
    x0, y0, x1, y1 = line
    pad = math.ceil(4 * unit)
    left, top = math.floor(min(x0, x1)) - pad, math.floor(min(y0, y1)) - pad
    size = (math.ceil(abs(x1 - x0)) + 2 * pad, math.ceil(abs(y1 - y0)) + 2 * pad)
    sprite = Sprite(size)
    points = [(x0 - left, y0 - top), (x1 - left, y1 - top)]
    sprite.stroke(points, 4.0 * unit, _CASING)
    sprite.stroke(points, 1.8 * unit, _SHELF)
    sprite.put(canvas, left, top)


def _draw_facing(canvas: Image.Image, facing: Facing, unit: float) -> None:
    style = _STYLES[facing.match.state]
    pad = math.ceil(4 * unit)
    x0, y0, x1, y1 = (round(value) for value in facing.box_xyxy)
    width, height = max(x1 - x0, 2), max(y1 - y0, 2)
    sprite = Sprite((width + 2 * pad, height + 2 * pad))
    radius = min(7 * unit, width / 4, height / 4)
    outline = _rounded_rectangle(pad, pad, width, height, radius)
    _draw_outline(sprite, [*outline, outline[0]], style, unit)
    _draw_badge(sprite, facing.match.state, pad, min(width, height), unit)
    sprite.put(canvas, x0 - pad, y0 - pad)


def _draw_outline(sprite: Sprite, outline: Points, style: StateStyle, unit: float) -> None:
    width = 3.0 * unit
    color = (*style.color, 255)
    match style.pattern:
        case "solid":
            sprite.stroke(outline, width + 2 * unit, _CASING)
            sprite.stroke(outline, width, color)
        case "dashed":
            dashes = _dashes(outline, 14 * unit, 8 * unit)
            for dash in dashes:
                sprite.stroke(dash, width + 2 * unit, _CASING)
            for dash in dashes:
                sprite.stroke(dash, width, color)
        case "dotted":
            for (x, y), *_ in _dashes(outline, 0.5 * unit, 7.5 * unit):
                sprite.dot(x, y, 2.7 * unit, _CASING)
                sprite.dot(x, y, 1.7 * unit, color)


def _draw_badge(sprite: Sprite, state: State, pad: float, room: float, unit: float) -> None:
    style = _STYLES[state]
    radius = min(11 * unit, room / 4)
    x = y = pad + radius + min(5 * unit, room / 12)
    sprite.dot(x, y, radius + 1.5 * unit, _CASING)
    sprite.dot(x, y, radius, (*style.color, 255))
    _draw_sign(sprite, state, x, y, radius)


def _draw_sign(sprite: Sprite, state: State, x: float, y: float, radius: float) -> None:
    ink = (*_STYLES[state].ink, 255)
    match state:
        case "recognised":
            tick = [(-0.45, 0.05), (-0.12, 0.38), (0.48, -0.32)]
            points = [(x + dx * radius, y + dy * radius) for dx, dy in tick]
            sprite.stroke(points, 0.24 * radius, ink)
        case "ambiguous":
            sprite.write(x, y + 0.02 * radius, "?", 1.65 * radius, ink)
        case "unknown":
            sprite.stroke([(x - 0.45 * radius, y), (x + 0.45 * radius, y)], 0.24 * radius, ink)


def _draw_label(canvas: Image.Image, facing: Facing, unit: float) -> None:
    """Write product and size along a box's lower edge, where the box has room for it.

    Only a name is cut to fit; half a size or half a GTIN would say something else.
    """
    x0, y0, x1, y1 = (round(value) for value in facing.box_xyxy)
    inset = 1.5 * unit
    width = x1 - x0 - 2 * inset
    size = (14 if width > 150 * unit else 12.5) * unit
    font = _font(size)
    room = width - 8 * unit
    lines = [
        each
        for index, each in enumerate(_label_lines(facing))
        if (index == 0 and facing.product) or font.getlength(each[0]) <= room
    ]
    scrim_height = (1.18 * size) * len(lines) + 6 * unit
    if not lines or width < 34 * unit or y1 - y0 < scrim_height + 26 * unit:
        return
    sprite = Sprite((math.ceil(width), math.ceil(scrim_height)))
    outline = _rounded_rectangle(0, -8 * unit, width, scrim_height + 8 * unit, 6 * unit)
    sprite.fill([(x, max(y, 0.0)) for x, y in outline], _SCRIM)
    sprite.put(canvas, math.ceil(x0 + inset), round(y1 - inset - scrim_height))
    text = ImageDraw.Draw(canvas)
    for index, (line, color) in enumerate(lines):
        baseline = y1 - inset - scrim_height + (index + 0.92) * 1.18 * size + unit
        fitting = _elide(line, room, font)
        text.text(((x0 + x1) / 2, baseline), fitting, color, font, anchor="ms")


def _label_lines(facing: Facing) -> list[tuple[str, Rgb]]:
    match = facing.match
    if match.state == "unknown":
        return []
    if match.gtin is None:
        return [(f"one of {len(match.alternatives)}", _WHITE)]
    shown_gtin = natural_form(match.gtin)
    if facing.product is None:
        return [(shown_gtin, _WHITE)]
    lines = [(_drawable(facing.product.name) or shown_gtin, _WHITE)]
    size = _drawable(facing.product.net_content or "")
    return [*lines, (size, _MUTED)] if size else lines


def _drawable(text: str) -> str:
    """Spell text with what Pillow's own font has, which is ASCII: Żubrówka as Zubrowka.

    Returns:
        Empty where most of the text is of another script and would be no word any more.
    """
    letters = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    kept = " ".join(letters.encode("ascii", "ignore").decode().split())
    return kept if 2 * len(kept) > len(text) else ""


def _elide(text: str, width: float, font: ImageFont.FreeTypeFont) -> str:
    """Cut text to a width in pixels, and show that it was cut."""
    if font.getlength(text) <= width:
        return text
    kept = text
    while kept and font.getlength(kept.rstrip() + "...") > width:
        kept = kept[:-1]
    return kept.rstrip() + "..."


def _legend(width: int, facings: Sequence[Facing], shelf_count: int, unit: float) -> Image.Image:
    """Draw the strip that explains the badges and counts them."""
    unit = min(unit, width / 620)
    sprite = Sprite((width, max(round(46 * unit), 8)))
    middle = sprite.height / 2
    x = 26.0 * unit
    font = _font(17 * unit)
    words: list[tuple[float, str, Rgb]] = []
    for state, style in _STYLES.items():
        count = sum(each.match.state == state for each in facings)
        sprite.dot(x, middle, 11 * unit, (*style.color, 255))
        _draw_sign(sprite, state, x, middle, 11 * unit)
        word = f"{count} {state}"
        words.append((x + 19 * unit, word, _WHITE))
        x += 19 * unit + font.getlength(word) + 34 * unit
    strip = Image.new("RGBA", (width, sprite.height), (*_STRIP, 255))
    sprite.put(strip, 0, 0)
    text = ImageDraw.Draw(strip)
    for left, word, color in words:
        text.text((left, middle), word, color, font, anchor="lm")
    total = f"{_counted(len(facings), 'facing', 'facings')}"
    if shelf_count:
        total += f" on {_counted(shelf_count, 'shelf', 'shelves')}"
    text.text((width - 16 * unit, middle), total, _MUTED, font, anchor="rm")
    return strip.convert("RGB")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


class Sprite:
    """A transparent patch drawn oversampled, then laid on a picture.

    Lengths and points are pixels of the picture, measured from the patch's corner.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.width, self.height = size_wh
        self._large = Image.new(
            "RGBA", (self.width * _OVERSAMPLING, self.height * _OVERSAMPLING), (0, 0, 0, 0)
        )
        self._draw = ImageDraw.Draw(self._large)

    def stroke(self, points: Points, width: float, color: tuple[int, int, int, int]) -> None:
        """Draw a line with round ends and joints."""
        scaled = self._scaled(points)
        self._draw.line(scaled, color, max(round(width * _OVERSAMPLING), 1), joint="curve")
        for x, y in (points[0], points[-1]):
            self.dot(x, y, width / 2, color)

    def dot(self, x: float, y: float, radius: float, color: tuple[int, int, int, int]) -> None:
        """Draw a filled circle."""
        (left, top), (right, bottom) = self._scaled(
            [(x - radius, y - radius), (x + radius, y + radius)]
        )
        self._draw.ellipse((left, top, right, bottom), color)

    def fill(self, points: Points, color: tuple[int, int, int, int]) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._scaled(points), color)

    def write(
        self, x: float, y: float, text: str, size: float, color: tuple[int, int, int, int]
    ) -> None:
        """Write text centred on a point; `size` is the font's height."""
        [(left, top)] = self._scaled([(x, y)])
        self._draw.text((left, top), text, color, _font(size * _OVERSAMPLING), anchor="mm")

    def put(self, canvas: Image.Image, left: int, top: int) -> None:
        """Lay the patch on a picture; what hangs over its edges is cut off."""
        patch = self._large.reduce(_OVERSAMPLING)
        x0, y0 = max(left, 0), max(top, 0)
        x1 = min(left + self.width, canvas.width)
        y1 = min(top + self.height, canvas.height)
        if x1 > x0 and y1 > y0:
            visible = patch.crop((x0 - left, y0 - top, x1 - left, y1 - top))
            canvas.alpha_composite(visible, (x0, y0))

    @staticmethod
    def _scaled(points: Points) -> Points:
        return [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]


def _rounded_rectangle(
    left: float, top: float, width: float, height: float, radius: float
) -> Points:
    """Walk a rectangle with rounded corners clockwise from its top left corner."""
    right, bottom = left + width, top + height
    centres = [
        (left + radius, top + radius, 180),
        (right - radius, top + radius, 270),
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
    ]
    points: Points = []
    for x, y, start in centres:
        for degrees in range(start, start + 91, 15):
            angle = math.radians(degrees)
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return points


def _dashes(points: Points, dash: float, gap: float) -> list[Points]:
    """Cut a closed line into equal dashes, a whole number of them all the way round."""
    corners = np.asarray(points)
    steps = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(round(along[-1] / (dash + gap)), 1)
    share = dash / (dash + gap)
    cut: list[Points] = []
    for index in range(count):
        start, end = along[-1] * index / count, along[-1] * (index + share) / count
        inner = along[(along > start) & (along < end)]
        stops = np.concatenate([[start], inner, [end]])
        x = np.interp(stops, along, corners[:, 0])
        y = np.interp(stops, along, corners[:, 1])
        cut.append(list(zip(x.tolist(), y.tolist(), strict=True)))
    return cut


@lru_cache(maxsize=32)
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(max(size, 4.0))
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
