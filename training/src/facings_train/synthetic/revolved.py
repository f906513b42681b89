"""Round packs: cans, bottles, jars, tubs and tubes, as a label wrapped around a profile."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.patterns import heap
from facings_train.synthetic.products import SyntheticProduct
from facings_train.synthetic.silhouette import OPAQUE
from facings_train.synthetic.vocabulary import Rgb


@dataclass(frozen=True, slots=True)
class Profile:
    """Shape and zones of a round pack; heights are shares from the top."""

    knots: tuple[tuple[float, float], ...]
    """Height and half width (share of half the full width), top to bottom."""
    lid_end: float
    label: tuple[float, float]
    material: str
    """metal, glass (content shows), plastic or paper."""
    roundness: float = 1.0
    """1 for a cylinder; less for a flatter body, which curves the label less."""


CANS = (
    Profile(((0, 0.8), (0.02, 0.82), (0.1, 1), (0.94, 1), (1, 0.8)), 0.025, (0.03, 0.97), "metal"),
    Profile(((0, 1), (1, 1)), 0.04, (0.05, 0.95), "metal"),
)
BOTTLES = (
    Profile(
        (
            (0, 0.3),
            (0.08, 0.3),
            (0.1, 0.26),
            (0.16, 0.3),
            (0.36, 0.98),
            (0.4, 1),
            (0.97, 1),
            (1, 0.92),
        ),
        0.08,
        (0.44, 0.84),
        "glass",
    ),
    Profile(
        (
            (0, 0.36),
            (0.07, 0.36),
            (0.08, 0.34),
            (0.2, 0.62),
            (0.3, 1),
            (0.55, 0.95),
            (0.75, 1),
            (1, 0.96),
        ),
        0.075,
        (0.33, 0.7),
        "glass",
    ),
    Profile(
        ((0, 0.26), (0.09, 0.26), (0.28, 0.3), (0.42, 0.9), (0.48, 1), (1, 1)),
        0.06,
        (0.52, 0.92),
        "glass",
    ),
    Profile(
        ((0, 0.4), (0.12, 0.44), (0.13, 0.6), (0.2, 0.94), (0.28, 1), (0.92, 0.96), (1, 0.88)),
        0.12,
        (0.26, 0.92),
        "plastic",
        0.75,
    ),
    Profile(
        ((0, 0.3), (0.13, 0.34), (0.14, 0.5), (0.24, 1), (0.5, 0.86), (0.7, 0.98), (1, 0.94)),
        0.13,
        (0.3, 0.9),
        "plastic",
        0.7,
    ),
)
JARS = (
    Profile(
        ((0, 0.92), (0.14, 0.94), (0.15, 0.86), (0.22, 1), (0.94, 1), (1, 0.92)),
        0.145,
        (0.32, 0.86),
        "glass",
    ),
    Profile(
        ((0, 0.98), (0.18, 1), (0.19, 0.94), (0.26, 1), (0.95, 0.98), (1, 0.9)),
        0.185,
        (0.28, 0.92),
        "glass",
    ),
    Profile(
        ((0, 0.7), (0.12, 0.72), (0.13, 0.66), (0.32, 1), (0.95, 1), (1, 0.94)),
        0.125,
        (0.42, 0.9),
        "glass",
    ),
)
TUBS = (
    Profile(((0, 1), (0.07, 1), (0.075, 0.95), (1, 0.78)), 0.075, (0.1, 0.98), "plastic", 0.85),
    Profile(
        ((0, 1), (0.05, 1), (0.055, 0.93), (0.9, 0.86), (1, 0.82)),
        0.055,
        (0.08, 0.99),
        "plastic",
        0.9,
    ),
)
TUBES = (
    Profile(
        ((0, 1), (0.06, 1), (0.6, 0.92), (0.82, 0.8), (0.84, 0.6), (1, 0.56)),
        0.0,
        (0.05, 0.8),
        "plastic",
        0.6,
    ),
)
GLASS: dict[str, Rgb] = {"dark": (34, 26, 22), "clear": (176, 200, 206), "white": (238, 238, 234)}
FAMILIES = {"can": CANS, "bottle": BOTTLES, "jar": JARS, "tub": TUBS, "tube": TUBES}


def draw_revolved(
    product: SyntheticProduct,
    label: ByteImage,
    size_whd: tuple[int, int, int],
    turn_deg: float,
    pitch_deg: float,
) -> tuple[ByteImage, tuple[float, float]]:
    """Draw a round pack.

    Args:
        product: gives the profile and the colours.
        label: (H, W, 3) RGB of the front third of the wrap.
        size_whd: width, height and depth in pixels.
        turn_deg: how far the label is turned to the right.
        pitch_deg: positive bends the label's lines as seen from above and shows the lid.

    Returns:
        RGBA and the middle of the front's lower edge.
    """
    width, height, _ = size_whd
    choices = FAMILIES[product.package]
    profile = choices[product.look.shape % len(choices)]
    # The nearest point of a rim lies lower than its ends when seen from above.
    bulge = 0.5 * width * float(np.sin(np.radians(np.clip(pitch_deg, -22, 25))))
    lid_px = round(abs(bulge) * profile.knots[0][1]) if pitch_deg > 2 else 0
    rows, columns = height + lid_px, width
    t = np.clip((np.arange(rows, dtype=np.float32) - lid_px) / height, 0, 1)
    half = np.interp(t, *np.array(profile.knots).T).astype(np.float32)
    u = (np.arange(columns, dtype=np.float32) + 0.5 - width / 2) / (width / 2)
    across = u[None, :] / half[:, None]
    inside = np.abs(across) <= 1.0
    dip = np.sqrt(np.clip(1 - across**2, 0, 1))
    along = t[:, None] - bulge / height * (dip - 0.6) * half[:, None]
    image = _surface(product, label, profile, across, along, turn_deg)
    _shade(image, profile, across, product.look.glossy)
    rgba = np.dstack([image, np.where(inside, _opacity(product, profile, along), np.uint8(0))])
    if lid_px > 1:
        _lid(rgba, product, profile, lid_px)
    return np.ascontiguousarray(rgba), (width / 2, float(rows))


def _surface(
    product: SyntheticProduct,
    label: ByteImage,
    profile: Profile,
    across: FloatArray,
    along: FloatArray,
    turn_deg: float,
) -> ByteImage:
    rows, columns = across.shape
    look = product.look
    image = _body(product, profile, (columns, rows))
    start, end = profile.label
    reach = 0.74 + 0.1 * (look.shape % 3)
    bent = np.clip(across, -1, 1) * np.float32(profile.roundness)
    angle = np.arcsin(bent) / np.float32(np.arcsin(profile.roundness))
    # The drawn panel spans `reach` of the visible half; beyond it the wrap repeats its edge.
    x = (0.5 + (angle - np.float32(turn_deg / 90)) * np.float32(0.5 / reach)) * label.shape[1]
    y = (along - start) / (end - start) * label.shape[0]
    mapped = cv2.remap(
        label,
        x.astype(np.float32) - 0.5,
        y.astype(np.float32) - 0.5,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101 if profile.material == "metal" else cv2.BORDER_REPLICATE,
    )
    on_label = ((along >= start) & (along < end)).view(np.uint8)
    image = np.asarray(cv2.copyTo(mapped, on_label, image), np.uint8)
    on_lid = along < profile.lid_end
    lid: Rgb = (196, 198, 202) if profile.material == "metal" else look.lid
    if on_lid.any():
        ribs = 1 - 0.14 * (np.sin(angle[on_lid] * 40) > 0.3) * (profile.lid_end > 0.06)
        image[on_lid] = (np.array(lid) * ribs[:, None]).astype(np.uint8)
    if product.package == "tube":
        image[along > 0.83] = look.lid
        image[along < 0.045] = np.clip(np.array(look.ground) * 0.85, 0, 255).astype(np.uint8)
    return image


def _opacity(product: SyntheticProduct, profile: Profile, along: FloatArray) -> ByteImage:
    """Alpha inside the outline: one sees through clear bottles, but never below `OPAQUE`."""
    clear_glass = product.look.glass == "clear" or product.category == "water"
    if profile.material != "glass" or not clear_glass:
        return np.full(along.shape, 255, np.uint8)
    start, end = profile.label
    clear = (along > profile.lid_end) & ((along < start) | (along > end))
    return np.where(clear, np.uint8(OPAQUE + 22), np.uint8(255))


def _body(product: SyntheticProduct, profile: Profile, size_wh: tuple[int, int]) -> ByteImage:
    """What shows where no label is: content behind glass, plastic or metal."""
    look = product.look
    columns, rows = size_wh
    image = np.empty((rows, columns, 3), np.uint8)
    if look.glass and product.package in ("bottle", "jar"):
        image[:] = GLASS[look.glass]
        return image
    match profile.material:
        case "metal":
            image[:] = (188, 190, 196)
        case "plastic":
            tint = product.flavour.colour if look.flavour_style == 1 and not product.hard else None
            image[:] = tint or look.body
        case _ if product.package == "jar" and look.shape % 4 == 0:
            rng = np.random.default_rng(look.art_seed)
            colour = product.flavour.colour
            return heap(size_wh, rng, colour, look.body, 60)
        case _:
            clear = product.category == "water"
            dark = product.noun in ("Cola", "Iced Tea", "Energy Drink")
            colour = (44, 22, 16) if dark else product.flavour.colour
            image[:] = (176, 200, 214) if clear else colour
            level = int(rows * (0.12 + 0.1 * (look.shape % 3)))
            image[:level] = image[:level] // 2 + 104
    return image


def _shade(image: ByteImage, profile: Profile, across: FloatArray, glossy: float) -> None:
    u = np.clip(across, -1, 1)
    gain = 0.5 + 0.55 * np.sqrt(np.clip(1 - (u * profile.roundness) ** 2, 0, 1))
    strength = 95 if profile.material in ("metal", "glass") else 55
    width = 0.06 if profile.material == "glass" else 0.12
    shine = np.exp(-(((u + 0.45) / width) ** 2)) + 0.5 * np.exp(-(((u - 0.68) / 0.07) ** 2))
    glow = cv2.convertScaleAbs(shine, alpha=strength * (0.35 + 0.65 * glossy))
    dark = cv2.multiply(image, cv2.merge([gain.astype(np.float32)] * 3), dtype=cv2.CV_8U)
    cv2.add(dark, cv2.merge([glow] * 3), dst=image)


def _lid(rgba: ByteImage, product: SyntheticProduct, profile: Profile, lid_px: int) -> None:
    """Draw the top face of a pack seen from above."""
    width = rgba.shape[1]
    lid: Rgb = (178, 180, 186) if profile.material == "metal" else product.look.lid
    half = profile.knots[0][1] * width / 2
    centre = (width // 2, lid_px)
    axes = (max(int(half), 1), max(lid_px, 1))
    rgba[:lid_px, :, 3] = 0
    cv2.ellipse(rgba, centre, axes, 0, 0, 360, (*lid, 255), -1)
    if profile.material == "metal":
        inner = (max(int(half * 0.88), 1), max(int(lid_px * 0.8), 1))
        cv2.ellipse(rgba, centre, inner, 0, 0, 360, (146, 148, 156, 255), -1)
    rim = tuple(min(c + 40, 255) for c in lid)
    cv2.ellipse(rgba, centre, axes, 0, 0, 360, (*rim, 255), 1)
