"""Products, and what a shopper wants to know about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from facings.product import AllergenLevel
from facings.server.schemas.base import Incoming, Outgoing, Word
from facings.server.schemas.profile import VerdictOut


class AllergenOut(Outgoing):
    """What is known about one allergen in one product."""

    code: str
    """GS1 AllergenTypeCode."""
    name: str
    level: AllergenLevel
    """unknown is never safe."""
    because: tuple[str, ...]
    """The words of the pack that say so."""


class ComponentOut(Outgoing):
    """One line of a Nutri-Score."""

    name: str
    side: str
    value: float | None
    unit: str
    points: int | None
    points_max: int
    counted: bool
    note: str


class NutriScoreOut(Outgoing):
    """Nutri-Score 2023, explained."""

    grade: str | None
    """None is unknown."""
    best_grade: str | None
    worst_grade: str | None
    """Between these two it is, where an input is not known."""
    score: int | None
    reason: str
    missing: tuple[str, ...]
    components: tuple[ComponentOut, ...]


class FindingOut(Outgoing):
    """Whether a product is vegan, vegetarian, holds palm oil."""

    value: str
    """yes, no or unknown."""
    because: tuple[str, ...]


class AdditiveOut(Outgoing):
    """An additive of the ingredient list."""

    number: str
    name: str | None


class ServingOut(Outgoing):
    """How much one eats or drinks at once, as the pack says."""

    amount: float
    unit: str


class UnitPriceOut(Outgoing):
    """What a kilogram, a litre or a piece costs."""

    cents: float
    currency: str
    per: str


class KnowledgeOut(Outgoing):
    """What a shopper wants to know about a product."""

    allergens: tuple[AllergenOut, ...]
    """Of the EU's 14, all; and what else is known."""
    nutri_score: NutriScoreOut | None
    vegan: FindingOut
    vegetarian: FindingOut
    palm_oil: FindingOut
    additives: tuple[AdditiveOut, ...]
    nova: int | None
    serving: ServingOut | None
    per_serving: dict[str, float] | None
    """As `nutrition_per_100`, for a serving; None where its size is not known."""
    unit_price: UnitPriceOut | None


class OfferOut(Outgoing):
    """An offer, and whether it applies to this shopper here and now."""

    id: int | None
    headline: str
    kind: str
    """price, multi_buy or cash_back."""
    value_cents: int
    currency: str
    quantity: int
    """How many must be bought together."""
    valid_from: str | None
    valid_until: str
    """ISO dates; the last day is included."""
    applies: bool
    counts: bool
    """Whether it applies and is in the combination that saves most."""
    why: str
    """Why it applies, or everything that speaks against it."""
    saving_cents: int | None
    """For `quantity` packs; None where the price is not known."""


class ReviewOut(Outgoing):
    """What a shopper thought."""

    id: int
    gtin: str
    rating: int
    text: str
    author: str
    state: Literal["pending", "approved", "rejected"]
    created_at: datetime | None


class ProductOut(Outgoing):
    """What is known about one GTIN. Unknown is null or absent, never a guess."""

    gtin: str
    """GTIN-14."""
    gtin_printed: str
    """As under the barcode."""
    name: str
    brand: str | None
    variant: str | None
    net_content: str | None
    category: str | None
    gpc_brick: str | None
    retailers: tuple[str, ...]
    countries: tuple[str, ...]
    active: bool
    ingredients: str | None
    nutrition_per_100: dict[str, float]
    """Grams in 100 g or 100 ml; energy_kj in kilojoules."""
    price_cents: int | None
    currency: str | None
    size_mm: tuple[float, float] | None
    source: str | None
    attribution: str | None
    """Sentence to show beside what comes from that source."""
    knowledge: KnowledgeOut | None = None
    verdict: VerdictOut | None = None
    offers: tuple[OfferOut, ...] | None = None
    reviews: tuple[ReviewOut, ...] | None = None


class ProductPage(Outgoing):
    """Some products, and where to go on."""

    products: tuple[ProductOut, ...]
    next_cursor: str | None


class SummaryOut(Outgoing):
    """Approved reviews taken together."""

    count: int
    mean: float | None
    by_rating: dict[int, int]


class ReviewPage(Outgoing):
    """Some reviews, and where to go on."""

    reviews: tuple[ReviewOut, ...]
    summary: SummaryOut | None
    """Of all approved ones of this product; null in a moderator's list."""
    next_cursor: str | None


class OfferList(Outgoing):
    """The offers on a product; those that count come first."""

    offers: tuple[OfferOut, ...]


class InsteadOut(Outgoing):
    """A product to take instead."""

    product: ProductOut
    """With its verdict."""
    why: str


class InsteadList(Outgoing):
    """Similar products that are better, the best first."""

    alternatives: tuple[InsteadOut, ...]


class ReviewIn(Incoming):
    """A review; it is shown when somebody has approved it."""

    rating: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    author: Word = "anonymous"


class ModerationIn(Incoming):
    """What a moderator decides."""

    state: Literal["approved", "rejected"]


class EnrolmentOut(Outgoing):
    """Pictures were added; their product is found from now on."""

    gtin: str
    pictures_added: int
    picture_count: int
    """In the index now."""
    product_count: int
