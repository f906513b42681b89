"""One product as an import file gives it, checked field by field.

The form is documented in docs/reference/import-format.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from facings.catalogue.gtin import gtin14, is_restricted, natural_form
from facings.errors import InvalidGtin
from facings.product import AllergenLevel, Declared, Offer, Product, Review
from facings.types import Look

_REASONS_SHOWN = 3
_CONFIG = ConfigDict(frozen=True, extra="ignore")


def _global_gtin(given: object) -> str:
    if not isinstance(given, str | int):
        raise ValueError("it is missing, or is no text")  # noqa: TRY004 (pydantic reports these)
    try:
        gtin = gtin14(str(given))
    except InvalidGtin as error:
        hint = f" ({error.hint})" if error.hint else ""
        raise ValueError(f"{error.message}{hint}") from error
    if is_restricted(gtin):
        raise ValueError(
            f"{natural_form(gtin)} is a store-internal number, another product in another store"
        )
    return gtin


def _allergens(given: object) -> object:
    """Read the flat form `AM:contains;AN:may_contain`."""
    if not isinstance(given, str):
        return given
    pairs = [part.partition(":") for part in given.split(";") if part.strip()]
    return {code.strip(): level.strip() for code, _, level in pairs}


def _pictures(given: object) -> object:
    """Read the flat form `a.jpg;b.jpg`."""
    if not isinstance(given, str):
        return given
    return [{"file": part} for part in given.split(";") if part.strip()]


def _names(given: object) -> object:
    """Read the flat form `SE;NO`."""
    if not isinstance(given, str):
        return given
    return [part.strip() for part in given.split(";") if part.strip()]


def _underscored(nutrient: str) -> str:
    """Bring Open Food Facts' `saturated-fat` and `saturated_fat` together."""
    return nutrient.replace("-", "_")


AnyText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Text = Annotated[AnyText, StringConstraints(strip_whitespace=True, min_length=1)]
Gtin = Annotated[str, BeforeValidator(_global_gtin)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Cents = Annotated[int, Field(ge=0, le=2**31 - 1)]
Millimetres = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
View = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Names = Annotated[tuple[Text, ...] | None, BeforeValidator(_names)]
Brick = Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
AllergenCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}$")]
NutrientName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$"), AfterValidator(_underscored)
]


class PictureEntry(BaseModel):
    """A picture, relative to the import file."""

    model_config = _CONFIG

    file: Text
    view: View = "front"
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _look_is_in_order(self) -> Self:
        self.look()
        return self

    def look(self) -> Look | None:
        """Give the packaging version; None where no date is named."""
        first, last = (
            day.isoformat() if day else None for day in (self.valid_from, self.valid_until)
        )
        return Look(first, last) if first or last else None


class OfferEntry(BaseModel):
    """A price or cash-back offer."""

    model_config = _CONFIG

    headline: Text
    kind: Literal["price", "cash_back", "multi_buy"]
    value_cents: Cents
    currency: Currency
    valid_until: date

    def offer(self) -> Offer:
        """Give the value that the rest of Facings knows."""
        last_day = self.valid_until.isoformat()
        return Offer(self.headline, self.kind, self.value_cents, self.currency, last_day)


class ReviewEntry(BaseModel):
    """What a shopper thought."""

    model_config = _CONFIG

    rating: Annotated[int, Field(ge=1, le=5)]
    text: AnyText
    author: AnyText

    def review(self) -> Review:
        """Give the value that the rest of Facings knows."""
        return Review(self.rating, self.text, self.author)


class ImportRow(BaseModel):
    """A product. A field that the file does not name is unset, which is not the same as null."""

    model_config = _CONFIG

    gtin: Gtin
    name: Text
    brand: Text | None = None
    variant: Text | None = None
    net_content: Text | None = None
    category: Text | None = None
    retailers: Names = None
    countries: Annotated[tuple[Country, ...] | None, BeforeValidator(_names)] = None
    active: bool | None = None
    ingredients: Text | None = None
    allergens: Annotated[dict[AllergenCode, AllergenLevel] | None, BeforeValidator(_allergens)] = (
        None
    )
    nutrition_per_100: dict[NutrientName, Amount] | None = None
    price_cents: Cents | None = None
    currency: Currency | None = None
    size_mm: tuple[Millimetres, Millimetres] | None = None
    offers: tuple[OfferEntry, ...] | None = None
    reviews: tuple[ReviewEntry, ...] | None = None
    source: Text | None = None
    gpc_brick: Brick | None = None
    serving: Text | None = None
    category_tags: Names = None
    label_tags: Names = None
    allergen_tags: Names = None
    trace_tags: Names = None
    additive_tags: Names = None
    statements: Names = None
    nova: Annotated[int, Field(ge=1, le=4)] | None = None
    pictures: Annotated[tuple[PictureEntry, ...] | None, BeforeValidator(_pictures)] = None

    @model_validator(mode="after")
    def _price_has_a_currency(self) -> Self:
        if self.price_cents is not None and self.currency is None:
            raise ValueError("price_cents needs a currency, such as EUR")
        return self

    def product(self, earlier: Product | None) -> Product:
        """Give the product: what the file names, and the earlier record for the rest.

        Args:
            earlier: record of the same GTIN so far; None where there is none.
        """
        named: Mapping[str, object] = {
            "name": self.name,
            "brand": self.brand,
            "variant": self.variant,
            "net_content": self.net_content,
            "category": self.category,
            "retailers": self.retailers or (),
            "countries": self.countries or (),
            "active": self.active is not False,
            "ingredients": self.ingredients,
            "allergens": self.allergens or {},
            "nutrition_per_100": self.nutrition_per_100 or {},
            "price_cents": self.price_cents,
            "currency": self.currency,
            "size_mm": self.size_mm,
            "offers": tuple(entry.offer() for entry in self.offers or ()),
            "reviews": tuple(entry.review() for entry in self.reviews or ()),
            "source": self.source,
            "gpc_brick": self.gpc_brick,
        }
        given = {field: named[field] for field in self.model_fields_set & named.keys()}
        product = earlier or Product(self.gtin, self.name)
        given["declared"] = self._declared(product.declared)
        return replace(product, **given)  # type: ignore[arg-type]

    def _declared(self, earlier: Declared) -> Declared:
        named: Mapping[str, object] = {
            "serving": self.serving,
            "category_tags": self.category_tags or (),
            "label_tags": self.label_tags or (),
            "allergen_tags": self.allergen_tags or (),
            "trace_tags": self.trace_tags or (),
            "additive_tags": self.additive_tags or (),
            "statements": self.statements or (),
            "nova": self.nova,
        }
        given = {field: named[field] for field in self.model_fields_set & named.keys()}
        return replace(earlier, **given)  # type: ignore[arg-type]


FIELDS = frozenset(ImportRow.model_fields)
"""Every field an import file may name."""


def reason_of(error: ValidationError) -> str:
    """Say in one line what is wrong with a row, and what was given."""
    problems = error.errors(include_url=False, include_context=False)
    shown = [_problem(p["loc"], p["msg"], p["input"]) for p in problems[:_REASONS_SHOWN]]
    if len(problems) > _REASONS_SHOWN:
        shown.append(f"and {len(problems) - _REASONS_SHOWN} more")
    return "; ".join(shown)


def _problem(place: tuple[int | str, ...], message: str, given: object) -> str:
    field = ".".join(str(part) for part in place)
    message = message.removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if not field or field == "gtin" or isinstance(given, dict | list):
        return f"{field}: {message}" if field else message
    return f"{field}: {message}, got {str(given)[:40]!r}"
