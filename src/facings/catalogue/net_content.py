"""How much is in a pack, from the words printed on it, and what a kilogram or a litre costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from facings.catalogue.nutrition import serving_from_text

_TIMES = "[x*\u00d7]"
_MULTIPACK = re.compile(rf"(?<!\d)(\d{{1,3}})\s*{_TIMES}\s*(?=\d)", re.IGNORECASE)
_MULTIPACK_AFTER = re.compile(rf"(?<=[a-z\s]){_TIMES}\s*(\d{{1,3}})\s*$", re.IGNORECASE)
_PIECES = re.compile(
    r"(?<![\d.,])(\d{1,4})\s*(?:pcs?|pieces?|pièces?|piezas?|st(?:k|ück|uck)?|units?|ct|count)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NetContent:
    """All that is in the pack."""

    amount: float
    """Above 0, in `unit`."""
    unit: Literal["g", "ml", "piece"]

    def __post_init__(self) -> None:
        if not self.amount > 0:
            raise ValueError(f"a pack holds more than nothing, got {self.amount} {self.unit}")


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Price of one kilogram, litre or piece (Directive 98/6/EC, article 2)."""

    cents: float
    per: Literal["kg", "l", "piece"]
    currency: str


def net_content_from_text(text: str | None) -> NetContent | None:
    """Read "500 g", "6 x 330 ml", "12 oz (340 g)" or "10 pieces"; None where it says nothing.

    Ounces without "fl" are of weight; see `serving_from_text`.
    """
    text = text or ""
    times = _MULTIPACK.search(text)
    each = serving_from_text(text[times.end() :] if times else text)
    if each:
        times = times or _MULTIPACK_AFTER.search(text)
        return NetContent(each.amount * (int(times[1]) or 1 if times else 1), each.unit)
    pieces = _PIECES.search(text)
    return NetContent(int(pieces[1]), "piece") if pieces and int(pieces[1]) else None


def unit_price(price_cents: int, currency: str, content: NetContent | None) -> UnitPrice | None:
    """Give what a kilogram, litre or piece costs; None where the content is not known."""
    match content:
        case None:
            return None
        case NetContent(amount, "piece"):
            return UnitPrice(round(price_cents / amount, 2), "piece", currency)
        case NetContent(amount, unit):
            per: Literal["kg", "l"] = "kg" if unit == "g" else "l"
            return UnitPrice(round(price_cents * 1000 / amount, 2), per, currency)
