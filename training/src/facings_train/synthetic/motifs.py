"""Small drawings on labels: what is inside, in a few shapes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from facings.types import ByteImage
from facings_train.synthetic.vocabulary import Rgb

Points = NDArray[np.float64]
LEAF_GREEN: Rgb = (70, 140, 52)


def draw_motif(
    name: str,
    image: ByteImage,
    centre_xy: tuple[float, float],
    radius: float,
    colour: Rgb,
    rng: np.random.Generator,
) -> None:
    """Draw one motif into `image`.

    Args:
        name: a key of `MOTIFS`.
        image: (H, W, 3) RGB, written in place.
        centre_xy: in pixels.
        radius: half the motif's size in pixels.
        colour: its main colour.
        rng: varies the drawing.
    """
    MOTIFS[name](image, np.array(centre_xy), max(radius, 3.0), colour, rng)


def _scale(colour: Rgb, gain: float) -> Rgb:
    red, green, blue = (int(min(c * gain, 255)) for c in colour)
    return red, green, blue


def _down(distance: float) -> Points:
    return np.array([0.0, distance])


def _fill(image: ByteImage, points: Points, colour: Rgb) -> None:
    # shift=3 keeps eighths of a pixel.
    cv2.fillPoly(image, [np.round(points * 8).astype(np.int32)], colour, cv2.LINE_AA, 3)


def _disc(image: ByteImage, centre: Points, radius: float, colour: Rgb) -> None:
    centre_8 = (int(centre[0] * 8), int(centre[1] * 8))
    cv2.circle(image, centre_8, max(int(radius * 8), 4), colour, -1, cv2.LINE_AA, 3)


def _oval(image: ByteImage, centre: Points, rx: float, ry: float, turn: float, c: Rgb) -> None:
    axes = (max(int(rx), 1), max(int(ry), 1))
    cv2.ellipse(image, (int(centre[0]), int(centre[1])), axes, turn, 0, 360, c, -1, cv2.LINE_AA)


def _polar(centre: Points, radii: Points, start: float = -np.pi / 2) -> Points:
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False) + start
    return np.asarray(centre + radii[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))


def _ball(image: ByteImage, centre: Points, radius: float, colour: Rgb) -> None:
    _disc(image, centre, radius, _scale(colour, 0.72))
    _disc(image, centre - radius * 0.08, radius * 0.88, colour)
    _disc(image, centre - radius * 0.3, radius * 0.42, _scale(colour, 1.2))
    _disc(image, centre - radius * 0.42, radius * 0.14, (250, 250, 245))


def _leaf_at(image: ByteImage, tip: Points, root: Points, colour: Rgb) -> None:
    axis = tip - root
    side = np.array([-axis[1], axis[0]]) * 0.32
    t = np.linspace(0, 1, 12)[:, None]
    bulge = np.sin(np.pi * t) ** 0.9
    spine = root + t * axis
    lower = (spine - bulge * side)[::-1]
    _fill(image, np.concatenate([spine + bulge * side, lower]), colour)
    _fill(image, np.concatenate([spine, lower]), _scale(colour, 0.8))


def _fruit(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    for shift in ((-0.45, 0.2), (0.4, 0.25), (0.0, -0.1))[: int(rng.integers(1, 4))][::-1]:
        _ball(image, centre + radius * np.array(shift), radius * 0.62, colour)
    tip = centre + radius * np.array([0.5, -1.0])
    _leaf_at(image, tip, centre + radius * np.array([0.0, -0.6]), LEAF_GREEN)


def _berries(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    for _ in range(int(rng.integers(6, 13))):
        _ball(image, centre + rng.normal(0, 0.42, 2) * radius, radius * 0.27, colour)


def _citrus(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    _disc(image, centre, radius, colour)
    _disc(image, centre, radius * 0.88, (252, 246, 220))
    start = float(rng.uniform(0, 1))
    for k in range(9):
        angles = start + 2 * np.pi * (k + np.array([0.08, 0.5, 0.92])) / 9
        rim = centre + radius * 0.8 * np.stack([np.cos(angles), np.sin(angles)], 1)
        _fill(image, np.concatenate([centre[None] + 0.08 * (rim[1:2] - centre), rim]), colour)


def _leaf(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    for angle in rng.uniform(-2.6, -0.5, size=int(rng.integers(2, 5))):
        tip = centre + radius * np.array([np.cos(angle), np.sin(angle)])
        _leaf_at(image, tip, centre + _down(radius * 0.7), colour)


def _grain(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    top, bottom = centre - _down(radius), centre + _down(radius)
    cv2.line(image, tuple(bottom.astype(int)), tuple(top.astype(int)), _scale(colour, 0.7), 2)
    for k in range(6):
        spot = bottom + (top - bottom) * (0.25 + 0.13 * k)
        for side in (-1, 1):
            _oval(
                image,
                spot + np.array([side * radius * 0.17, 0]),
                radius * 0.1,
                radius * 0.2,
                side * 28,
                _scale(colour, rng.uniform(0.9, 1.2)),
            )


def _cup(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    body = np.array([[-0.8, -0.3], [0.8, -0.3], [0.5, 0.7], [-0.5, 0.7]]) * radius + centre
    handle = (int(centre[0] + radius * 0.8), int(centre[1]))
    cv2.ellipse(
        image,
        handle,
        (int(radius * 0.28) + 1,) * 2,
        0,
        0,
        360,
        (238, 234, 226),
        max(int(radius * 0.12), 1),
        cv2.LINE_AA,
    )
    _fill(image, body, (238, 234, 226))
    _oval(image, centre - _down(radius * 0.3), radius * 0.8, radius * 0.2, 0, (250, 248, 244))
    _oval(image, centre - _down(radius * 0.28), radius * 0.68, radius * 0.14, 0, colour)
    if rng.random() < 0.6:
        for shift in (-0.2, 0.2):
            spot = centre + radius * np.array([shift, -0.75])
            _oval(image, spot, radius * 0.05, radius * 0.22, 12, (244, 244, 244))


def _drop(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, _rng: np.random.Generator
) -> None:
    t = np.linspace(0, 2 * np.pi, 40)
    shape = np.stack([np.sin(t) * np.sin(t / 2) ** 1.6, -np.cos(t)], 1)
    _fill(image, centre + radius * shape, _scale(colour, 0.8))
    _fill(image, centre + radius * 0.84 * shape + _down(radius * 0.08), colour)
    _oval(
        image,
        centre + radius * np.array([-0.25, 0.35]),
        radius * 0.1,
        radius * 0.22,
        20,
        (252, 252, 252),
    )


def _star(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    points = int(rng.integers(5, 12))
    radii = np.where(np.arange(points * 2) % 2 == 0, radius, radius * rng.uniform(0.45, 0.8))
    _fill(image, _polar(centre, radii), colour)
    _fill(image, _polar(centre, radii * 0.7), _scale(colour, 1.25))


def _squares(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    turn = float(rng.uniform(-0.5, 0.5))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.27
    for row in (-0.6, 0.0, 0.6):
        for column in (-0.6, 0.0, 0.6):
            place = (square + np.array([column, row])) @ rotation.T
            _fill(image, centre + radius * place * 1.1, _scale(colour, 0.7))
            inner = (square * 0.72 + np.array([column, row])) @ rotation.T
            _fill(image, centre + radius * inner * 1.1, _scale(colour, 1.1))


def _beans(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    for _ in range(int(rng.integers(3, 8))):
        spot = centre + rng.normal(0, 0.45, 2) * radius
        turn = float(rng.uniform(0, 180))
        _oval(image, spot, radius * 0.34, radius * 0.22, turn, _scale(colour, 0.7))
        _oval(image, spot - 1, radius * 0.29, radius * 0.17, turn, colour)
        _oval(image, spot, radius * 0.26, radius * 0.03, turn + 8, _scale(colour, 0.5))


def _wave(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    x = np.linspace(-1, 1, 30)
    for k, gain in enumerate((0.75, 1.0, 1.3)):
        y = 0.35 * k - 0.3 + 0.16 * np.sin(x * 7 + k + rng.uniform(0, 3))
        top = np.stack([x, y], 1)
        band = np.concatenate([top, (top + _down(0.3))[::-1]])
        _fill(image, centre + radius * band, _scale(colour, gain))


def _flower(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    petals = int(rng.integers(5, 10))
    for angle in np.linspace(0, 2 * np.pi, petals, endpoint=False):
        spot = centre + 0.55 * radius * np.array([np.cos(angle), np.sin(angle)])
        _oval(image, spot, radius * 0.42, radius * 0.22, np.degrees(angle), colour)
    _ball(image, centre, radius * 0.26, (238, 190, 50))


def _pepper(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, _rng: np.random.Generator
) -> None:
    t = np.linspace(0, 1, 20)[:, None]
    spine = np.concatenate([t * 1.7 - 0.85, 0.5 * t**2 - 0.2], 1)
    half = 0.3 * (1 - t) ** 0.6
    outline = np.concatenate(
        [spine + np.concatenate([0 * t, half], 1), (spine - np.concatenate([0 * t, half], 1))[::-1]]
    )
    _fill(image, centre + radius * outline, _scale(colour, 0.8))
    _fill(image, centre + radius * outline * 0.82 - radius * 0.05, colour)
    stem = centre + radius * np.array([-0.85, -0.2])
    _leaf_at(image, stem + radius * np.array([-0.2, -0.45]), stem, LEAF_GREEN)


def _flame(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, rng: np.random.Generator
) -> None:
    radii = 0.65 + 0.3 * np.abs(np.sin(np.arange(24) * 1.3 + rng.uniform(0, 3)))
    radii[[0, 1, 23]] = 1.25
    for shrink, gain in ((1.0, 0.9), (0.7, 1.3), (0.4, 1.7)):
        _fill(
            image,
            _polar(centre + _down(radius * 0.2), radii * radius * shrink * 0.8),
            _scale(colour, gain),
        )


def _fish(
    image: ByteImage, centre: Points, radius: float, colour: Rgb, _rng: np.random.Generator
) -> None:
    tail = np.array([[0.5, 0], [1.05, -0.38], [0.92, 0], [1.05, 0.38]])
    _fill(image, centre + radius * tail, _scale(colour, 0.8))
    _oval(image, centre - np.array([radius * 0.15, 0]), radius * 0.8, radius * 0.34, 0, colour)
    _oval(
        image,
        centre - radius * np.array([0.15, 0.08]),
        radius * 0.66,
        radius * 0.18,
        0,
        _scale(colour, 1.25),
    )
    _disc(image, centre - radius * np.array([0.68, 0.06]), radius * 0.07, (20, 20, 24))


Painter = Callable[[ByteImage, Points, float, Rgb, np.random.Generator], None]
MOTIFS: dict[str, Painter] = {
    "fruit": _fruit,
    "berries": _berries,
    "citrus": _citrus,
    "leaf": _leaf,
    "grain": _grain,
    "cup": _cup,
    "drop": _drop,
    "star": _star,
    "squares": _squares,
    "beans": _beans,
    "wave": _wave,
    "flower": _flower,
    "pepper": _pepper,
    "flame": _flame,
    "fish": _fish,
}
