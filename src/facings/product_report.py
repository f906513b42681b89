"""All that is known about a product, for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from facings.catalogue.allergen_codes import ALLERGENS
from facings.catalogue.alternatives import Alternative
from facings.catalogue.gtin import natural_form
from facings.catalogue.ingredients import Finding
from facings.catalogue.knowledge import Knowledge
from facings.catalogue.offer_rules import Judged
from facings.catalogue.reviews import ReviewSummary
from facings.catalogue.sources import Source
from facings.product import Product
from facings.scan import product_dict

if TYPE_CHECKING:
    from rich.console import RenderableType

_LEVELS = {"contains": "contains", "may_contain": "may contain", "free_from": "free from"}
_FITS = {"fits": "fits you", "does_not_fit": "does not fit you", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class ProductReport:
    """What is told about one product."""

    known: Knowledge
    source: Source | None
    offers: Sequence[Judged]
    reviews: ReviewSummary
    instead: Sequence[Alternative]

    def to_dict(self) -> dict[str, object]:
        """Give it as plain values; what is not known is null, or `unknown`."""
        known = self.known
        return {
            "product": product_dict(known.product),
            "allergens": {
                code: {
                    "name": ALLERGENS[code].name,
                    "level": known.allergens.level(code),
                    "because": [each.quote for each in known.allergens.because(code)],
                }
                for code, each in ALLERGENS.items()
                if each.eu or each.fda or code in known.allergens.levels
            },
            "nutri_score": asdict(known.nutri_score),
            "vegan": asdict(known.vegan),
            "vegetarian": asdict(known.vegetarian),
            "palm_oil": asdict(known.palm_oil),
            "additives": [asdict(each) for each in known.additives],
            "nova": known.nova,
            "serving": None if known.serving is None else asdict(known.serving),
            "per_serving": None if known.per_serving is None else dict(known.per_serving),
            "unit_price": None if known.unit_price is None else asdict(known.unit_price),
            "verdict": None if known.verdict is None else asdict(known.verdict),
            "offers": [asdict(each) for each in self.offers],
            "reviews": asdict(self.reviews),
            "instead": [
                {"gtin": each.product.gtin, "name": each.product.name, "why": each.why}
                for each in self.instead
            ],
            "source": None if self.source is None else asdict(self.source),
        }

    def table(self) -> RenderableType:
        """Give it as a table for a person."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold")
        table.add_column()
        for heading, words in self._lines():
            table.add_row(heading, Text(words))
        return table

    def _lines(self) -> Iterator[tuple[str, str]]:
        known, product = self.known, self.known.product
        yield "Product", _title(product)
        yield "GTIN", natural_form(product.gtin)
        if known.verdict:
            yield "For you", _FITS[known.verdict.outcome]
            for reason in known.verdict.reasons:
                yield "", f"{_FITS[reason.outcome]}: {reason.words}"
        yield from self._food_lines()
        yield from self._shop_lines()
        yield "Source", self._source()

    def _food_lines(self) -> Iterator[tuple[str, str]]:
        known, product = self.known, self.known.product
        for level, words in _LEVELS.items():
            codes = [code for code, said in known.allergens.levels.items() if said == level]
            if codes:
                yield f"Allergens: {words}", ", ".join(ALLERGENS[code].name for code in codes)
        yield "All other allergens", "unknown"
        yield "Nutri-Score", known.nutri_score.reason
        for component in known.nutri_score.components:
            yield "", str(component)
        yield "NOVA", "unknown" if known.nova is None else str(known.nova)
        yield "Vegan", _found(known.vegan)
        yield "Vegetarian", _found(known.vegetarian)
        yield "Palm oil", _found(known.palm_oil)
        yield (
            "Additives",
            ", ".join(f"{each.number} {each.name or ''}".strip() for each in known.additives)
            or ("none named" if product.ingredients else "unknown"),
        )
        yield "Per 100", _amounts(product.nutrition_per_100.items())
        if known.per_serving:
            yield f"Per serving of {known.serving}", _amounts(known.per_serving.items())

    def _shop_lines(self) -> Iterator[tuple[str, str]]:
        unit = self.known.unit_price
        if unit:
            yield f"Price of a {unit.per}", f"{unit.cents / 100:.2f} {unit.currency}"
        for offer in self.offers:
            yield "Offer", f"{offer.deal.headline}: {offer.why}"
        if self.reviews.count:
            yield "Reviews", f"{self.reviews.mean:.1f} of 5 ({self.reviews.count})"
        for each in self.instead:
            yield "Better", f"{each.product.name} ({natural_form(each.product.gtin)}): {each.why}"

    def _source(self) -> str:
        if self.source is None:
            return self.known.product.source or "unknown"
        return f"{self.source.name} ({self.source.licence}): {self.source.attribution}"


def _found(finding: Finding) -> str:
    return f"{finding.value}: {', '.join(finding.because)}" if finding.because else finding.value


def _amounts(amounts: Iterable[tuple[str, float]]) -> str:
    named = [f"{name.replace('_', ' ')} {amount:g}" for name, amount in amounts]
    return ", ".join(named) or "unknown"


def _title(product: Product) -> str:
    """Brand, name and amount, each said once: many names hold the other two."""
    before, after = (
        text if text and text not in product.name else None
        for text in (product.brand, product.net_content)
    )
    return " ".join(filter(None, (before, product.name, after)))
