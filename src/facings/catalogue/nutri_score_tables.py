"""The published tables of the Nutri-Score of 2023, and nothing else.

Published in the annex of the French order of 14 March 2025
(https://www.legifrance.gouv.fr/jorf/article_jo/JORFARTI000051329254), after the reports of the
Nutri-Score's scientific committee of 2022 (foods) and 2023 (drinks). Taken from Open Food Facts'
transcription, `Nutriscore.pm`, and compared with the largest points that Øvrebø et al. give for
every component (https://doi.org/10.1186/s12966-023-01525-y, table 2). One difference was found:
an early version of that file names 3.2 g of salt twice, which would make 21 points of 20.

A value gets one point for every threshold it is *above* ("> 3.4 g": 1 point). The one exception
is the share of saturates in fat, which gets its point *at* the threshold ("< 10 %: 0 points").
Nothing is rounded: labels are already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NutriScoreCategory = Literal[
    "general", "red_meat", "cheese", "fats_oils_nuts_seeds", "beverage", "water", "not_covered"
]
"""`not_covered` are those that bear no Nutri-Score: food for infants, for medical purposes and
for sport, meal replacements, alcoholic drinks, and what needs no nutrition declaration."""
Grade = Literal["A", "B", "C", "D", "E"]
Side = Literal["negative", "positive"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How one component earns points."""

    name: str
    unit: Literal["kJ", "g", "%", ""]
    side: Side
    thresholds: tuple[float, ...]
    """Ascending; a threshold named n times is worth n points."""
    at_threshold: bool = False
    """Whether the point is earned at the threshold, not only above it."""

    @property
    def most(self) -> int:
        """Largest number of points."""
        return len(self.thresholds)


ENERGY = Scale(
    "energy", "kJ", "negative", (335, 670, 1005, 1340, 1675, 2010, 2345, 2680, 3015, 3350)
)
SUGARS = Scale(
    "sugars",
    "g",
    "negative",
    (3.4, 6.8, 10, 14, 17, 20, 24, 27, 31, 34, 37, 41, 44, 48, 51),
)
SATURATED_FAT = Scale("saturated_fat", "g", "negative", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
SALT = Scale(
    "salt",
    "g",
    "negative",
    tuple(step / 5 for step in range(1, 21)),  # 0.2, 0.4 ... 4.0
)
FRUITS = Scale("fruits_vegetables_legumes", "%", "positive", (40, 60, 80, 80, 80))
FIBER = Scale("fiber", "g", "positive", (3.0, 4.1, 5.2, 6.3, 7.4))
PROTEINS = Scale("proteins", "g", "positive", (2.4, 4.8, 7.2, 9.6, 12, 14, 17))

ENERGY_FROM_SATURATES = Scale(
    "energy_from_saturates",
    "kJ",
    "negative",
    (120, 240, 360, 480, 600, 720, 840, 960, 1080, 1200),
)
SATURATES_IN_FAT = Scale(
    "saturates_in_fat", "%", "negative", (10, 16, 22, 28, 34, 40, 46, 52, 58, 64), at_threshold=True
)

ENERGY_OF_DRINK = Scale(
    "energy", "kJ", "negative", (30, 90, 150, 210, 240, 270, 300, 330, 360, 390)
)
SUGARS_OF_DRINK = Scale("sugars", "g", "negative", (0.5, 2, 3.5, 5, 6, 7, 8, 9, 10, 11))
SWEETENERS = Scale("sweeteners", "", "negative", (0.5, 0.5, 0.5, 0.5))
"""Four points where there are any: 1 for yes, 0 for no."""
FRUITS_OF_DRINK = Scale("fruits_vegetables_legumes", "%", "positive", (40, 40, 60, 60, 80, 80))
PROTEINS_OF_DRINK = Scale("proteins", "g", "positive", (1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3.0))

FOOD_SCALES = (ENERGY, SUGARS, SATURATED_FAT, SALT, FRUITS, FIBER, PROTEINS)
FAT_SCALES = (ENERGY_FROM_SATURATES, SUGARS, SATURATES_IN_FAT, SALT, FRUITS, FIBER, PROTEINS)
DRINK_SCALES = (
    ENERGY_OF_DRINK,
    SUGARS_OF_DRINK,
    SATURATED_FAT,
    SALT,
    SWEETENERS,
    FRUITS_OF_DRINK,
    FIBER,
    PROTEINS_OF_DRINK,
)

KJ_PER_G_SATURATES = 37.0
"""Energy of fat: Regulation (EU) 1169/2011, Annex XIV."""
RED_MEAT_PROTEIN_POINTS = 2
"""Most points that proteins earn in beef, veal, pork, lamb, game, horse, goat and the like."""
PROTEIN_LIMIT_OF_FOOD = 11
"""Negative points from which on proteins no longer count; never in drinks nor in cheese."""
PROTEIN_LIMIT_OF_FAT = 7

FOOD_GRADES: tuple[tuple[Grade, int], ...] = (("A", 0), ("B", 2), ("C", 10), ("D", 18))
"""Grade and the highest score that earns it; above the last it is E."""
FAT_GRADES: tuple[tuple[Grade, int], ...] = (("A", -6), ("B", 2), ("C", 10), ("D", 18))
DRINK_GRADES: tuple[tuple[Grade, int], ...] = (("B", 2), ("C", 6), ("D", 9))
"""A is for water alone."""
