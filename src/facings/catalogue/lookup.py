"""Looking up a shelf's products: asked for every frame, so said in the database's own SQL.

What SQLAlchemy does around a query (building, naming and converting columns) took four times as
long as SQLite's answer; here it takes none. Everything else goes through `statements`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from facings.catalogue.rows import declared_of
from facings.product import Offer, Product, Review

_PRODUCTS = """
SELECT gtin, name, brand, variant, net_content, category, retailers, countries, active, ingredients,
  allergens, nutrition_per_100, price_cents, currency, width_mm, height_mm, source, gpc_brick,
  declared,
  EXISTS (SELECT 1 FROM offers o WHERE o.gtin = p.gtin AND o.position IS NOT NULL)
  OR EXISTS (SELECT 1 FROM reviews r WHERE r.gtin = p.gtin AND r.position IS NOT NULL)
FROM products p WHERE gtin """
_OFFERS = """
SELECT gtin, headline, kind, value_cents, currency, valid_until
FROM offers WHERE position IS NOT NULL AND gtin """
_REVIEWS = """
SELECT gtin, rating, text, author FROM reviews WHERE position IS NOT NULL AND gtin """
_IN_ORDER = " ORDER BY gtin, position"
_EMPTY: Mapping[str, Any] = {"[]": [], "{}": {}}
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def read_products(connection: Connection, gtins: Sequence[str]) -> dict[str, Product]:
    """Look up products; offers and reviews of their records are asked for where there are any.

    Args:
        gtins: at most as many GTIN-14 as one IN (...) takes.
    """
    if not gtins:
        return {}
    found = _rows(connection, _PRODUCTS, gtins)
    with_parts = [row[0] for row in found if row[-1]]
    offers: dict[str, list[Offer]] = {}
    reviews: dict[str, list[Review]] = {}
    if with_parts:
        for gtin, *offer in _rows(connection, _OFFERS, with_parts, _IN_ORDER):
            offers.setdefault(gtin, []).append(Offer(*offer))
        for gtin, *review in _rows(connection, _REVIEWS, with_parts, _IN_ORDER):
            reviews.setdefault(gtin, []).append(Review(*review))
    return {row[0]: _product(row, offers.get(row[0], ()), reviews.get(row[0], ())) for row in found}


def _rows(
    connection: Connection, query: str, gtins: Sequence[str], order: str = ""
) -> Sequence[Sequence[Any]]:
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(f"{query}= ANY(%s){order}", (list(gtins),)).all()
    marks = ",".join("?" * len(gtins))
    return connection.exec_driver_sql(f"{query}IN ({marks}){order}", tuple(gtins)).all()


def _product(row: Sequence[Any], offers: Iterable[Offer], reviews: Iterable[Review]) -> Product:
    (
        gtin,
        name,
        brand,
        variant,
        net_content,
        category,
        retailers,
        countries,
        active,
        ingredients,
        allergens,
        nutrition_per_100,
        price_cents,
        currency,
        width_mm,
        height_mm,
        source,
        gpc_brick,
        declared,
        _,
    ) = row
    return Product(
        gtin,
        name,
        brand,
        variant,
        net_content,
        category,
        tuple(_json(retailers)),
        tuple(_json(countries)),
        bool(active),
        ingredients,
        _json(allergens),
        _json(nutrition_per_100),
        price_cents,
        currency,
        None if width_mm is None or height_mm is None else (width_mm, height_mm),
        tuple(offers),
        tuple(reviews),
        source,
        gpc_brick,
        declared_of(_json(declared)),
    )


def _json(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """Decode what SQLite gives as text; PostgreSQL's driver has done it already."""
    if not isinstance(value, str):
        return value
    empty = _EMPTY.get(value)
    return _scan(value, 0)[0] if empty is None else empty.copy()
