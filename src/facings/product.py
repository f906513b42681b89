"""What is known about a product, as it travels from the records to those who show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AllergenLevel = Literal["contains", "may_contain", "free_from", "unknown"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A price or cash-back offer on a product."""

    headline: str
    kind: Literal["price", "cash_back", "multi_buy"]
    value_cents: int
    currency: str
    valid_until: str
    """ISO date, last day included."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a shopper thought."""

    rating: int
    """1 to 5."""
    text: str
    author: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What the pack and the record's source say in their own words and tags, as given."""

    serving: str | None = None
    """As printed: "1 bar (40 g)"."""
    category_tags: tuple[str, ...] = ()
    """Open Food Facts tags such as `en:yogurts`, the most general first."""
    label_tags: tuple[str, ...] = ()
    """`en:organic`, `en:vegan`..."""
    allergen_tags: tuple[str, ...] = ()
    trace_tags: tuple[str, ...] = ()
    """Allergens it may contain."""
    additive_tags: tuple[str, ...] = ()
    analysis_tags: tuple[str, ...] = ()
    """`en:vegan`, `en:palm-oil-free`..."""
    statements: tuple[str, ...] = ()
    """Sentences of the pack on allergens: "Contains: milk. May contain nuts."."""
    nova: int | None = None
    """NOVA group, 1 to 4."""
    nutri_score: str | None = None
    """Letter that the source gives, A to E."""


@dataclass(frozen=True, slots=True)
class Product:
    """What is known about one GTIN. Unknown is None or absent, never a guess."""

    gtin: str
    """GTIN-14."""
    name: str
    brand: str | None = None
    variant: str | None = None
    """Flavour or kind, within the brand's line."""
    net_content: str | None = None
    """As printed: "500 g", "6 x 330 ml"."""
    category: str | None = None
    retailers: tuple[str, ...] = ()
    """Who sells it, as far as is recorded."""
    countries: tuple[str, ...] = ()
    """Where it is sold, as far as is recorded: ISO 3166 codes of two letters."""
    active: bool = True
    """Whether it is still sold."""
    ingredients: str | None = None
    allergens: Mapping[str, AllergenLevel] = field(default_factory=dict)
    """GS1 allergen code (AM milk, AW gluten...) to level; absent means unknown, never safe."""
    nutrition_per_100: Mapping[str, float] = field(default_factory=dict)
    """Open Food Facts names to grams (energy_kj: kilojoules) in 100 g or 100 ml."""
    price_cents: int | None = None
    currency: str | None = None
    size_mm: tuple[float, float] | None = None
    """(width, height) of the front in millimetres."""
    offers: tuple[Offer, ...] = ()
    reviews: tuple[Review, ...] = ()
    source: str | None = None
    """Where the record comes from; the records keep its licence."""
    gpc_brick: str | None = None
    """GS1 Global Product Classification: eight digits."""
    declared: Declared = Declared()
