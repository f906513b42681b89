"""Search: products by what a person types, a part of the number or words of the name."""

from __future__ import annotations

from sqlalchemy import or_, select

from facings.catalogue.records import Records
from facings.catalogue.tables import ProductRow
from facings.product import Product


def search_products(records: Records, text: str, limit: int) -> list[Product]:
    """Find products whose number holds these digits, or whose name and brand hold each word.

    Args:
        text: case does not matter; digits count as a number where there is nothing else.
        limit: products at most, by name.
    """
    digits = text.replace(" ", "").replace("-", "")
    words = text.split()
    if not words:
        return []
    if digits.isdigit():
        found = [ProductRow.gtin.contains(digits.lstrip("0") or "0", autoescape=True)]
    else:
        found = [
            or_(
                ProductRow.name.icontains(word, autoescape=True),
                ProductRow.brand.icontains(word, autoescape=True),
                ProductRow.variant.icontains(word, autoescape=True),
            )
            for word in words
        ]
    query = select(ProductRow.gtin).where(*found).order_by(ProductRow.name).limit(limit)
    with records.database.read() as connection:
        gtins = list(connection.scalars(query))
    products = records.products(gtins)
    return [products[gtin] for gtin in gtins if gtin in products]
