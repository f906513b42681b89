"""The visual identity of a family: what all its packs share."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from facings_train.synthetic.fonts import TEXT_FONTS, WORDMARK_FONTS
from facings_train.synthetic.layouts import LAYOUT_NAMES
from facings_train.synthetic.patterns import PATTERN_NAMES
from facings_train.synthetic.vocabulary import Rgb

PLATES = ("none", "none", "ellipse", "round", "bar", "shield", "ribbon", "circle", "tilted", "flag")


@dataclass(frozen=True, slots=True)
class Look:
    """Everything `art` needs to know of a family, apart from the words."""

    ground: Rgb
    ground_alt: Rgb
    """Second colour of the background pattern."""
    ink: Rgb
    """Readable on the ground."""
    plate: Rgb
    plate_ink: Rgb
    accent: Rgb
    pattern: str
    layout: str
    plate_shape: str
    wordmark_font: str
    text_font: str
    uppercase: bool
    mirrored: bool
    outline: bool
    """Wordmark drawn with a contrasting edge."""
    badge: int
    """-1 for none, else which badge."""
    frame: int
    """0 none, 1 thin line, 2 double line, 3 coloured top and bottom bands."""
    flavour_style: int
    """0 colours the flavour band, 1 the ground, 2 the lower half, 3 illustration only."""
    glossy: float
    """Specular strength in [0, 1]."""
    body: Rgb
    """Colour of glass, plastic or metal where no label is."""
    lid: Rgb
    shape: int
    """Picks among a package kind's shapes."""
    art_seed: int
    glass: str = ""
    """Material of bottles and jars where no label is: dark, clear or white; empty: as usual."""


def luminance(colour: Rgb) -> float:
    """Perceived lightness in [0, 255], Rec. 601."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def readable_on(colour: Rgb, rng: np.random.Generator) -> Rgb:
    """A text colour that contrasts with `colour`."""
    if luminance(colour) > 135:
        return hsv(rng.random(), rng.uniform(0.0, 1.0), rng.uniform(0.05, 0.4))
    return hsv(rng.random(), rng.choice([0.0, 0.0, 0.15, 0.4]), rng.uniform(0.92, 1.0))


def hsv(hue: float, saturation: float, value: float) -> Rgb:
    """RGB bytes of a hue, saturation and value in [0, 1]."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _ground(rng: np.random.Generator, hue: float) -> Rgb:
    kind = rng.choice(
        ["vivid", "white", "dark", "pastel", "kraft"], p=[0.45, 0.2, 0.15, 0.14, 0.06]
    )
    match kind:
        case "vivid":
            return hsv(hue, rng.uniform(0.6, 1.0), rng.uniform(0.5, 0.98))
        case "white":
            return hsv(hue, rng.uniform(0.0, 0.08), rng.uniform(0.9, 1.0))
        case "dark":
            return hsv(hue, rng.uniform(0.2, 0.9), rng.uniform(0.05, 0.28))
        case "pastel":
            return hsv(hue, rng.uniform(0.15, 0.4), rng.uniform(0.85, 1.0))
        case _:
            return hsv(rng.uniform(0.07, 0.11), rng.uniform(0.3, 0.5), rng.uniform(0.6, 0.8))


def make_look(seed: int) -> Look:
    """Invent a family's identity."""
    rng = np.random.default_rng([seed, 0x100C])
    hue = float(rng.random())
    ground = _ground(rng, hue)
    alt_hue = hue + float(rng.choice([0.0, 0.03, -0.06, 0.12, 0.5, 0.33]))
    ground_alt = (
        _ground(rng, alt_hue)
        if rng.random() < 0.5
        else hsv(alt_hue, rng.uniform(0.3, 0.9), rng.uniform(0.4, 1.0))
    )
    plate = _ground(rng, hue + rng.uniform(0.3, 0.7))
    # Some patterns come close to a photograph; they are rarer than plain ones on real shelves.
    return Look(
        ground=ground,
        ground_alt=ground_alt,
        ink=readable_on(ground, rng),
        plate=plate,
        plate_ink=readable_on(plate, rng),
        accent=hsv(hue + rng.uniform(0.2, 0.8), rng.uniform(0.6, 1.0), rng.uniform(0.7, 1.0)),
        pattern=str(rng.choice(PATTERN_NAMES)),
        layout=str(rng.choice(LAYOUT_NAMES)),
        plate_shape=str(rng.choice(PLATES)),
        wordmark_font=str(rng.choice(WORDMARK_FONTS)),
        text_font=str(rng.choice(TEXT_FONTS)),
        uppercase=bool(rng.random() < 0.35),
        mirrored=bool(rng.random() < 0.4),
        outline=bool(rng.random() < 0.35),
        badge=int(rng.integers(-2, 5)) if rng.random() < 0.8 else -1,
        frame=int(rng.choice([0, 0, 0, 1, 2, 3])),
        flavour_style=int(rng.integers(0, 4)),
        glossy=float(rng.uniform(0.0, 1.0)),
        body=hsv(rng.random(), rng.uniform(0.0, 0.9), rng.uniform(0.15, 0.95)),
        lid=hsv(hue + rng.choice([0.0, 0.5]), rng.uniform(0.0, 1.0), rng.uniform(0.2, 1.0)),
        shape=int(rng.integers(0, 1000)),
        art_seed=int(rng.integers(0, 2**31)),
    )
