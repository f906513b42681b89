"""What is told about products: as much as the caller asked for, held against a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

from facings.catalogue.allergen_codes import ALLERGENS
from facings.catalogue.gtin import natural_form
from facings.catalogue.knowledge import Knowledge, know
from facings.catalogue.offer_rules import Judged, Shopper
from facings.catalogue.offers import Offers
from facings.catalogue.profile import Profile
from facings.catalogue.records import Records
from facings.catalogue.reviews import Reviews
from facings.catalogue.sources import Sources
from facings.product import Product
from facings.server.schemas.frame import Include
from facings.server.schemas.product import (
    AllergenOut,
    KnowledgeOut,
    OfferOut,
    ProductOut,
    ReviewOut,
)
from facings.server.schemas.profile import VerdictOut

_REVIEWS_WITH_A_PRODUCT = 10
EVERYTHING: frozenset[Include] = frozenset(get_args(Include))


@dataclass(frozen=True, slots=True)
class Details:
    """Looks up and puts together what one request wants to know."""

    records: Records
    include: frozenset[Include]
    profile: Profile | None = None
    shopper: Shopper = field(default_factory=lambda: Shopper(today()))

    def of(self, products: Iterable[Product]) -> dict[str, ProductOut]:
        """Tell about products, by GTIN-14."""
        wanted = list(products)
        sources = Sources(self.records.database)
        attributions = {
            name: source.attribution
            for name in {each.source for each in wanted}
            if (source := sources.of(name)) and name
        }
        offers = self.offers([each.gtin for each in wanted]) if "offers" in self.include else None
        reviews = Reviews(self.records.database) if "reviews" in self.include else None
        return {
            each.gtin: self._of_one(each, attributions).model_copy(
                update={
                    "offers": None if offers is None else offers.get(each.gtin, ()),
                    "reviews": None if reviews is None else _reviews(reviews, each.gtin),
                }
            )
            for each in wanted
        }

    def offers(self, gtins: list[str]) -> dict[str, tuple[OfferOut, ...]]:
        """Hold the offers on products to the shopper; those without any are absent."""
        judged = Offers(self.records.database).judge(gtins, self.shopper)
        return {gtin: tuple(map(_offer_out, each)) for gtin, each in judged.items()}

    def names(self, gtins: Iterable[str]) -> dict[str, str]:
        """Name products, those without a record left out."""
        return {gtin: each.name for gtin, each in self.records.products(gtins).items()}

    def _of_one(self, product: Product, attributions: Mapping[str, str]) -> ProductOut:
        wants_knowledge = "knowledge" in self.include
        known = know(product, self.profile) if wants_knowledge or self.profile else None
        return ProductOut(
            gtin=product.gtin,
            gtin_printed=natural_form(product.gtin),
            name=product.name,
            brand=product.brand,
            variant=product.variant,
            net_content=product.net_content,
            category=product.category,
            gpc_brick=product.gpc_brick,
            retailers=product.retailers,
            countries=product.countries,
            active=product.active,
            ingredients=product.ingredients,
            nutrition_per_100=dict(product.nutrition_per_100),
            price_cents=product.price_cents,
            currency=product.currency,
            size_mm=product.size_mm,
            source=product.source,
            attribution=attributions.get(product.source or ""),
            knowledge=knowledge_out(known) if known and wants_knowledge else None,
            verdict=VerdictOut.model_validate(known.verdict) if known and known.verdict else None,
        )


def today() -> str:
    """Give the day that offers are held to, as ISO date in UTC."""
    return datetime.now(UTC).date().isoformat()


def _offer_out(judged: Judged) -> OfferOut:
    deal = judged.deal
    return OfferOut(
        id=deal.id,
        headline=deal.headline,
        kind=deal.kind,
        value_cents=deal.value_cents,
        currency=deal.currency,
        quantity=deal.quantity,
        valid_from=deal.valid_from,
        valid_until=deal.valid_until,
        applies=judged.applies,
        counts=judged.counts,
        why=judged.why,
        saving_cents=judged.saving_cents,
    )


def _reviews(reviews: Reviews, gtin: str) -> tuple[ReviewOut, ...]:
    found = reviews.of(gtin, limit=_REVIEWS_WITH_A_PRODUCT)
    return tuple(ReviewOut.model_validate(each) for each in found)


def knowledge_out(known: Knowledge) -> KnowledgeOut:
    """Give what is known as it goes over the wire."""
    allergens = known.allergens
    listed = [c for c, each in ALLERGENS.items() if each.eu or each.fda or c in allergens.levels]
    return KnowledgeOut.model_validate(
        {
            "allergens": [
                AllergenOut(
                    code=code,
                    name=ALLERGENS[code].name,
                    level=allergens.level(code),
                    because=tuple(dict.fromkeys(each.quote for each in allergens.because(code))),
                )
                for code in listed
            ],
            "nutri_score": known.nutri_score,
            "vegan": known.vegan,
            "vegetarian": known.vegetarian,
            "palm_oil": known.palm_oil,
            "additives": known.additives,
            "nova": known.nova,
            "serving": known.serving,
            "per_serving": known.per_serving,
            "unit_price": known.unit_price,
        }
    )
