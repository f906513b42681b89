"""Between the value types and the rows of `tables`: one pair of functions a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import InstrumentedAttribute

from facings.catalogue.pictures import Picture, PictureFile
from facings.catalogue.tables import PictureRow, ProductRow
from facings.product import Declared, Product
from facings.scope import Labels
from facings.types import Look

Values = dict[str, Any]
"""Column name to value, as an insert takes it."""

LABEL_COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    PictureRow.gtin,
    PictureRow.valid_from,
    PictureRow.valid_until,
    ProductRow.category,
    ProductRow.retailers,
    ProductRow.countries,
    ProductRow.active,
)
SELECT_PICTURES = select(*PictureRow.__table__.columns).order_by(PictureRow.id)


def product_values(product: Product) -> Values:
    """Lay out a product for the products table; offers and reviews have their own."""
    width_mm, height_mm = product.size_mm or (None, None)
    return {
        "gtin": product.gtin,
        "name": product.name,
        "brand": product.brand,
        "variant": product.variant,
        "net_content": product.net_content,
        "category": product.category,
        "retailers": list(product.retailers),
        "countries": list(product.countries),
        "active": product.active,
        "ingredients": product.ingredients,
        "allergens": dict(product.allergens),
        "nutrition_per_100": dict(product.nutrition_per_100),
        "price_cents": product.price_cents,
        "currency": product.currency,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "source": product.source,
        "gpc_brick": product.gpc_brick,
        "declared": declared_values(product.declared),
    }


def declared_values(declared: Declared) -> Values:
    """Lay out what is not empty."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in _DECLARED
        if (value := getattr(declared, name))
    }


def declared_of(values: Mapping[str, Any]) -> Declared:
    """Read what `declared_values` laid out."""
    if not values:
        return _NOTHING_DECLARED
    given: Values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Declared(**given)


_DECLARED = tuple(field.name for field in fields(Declared))
_NOTHING_DECLARED = Declared()


def offer_values(product: Product) -> list[Values]:
    """Lay out a product's offers in their order."""
    return [
        {
            "gtin": product.gtin,
            "position": position,
            "headline": offer.headline,
            "kind": offer.kind,
            "value_cents": offer.value_cents,
            "currency": offer.currency,
            "valid_until": offer.valid_until,
        }
        for position, offer in enumerate(product.offers)
    ]


def review_values(product: Product) -> list[Values]:
    """Lay out a product's reviews in their order."""
    return [
        {
            "gtin": product.gtin,
            "position": position,
            "rating": review.rating,
            "text": review.text,
            "author": review.author,
        }
        for position, review in enumerate(product.reviews)
    ]


def picture_values(gtin: str, picture: PictureFile) -> Values:
    """Lay out a picture of `gtin`; the database gives it its id."""
    return {
        "gtin": gtin,
        "view": picture.view,
        "file": picture.file,
        "folder": picture.folder,
        "sha256": picture.sha256,
        "valid_from": picture.look.valid_from if picture.look else None,
        "valid_until": picture.look.valid_until if picture.look else None,
    }


def picture_of(row: Row[Any]) -> Picture:
    """Read a picture from a row of `SELECT_PICTURES`."""
    look = look_of(row.valid_from, row.valid_until)
    return Picture(row.id, row.gtin, PictureFile(row.file, row.folder, row.sha256, row.view, look))


def labels_of(row: Row[Any]) -> Labels:
    """Read what searches may be narrowed by from a row with `LABEL_COLUMNS`."""
    return Labels(
        retailers=tuple(row.retailers),
        countries=tuple(row.countries),
        category=row.category,
        active=row.active,
        look=look_of(row.valid_from, row.valid_until),
    )


def look_of(valid_from: str | None, valid_until: str | None) -> Look | None:
    """Read a packaging version; None where no date is recorded."""
    return Look(valid_from, valid_until) if valid_from or valid_until else None
