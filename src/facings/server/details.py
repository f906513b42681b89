"""What is told about products: as much as the caller asked for, held against a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from facings.catalogue.allergen_codes import ALLERGENS
from facings.catalogue.gtin import natural_form
from facings.catalogue.knowledge import Knowledge, know
from facings.catalogue.profile import Profile
from facings.catalogue.records import Records
from facings.catalogue.sources import Sources
from facings.server.schemas.frame import Include
from facings.server.schemas.product import (
    AllergenOut,
    KnowledgeOut,
    ProductOut,
)
from facings.server.schemas.profile import VerdictOut
from facings.types import Product

EVERYTHING: frozenset[Include] = frozenset(get_args(Include))


@dataclass(frozen=True, slots=True)
class Details:
    """Looks up and puts together what one request wants to know."""

    records: Records
    include: frozenset[Include]
    profile: Profile | None = None

    def of(self, products: Iterable[Product]) -> dict[str, ProductOut]:
        """Tell about products, by GTIN-14."""
        wanted = list(products)
        sources = Sources(self.records.database)
        attributions = {
            name: source.attribution
            for name in {each.source for each in wanted}
            if (source := sources.of(name)) and name
        }
        return {each.gtin: self._of_one(each, attributions) for each in wanted}

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
