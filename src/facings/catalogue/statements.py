"""What `Records` says to the database, one function a task, inside a transaction it opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from facings.catalogue import rows
from facings.catalogue.pictures import Picture, PictureFile
from facings.catalogue.tables import EmbeddingRow, PictureRow, ProductRow, Table
from facings.catalogue.tables_retail import OfferRow, ReviewRow
from facings.product import Product
from facings.types import EmbedderId

Key = TypeVar("Key", str, int)

_KEYS_A_QUERY = 500
"""Keys in one IN (...): every database takes that many."""
_COLUMNS = tuple(column.name for column in ProductRow.__table__.columns)
_UPDATE_PRODUCT = (
    update(ProductRow)
    .where(ProductRow.gtin == bindparam("gtin_"))
    .values({name: bindparam(f"{name}_") for name in _COLUMNS if name != "gtin"})
)


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of the products given."""

    added: int
    updated: int
    """Known before, and changed in at least one field or picture."""
    unchanged: int

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            added=self.added + other.added,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
        )


def portions(items: list[Key]) -> Iterator[list[Key]]:
    """Cut a list into pieces of as many keys as one IN (...) takes."""
    for start in range(0, len(items), _KEYS_A_QUERY):
        yield items[start : start + _KEYS_A_QUERY]


def upsert(
    connection: Connection,
    known: Mapping[str, Product],
    given: Sequence[Product],
    pictures: Mapping[str, Sequence[PictureFile]] | None = None,
) -> Upserted:
    """Write products, new and known ones.

    Args:
        known: GTIN-14 to the record so far, of those of `given` that have one.
        given: each GTIN once, no more than `portions` gives.
        pictures: GTIN-14 to pictures of that product.
    """
    new = [product for product in given if product.gtin not in known]
    differing = [
        product for product in given if product.gtin in known and known[product.gtin] != product
    ]
    replace_products(connection, differing)
    insert_products(connection, new)
    repictured = add_pictures(connection, [product.gtin for product in given], pictures or {})
    updated = {product.gtin for product in differing} | (repictured & known.keys())
    return Upserted(len(new), len(updated), len(given) - len(new) - len(updated))


def insert_products(connection: Connection, products: Sequence[Product]) -> None:
    """Write products that are new, with their offers and reviews."""
    insert_all(connection, ProductRow, [rows.product_values(product) for product in products])
    _insert_parts(connection, products)


def replace_products(connection: Connection, products: Sequence[Product]) -> None:
    """Write over products that are known, with the offers and reviews of their records."""
    if not products:
        return
    gtins = [product.gtin for product in products]
    for table in (OfferRow, ReviewRow):
        of_record = and_(_any_of(table.gtin, gtins), table.position.is_not(None))
        connection.execute(delete(table).where(of_record))
    values = [
        {f"{name}_": value for name, value in rows.product_values(product).items()}
        for product in products
    ]
    connection.execute(_UPDATE_PRODUCT, values)
    _insert_parts(connection, products)


def add_pictures(
    connection: Connection, gtins: Sequence[str], given: Mapping[str, Sequence[PictureFile]]
) -> set[str]:
    """Add the pictures given of these products.

    Returns:
        The GTINs of which at least one picture is new or differs from before.
    """
    wanted = [gtin for gtin in gtins if given.get(gtin)]
    if not wanted:
        return set()
    known: dict[str, list[Picture]] = {gtin: [] for gtin in wanted}
    query = rows.SELECT_PICTURES.where(_any_of(PictureRow.gtin, wanted))
    for row in connection.execute(query):
        known[row.gtin].append(rows.picture_of(row))
    changed: set[str] = set()
    fresh: list[rows.Values] = []
    for gtin in wanted:
        by_hash = {picture.sha256: picture for picture in given[gtin]}
        for picture in by_hash.values():
            earlier = _earlier(picture, known[gtin], by_hash)
            if earlier is None:
                fresh.append(rows.picture_values(gtin, picture))
            else:
                dated = replace(picture, look=picture.look or earlier.source.look)
                if earlier.source == dated:
                    continue
                _replace_picture(connection, earlier, dated)
            changed.add(gtin)
    insert_all(connection, PictureRow, fresh)
    return changed


def insert_all(connection: Connection, table: type[Table], values: list[rows.Values]) -> None:
    """Insert rows; none is fine."""
    if values:
        connection.execute(insert(table), values)


def made_by(embedder: EmbedderId) -> ColumnElement[bool]:
    """Select the embeddings of this very embedder: name, version and weights."""
    return and_(
        EmbeddingRow.embedder_name == embedder.name,
        EmbeddingRow.embedder_version == embedder.version,
        EmbeddingRow.embedder_sha256 == embedder.sha256,
    )


def _any_of(column: InstrumentedAttribute[str], gtins: Sequence[str]) -> ColumnElement[bool]:
    return column.in_(gtins)


def _insert_parts(connection: Connection, products: Sequence[Product]) -> None:
    offers = [values for product in products for values in rows.offer_values(product)]
    reviews = [values for product in products for values in rows.review_values(product)]
    insert_all(connection, OfferRow, offers)
    insert_all(connection, ReviewRow, reviews)


def _earlier(
    picture: PictureFile, known: Sequence[Picture], given_by_hash: Mapping[str, PictureFile]
) -> Picture | None:
    """Find the record of a picture: the same bytes, else the same place with other bytes."""
    for candidate in known:
        if candidate.source.sha256 == picture.sha256:
            return candidate
    for candidate in known:
        moved = candidate.source.sha256 in given_by_hash
        if candidate.path == picture.path and not moved:
            return candidate
    return None


def _replace_picture(connection: Connection, earlier: Picture, picture: PictureFile) -> None:
    same = PictureRow.id == earlier.id
    values = rows.picture_values(earlier.gtin, picture)
    connection.execute(update(PictureRow).where(same).values(values))
    if earlier.source.sha256 != picture.sha256:
        connection.execute(delete(EmbeddingRow).where(EmbeddingRow.picture_id == earlier.id))


def first_alike(connection: Connection, picture_ids: Sequence[int]) -> dict[int, int]:
    """Find for each picture the first of the same product, side and look."""
    asked = aliased(PictureRow)
    alike = and_(
        PictureRow.gtin == asked.gtin,
        PictureRow.view == asked.view,
        PictureRow.valid_from.is_not_distinct_from(asked.valid_from),
        PictureRow.valid_until.is_not_distinct_from(asked.valid_until),
    )
    query = (
        select(asked.id, func.min(PictureRow.id).label("first"))
        .join(PictureRow, alike)
        .where(asked.id.in_(picture_ids))
        .group_by(asked.id)
    )
    return {row.id: row.first for row in connection.execute(query)}
