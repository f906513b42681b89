"""How shelf pictures are taken and how tidy the shelves are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class ShelfStyle:
    """Ranges from which each picture is drawn."""

    facings: tuple[float, float]
    """About how many facings a picture shows, drawn log-uniformly."""
    yaw_deg: float
    """Largest camera yaw, both ways."""
    pitch_deg: tuple[float, float]
    roll_deg: float
    gaps: float
    """Largest share of missing facings in a row."""
    mess: float
    """1 for usual untidiness, 0 for none."""
    pegs: float
    """Chance that a row of bags hangs from pegs."""
    clutter: float
    """Chance of something before the shelf."""
    surroundings: float
    """Chance that the shelf ends within the picture."""
    harshness: float
    """Strength of exposure, blur, noise and compression, 1 for usual."""
    walls: float = 0.0
    """Chance that a row is a wall of few products, in long runs."""
    towers: float = 0.0
    """Chance that what can be stacked is stacked high."""
    glass: float = 0.0
    """Share of bottles and jars in dark, clear or white material."""
    exact_yaw_deg: float | None = None
    """This yaw, to either side, in the place of a random one."""
    exact_roll_deg: float | None = None

    def rail_mm(self, rng: np.random.Generator) -> float:
        """Height of a board's front with its price rail."""
        return float(rng.uniform(26, 48))


TRAINING = ShelfStyle(
    facings=(7, 280),
    yaw_deg=35,
    pitch_deg=(-14, 22),
    roll_deg=8,
    gaps=0.3,
    mess=1.0,
    pegs=0.4,
    clutter=0.35,
    surroundings=0.35,
    harshness=1.0,
)
"""Everything a detector may meet."""

VARIED = replace(
    TRAINING,
    facings=(5, 240),
    yaw_deg=42,
    roll_deg=14,
    gaps=0.4,
    mess=1.6,
    surroundings=0.5,
    harshness=1.15,
    walls=0.35,
    towers=0.35,
    glass=0.4,
)
"""Training with more of what goes wrong on photographs: walls of one product, towers of flat packs,
dark and clear glass, tilted packs, what is around shelves, strong light."""

TILTED = replace(VARIED, facings=(5, 120), yaw_deg=50, roll_deg=32, mess=2.2)
"""Varied, with the phone held at any slant: what corners are learnt from."""

CAREFUL = ShelfStyle(
    facings=(28, 50),
    yaw_deg=16,
    pitch_deg=(-5, 9),
    roll_deg=2.5,
    gaps=0.14,
    mess=0.7,
    pegs=0.25,
    clutter=0.08,
    surroundings=0.05,
    harshness=0.4,
)
"""A phone held by somebody who wants a usable picture."""
