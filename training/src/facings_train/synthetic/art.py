"""Draw the front label of a product: its family's look, with its own flavour and amount."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from facings.types import ByteImage
from facings_train.synthetic.layouts import Box, Layout, layout_for
from facings_train.synthetic.lettering import PixelBox, write_text, write_vertical
from facings_train.synthetic.look import Look, luminance
from facings_train.synthetic.motifs import draw_motif
from facings_train.synthetic.patterns import heap, paint_pattern
from facings_train.synthetic.products import SyntheticProduct
from facings_train.synthetic.vocabulary import Rgb

BADGES = ("NEW", "BIO", "VEGAN", "-25%", "XL", "100%", "NO SUGAR ADDED", "FAMILY PACK")
SLOGANS = (
    "since 1924",
    "simply good",
    "crafted with care",
    "for every day",
    "the taste of summer",
    "naturally",
    "fresh & light",
    "finest quality",
    "you will love it",
)
RATING_COLOURS: tuple[Rgb, ...] = (
    (3, 129, 65),
    (133, 187, 47),
    (254, 203, 2),
    (238, 129, 0),
    (230, 62, 17),
)


def draw_label(product: SyntheticProduct, size_wh: tuple[int, int]) -> ByteImage:
    """Draw a product's front panel.

    Args:
        product: whose panel; packs of a hard family differ in one text only.
        size_wh: panel in pixels.

    Returns:
        (H, W, 3) RGB.
    """
    look = product.look
    layout = layout_for(look.layout, size_wh[0] / size_wh[1], look.mirrored)
    colour = look.accent if product.hard else product.flavour.colour
    image = _ground(product, size_wh, colour)
    # A generator for each part: drawing another flavour's fruit moves no badge.
    picture_rng, logo_rng, print_rng, badge_rng = (
        np.random.default_rng([look.art_seed, part]) for part in range(3, 7)
    )
    _picture(image, product, layout, colour, picture_rng)
    panel = Image.fromarray(image)
    draw = ImageDraw.Draw(panel)
    _frame(draw, look, size_wh)
    # Before the print: its plate may reach under it, and never lies on it.
    _logo(panel, draw, product, layout, logo_rng)
    image = np.asarray(panel).copy()
    ground = _mean_colour(image, layout.name)
    ink = look.ink if abs(luminance(look.ink) - luminance(ground)) > 90 else _contrast(ground)
    _flavour(draw, product, layout, colour, image)
    write_text(
        draw,
        product.noun,
        _pixels(layout.name, size_wh),
        look.text_font,
        ink,
        align="left" if look.layout in ("corner", "minimal", "side_photo") else "centre",
    )
    write_text(
        draw,
        product.net_content,
        _pixels(layout.net, size_wh),
        look.text_font,
        _contrast(_mean_colour(image, layout.net)),
    )
    _small_print(draw, product, layout, size_wh, print_rng, ink)
    _badge(draw, look, size_wh, badge_rng)
    return np.asarray(panel).copy()


def _pixels(box: Box, size_wh: tuple[int, int]) -> PixelBox:
    width, height = size_wh
    return (int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height))


def _contrast(colour: Rgb) -> Rgb:
    return (22, 22, 26) if luminance(colour) > 130 else (250, 250, 246)


def _mean_colour(image: ByteImage, box: Box) -> Rgb:
    left, top, right, bottom = _pixels(box, (image.shape[1], image.shape[0]))
    red, green, blue = image[top : bottom + 1 : 3, left : right + 1 : 3].reshape(-1, 3).mean(0)
    return int(red), int(green), int(blue)


def _ground(product: SyntheticProduct, size_wh: tuple[int, int], colour: Rgb) -> ByteImage:
    look = product.look
    style = 3 if product.hard else look.flavour_style
    rng = np.random.default_rng([look.art_seed, 2])
    first = colour if style == 1 else look.ground
    second = look.ground_alt
    if look.layout == "minimal" and style != 1:
        second = first
    image = paint_pattern(look.pattern, size_wh, rng, first, second)
    if style == 2:
        split = int(size_wh[1] * rng.uniform(0.5, 0.72))
        image[split:] = colour
    return image


def _picture(
    image: ByteImage,
    product: SyntheticProduct,
    layout: Layout,
    colour: Rgb,
    rng: np.random.Generator,
) -> None:
    if layout.picture is None:
        return
    height, width = image.shape[:2]
    left, top, right, bottom = _pixels(layout.picture, (width, height))
    look = product.look
    kind = rng.choice(["motif", "row", "scatter", "photo", "disc"], p=[0.34, 0.2, 0.16, 0.16, 0.14])
    motif = "star" if product.hard else product.flavour.motif
    if product.hard:
        motif = str(rng.choice(["fruit", "leaf", "cup", "grain", "drop", "flower", "wave"]))
    centre = ((left + right) / 2, (top + bottom) / 2)
    radius = 0.46 * min(right - left, bottom - top)
    if kind == "photo":
        image[top:bottom, left:right] = heap(
            (right - left, bottom - top), rng, colour, look.ground_alt, 50
        )
        return
    if kind == "row":
        count = max(round((right - left) / max(2.0 * radius, 1)), 2)
        for k in range(count):
            spot = (left + (right - left) * (k + 0.5) / count, centre[1])
            draw_motif(motif, image, spot, min(radius, (right - left) / count / 2), colour, rng)
        return
    if kind == "scatter":
        for _ in range(int(rng.integers(5, 12))):
            spot = (float(rng.uniform(left, right)), float(rng.uniform(top, bottom)))
            draw_motif(motif, image, spot, radius * float(rng.uniform(0.25, 0.5)), colour, rng)
        return
    if kind == "disc":
        draw_motif("star", image, centre, radius * 1.05, look.plate, rng)
    draw_motif(motif, image, centre, radius, colour, rng)


def _frame(draw: ImageDraw.ImageDraw, look: Look, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    inset = max(width // 28, 2)
    box = (inset, inset, width - inset - 1, height - inset - 1)
    if look.frame in (1, 2):
        draw.rectangle(box, outline=look.accent, width=max(width // 90, 1))
    if look.frame == 2:
        inner = (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset)
        draw.rectangle(inner, outline=look.ink, width=1)
    if look.frame == 3:
        band = height // 16
        draw.rectangle((0, 0, width, band), fill=look.accent)
        draw.rectangle((0, height - band // 2, width, height), fill=look.accent)


def _flavour(
    draw: ImageDraw.ImageDraw,
    product: SyntheticProduct,
    layout: Layout,
    colour: Rgb,
    image: ByteImage,
) -> None:
    look = product.look
    size_wh = (image.shape[1], image.shape[0])
    box = _pixels(layout.flavour, size_wh)
    ink = _contrast(_mean_colour(image, layout.flavour))
    if look.flavour_style == 0 or look.layout in ("poster", "classic"):
        round_px = (box[3] - box[1]) // 2 if look.shape % 2 else 0
        draw.rounded_rectangle(box, round_px, fill=colour)
        ink = _contrast(colour)
    pad = max((box[3] - box[1]) // 8, 1)
    inner = (box[0] + 2 * pad, box[1] + pad, box[2] - 2 * pad, box[3] - pad)
    write_text(draw, product.flavour.word, inner, look.text_font, ink)


def _logo(
    panel: Image.Image,
    draw: ImageDraw.ImageDraw,
    product: SyntheticProduct,
    layout: Layout,
    rng: np.random.Generator,
) -> None:
    look = product.look
    box = _pixels(layout.logo, panel.size)
    ground = _mean_colour(np.asarray(panel), layout.logo)
    ink = look.ink if abs(luminance(look.ink) - luminance(ground)) > 80 else _contrast(ground)
    inner = box
    if look.plate_shape != "none":
        inner = _plate(draw, look, box)
        ink = look.plate_ink
    edge = _contrast(ink) if look.outline else None
    brand = product.brand.upper() if look.uppercase else product.brand
    if layout.logo_vertical:
        write_vertical(panel, brand, inner, look.wordmark_font, ink, edge)
        return
    slogan_height = int((inner[3] - inner[1]) * 0.2) if rng.random() < 0.4 else 0
    mark = (inner[0], inner[1], inner[2], inner[3] - slogan_height)
    write_text(draw, brand, mark, look.wordmark_font, ink, edge=edge)
    if slogan_height:
        low = (inner[0], inner[3] - slogan_height, inner[2], inner[3])
        write_text(draw, str(rng.choice(SLOGANS)), low, look.text_font, ink)


def _plate(draw: ImageDraw.ImageDraw, look: Look, box: PixelBox) -> PixelBox:
    """Draw the field a wordmark stands on, and say where there is room for the letters."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    pad_x, pad_y = width // 10, height // 7
    inner = (left + pad_x, top + pad_y, right - pad_x, bottom - pad_y)
    match look.plate_shape:
        case "ellipse":
            draw.ellipse(box, fill=look.plate, outline=look.accent, width=max(height // 24, 1))
        case "round":
            draw.rounded_rectangle(box, height // 4, fill=look.plate)
        case "bar":
            draw.rectangle((0, top, 4000, bottom), fill=look.plate)
        case "shield":
            points = [
                (left, top),
                (right, top),
                (right, top + height * 0.75),
                ((left + right) / 2, bottom + height * 0.1),
                (left, top + height * 0.75),
            ]
            draw.polygon(points, fill=look.plate, outline=look.accent, width=max(height // 20, 1))
        case "ribbon":
            notch = width // 14
            draw.polygon(
                [
                    (left - notch, top),
                    (right + notch, top),
                    (right, (top + bottom) / 2),
                    (right + notch, bottom),
                    (left - notch, bottom),
                    (left, (top + bottom) / 2),
                ],
                fill=look.plate,
            )
        case "circle":
            radius = max(width, height) * 0.52
            middle = ((left + right) / 2, (top + bottom) / 2)
            draw.circle(middle, radius, fill=look.plate, outline=look.accent, width=2)
            inner = (left + width // 16, top + pad_y, right - width // 16, bottom - pad_y)
        case "tilted":
            rise = height // 6
            draw.polygon(
                [
                    (left, top + rise),
                    (right, top - rise),
                    (right, bottom - rise),
                    (left, bottom + rise),
                ],
                fill=look.plate,
            )
        case _:
            draw.polygon(
                [
                    (left - width, top),
                    (right, top),
                    (right - height // 3, bottom),
                    (left - width, bottom),
                ],
                fill=look.plate,
            )
    return inner


def _small_print(
    draw: ImageDraw.ImageDraw,
    product: SyntheticProduct,
    layout: Layout,
    size_wh: tuple[int, int],
    rng: np.random.Generator,
    ink: Rgb,
) -> None:
    if layout.small_print is None:
        return
    box = _pixels(layout.small_print, size_wh)
    match int(rng.integers(4)):
        case 0:
            write_text(draw, product.ingredients[:70], box, "roboto", ink)
        case 1:
            _rating(draw, product, box)
        case 2:
            _nutrition(draw, product, box, ink)
        case _:
            write_text(draw, str(rng.choice(SLOGANS)), box, product.look.text_font, ink)


def _rating(draw: ImageDraw.ImageDraw, product: SyntheticProduct, box: PixelBox) -> None:
    """A five-step colour scale with one step raised."""
    step = max((box[2] - box[0]) // 5, 2)
    chosen = product.look.art_seed % 5
    for k, colour in enumerate(RATING_COLOURS):
        rise = (box[3] - box[1]) // 4 if k == chosen else 0
        cell = (box[0] + k * step, box[1] + rise // 2, box[0] + (k + 1) * step - 1, box[3])
        draw.rectangle((cell[0], cell[1] - rise, cell[2], cell[3]), fill=colour)
        write_text(draw, "ABCDE"[k], cell, "roboto-bold", (255, 255, 255))


def _nutrition(
    draw: ImageDraw.ImageDraw, product: SyntheticProduct, box: PixelBox, ink: Rgb
) -> None:
    facts = list(product.nutrition_per_100.items())[:4]
    step = (box[2] - box[0]) // 4
    for k, (name, value) in enumerate(facts):
        cell = (box[0] + k * step, box[1], box[0] + (k + 1) * step - 2, box[3])
        draw.rounded_rectangle(cell, max((cell[3] - cell[1]) // 4, 1), outline=ink)
        half = (cell[1] + cell[3]) // 2
        write_text(draw, name[:6], (cell[0] + 1, cell[1], cell[2] - 1, half), "roboto", ink)
        write_text(draw, f"{value:g}", (cell[0] + 1, half, cell[2] - 1, cell[3]), "roboto", ink)


def _badge(
    draw: ImageDraw.ImageDraw, look: Look, size_wh: tuple[int, int], rng: np.random.Generator
) -> None:
    if look.badge < 0:
        return
    width, height = size_wh
    radius = 0.11 * min(width, height) * float(rng.uniform(0.8, 1.4))
    x = float(rng.choice([0.15, 0.85])) * width
    y = float(rng.uniform(0.3, 0.9)) * height
    fill = (look.accent, look.plate, (250, 210, 0), (20, 130, 60), (210, 20, 30))[look.badge]
    box = (int(x - radius), int(y - radius), int(x + radius), int(y + radius))
    if look.shape % 3:
        draw.ellipse(box, fill=fill, outline=(255, 255, 255), width=1)
    else:
        draw.regular_polygon((x, y, radius * 1.1), 8, rotation=look.shape % 45, fill=fill)
    pad = int(radius * 0.3)
    inner = (box[0] + pad, box[1] + pad, box[2] - pad, box[3] - pad)
    write_text(draw, str(rng.choice(BADGES)), inner, "roboto-black", _contrast(fill))
