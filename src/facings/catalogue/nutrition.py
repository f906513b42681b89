"""What 100 g or 100 ml of a product hold, checked, and what a serving holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, Self

SALT_PER_SODIUM = 2.5
"""Grams of salt for a gram of sodium: Regulation (EU) 1169/2011, Annex I, point 11."""
KJ_PER_KCAL = 4.184
"""Kilojoules in a kilocalorie."""
_MOST_G = 150.0
"""No food weighs more than this in 100 ml; what claims to is a typing error."""
_MOST_KJ = 5000.0
"""Pure fat has 3,700 kJ in 100 g (37 kJ/g, Regulation (EU) 1169/2011, Annex XIV)."""


@dataclass(frozen=True, slots=True)
class Nutrients:
    """Contents of 100 g, or of 100 ml of a drink. None means not known, which is not zero."""

    energy_kj: float | None = None
    fat_g: float | None = None
    saturated_fat_g: float | None = None
    sugars_g: float | None = None
    salt_g: float | None = None
    fiber_g: float | None = None
    """By the AOAC method, as on European labels."""
    proteins_g: float | None = None
    fruits_vegetables_legumes_percent: float | None = None
    """Weight share of fruits, vegetables and legumes in [0, 100]; nuts and oils are none."""
    sweeteners: bool | None = None
    """Whether there are non-nutritive sweeteners; counts in drinks only."""

    def __post_init__(self) -> None:
        for name in _MOST:
            amount = getattr(self, name)
            if amount is not None and not _plausible(name, amount):
                raise ValueError(f"{name} lies between 0 and {_MOST[name]:g}, got {amount}")

    @classmethod
    def from_per_100(
        cls,
        per_100: Mapping[str, float],
        *,
        fruits_vegetables_legumes_percent: float | None = None,
        sweeteners: bool | None = None,
    ) -> Self:
        """Read a product's `nutrition_per_100`; amounts no food can have count as not known.

        Salt may be given as `sodium` and energy as `energy_kcal`.

        Args:
            per_100: Open Food Facts names to grams, energy in kilojoules.
            fruits_vegetables_legumes_percent: in [0, 100]; None reads it from `per_100`.
            sweeteners: whether the ingredients hold non-nutritive sweeteners.
        """
        share = fruits_vegetables_legumes_percent
        if share is None:
            share = per_100.get("fruits_vegetables_legumes")
        found = {
            "energy_kj": _first(
                per_100.get("energy_kj"), _times(per_100.get("energy_kcal"), KJ_PER_KCAL)
            ),
            "fat_g": per_100.get("fat"),
            "saturated_fat_g": per_100.get("saturated_fat"),
            "sugars_g": per_100.get("sugars"),
            "salt_g": _first(per_100.get("salt"), _times(per_100.get("sodium"), SALT_PER_SODIUM)),
            "fiber_g": per_100.get("fiber"),
            "proteins_g": per_100.get("proteins"),
            "fruits_vegetables_legumes_percent": share,
        }
        kept = {
            name: amount
            for name, amount in found.items()
            if amount is not None and _plausible(name, amount)
        }
        return cls(**kept, sweeteners=sweeteners)


_MOST = {
    field.name: 100.0
    if field.name.endswith("percent")
    else _MOST_KJ
    if field.name.endswith("kj")
    else _MOST_G
    for field in fields(Nutrients)
    if field.name != "sweeteners"
}
"""Largest amount believed, by field."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How much one eats or drinks at once, by the pack."""

    amount: float
    """Above 0, in `unit`."""
    unit: Literal["g", "ml"]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise ValueError(f"a serving is more than nothing, got {self.amount} {self.unit}")

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


_SERVING = re.compile(
    r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*"
    r"(kg|g|gr|gram|grams|gramm|grammes|gramos|cl|dl|l|ml|grm|mlt|oz|fl\.?\s?oz)\b",
    re.IGNORECASE,
)
_UNITS: dict[str, tuple[float, Literal["g", "ml"]]] = {
    "kg": (1000, "g"),
    "oz": (28.349523125, "g"),
    "cl": (10, "ml"),
    "dl": (100, "ml"),
    "l": (1000, "ml"),
    "ml": (1, "ml"),
    "mlt": (1, "ml"),
    "floz": (29.5735295625, "ml"),
}
"""Unit to its size in g or ml; every other unit of `_SERVING` is a gram. Ounces are those of
the United States (NIST Handbook 44, Appendix C)."""


def serving_from_text(text: str | None) -> Serving | None:
    """Read a serving size as it is printed, metric units first.

    Args:
        text: such as "30 g", "1 bar (1.4 oz, 40 g)", "250ml".

    Returns:
        None where no amount with a unit of weight or volume is named.
    """
    found = []
    for amount, unit in _SERVING.findall(text or ""):
        name = re.sub(r"[.\s]", "", unit.lower())
        factor, base = _UNITS.get(name, (1.0, "g"))
        size = float(amount.replace(",", ".")) * factor
        if size > 0:
            found.append((name in {"oz", "floz"}, Serving(size, base)))
    return min(found, key=lambda each: each[0])[1] if found else None


def per_serving(per_100: Mapping[str, float], serving: Serving) -> dict[str, float]:
    """Give the contents of a serving, in the units of `per_100`: amount x serving / 100.

    Args:
        per_100: contents of 100 g where the serving is in g, of 100 ml where it is in ml.
        serving: how much one eats or drinks at once.
    """
    return {name: amount * serving.amount / 100 for name, amount in per_100.items()}


def _plausible(name: str, amount: float) -> bool:
    return math.isfinite(amount) and 0 <= amount <= _MOST[name]


def _first(*amounts: float | None) -> float | None:
    return next((amount for amount in amounts if amount is not None), None)


def _times(amount: float | None, factor: float) -> float | None:
    return None if amount is None else amount * factor
