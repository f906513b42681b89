"""The records database: products, gallery pictures and their embeddings, in one place.

SQLite by default, any SQLAlchemy URL otherwise. Everything else (the vector index above
all) can be rebuilt from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from sqlalchemy import and_, delete, func, select

from facings.catalogue import rows, statements
from facings.catalogue.database import Database
from facings.catalogue.lookup import read_products
from facings.catalogue.pictures import Picture, PictureFile
from facings.catalogue.statements import Upserted, portions
from facings.catalogue.tables import EmbeddingRow, PictureRow, ProductRow
from facings.catalogue.tables_retail import OfferRow, ReviewRow
from facings.product import Product
from facings.scope import GalleryBatch
from facings.types import CellArray, EmbedderId, Embeddings, IntArray

__all__ = ["Counts", "Records", "Upserted"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the records hold."""

    products: int
    offers: int
    reviews: int
    pictures: int
    embeddings: int
    """Of all embedders together."""


class Records:
    """Products, pictures and embeddings in a database.

    Threads may share one instance. Several processes may share one database.
    Every method raises `StorageFull` on a full disk, having changed nothing, and
    `CatalogueError` where the database refuses.
    """

    def __init__(self, url: str) -> None:
        self.database = Database.open(url)
        """Where offers, reviews, prices and what the service keeps are too."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database, creating what is missing.

        Args:
            url: SQLAlchemy URL, such as `sqlite:///folder/facings.db`.

        Raises:
            CatalogueError: the URL is wrong or what it names is no database.
            StorageFull: there is no room for the tables.
        """
        return cls(url)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def upsert(
        self,
        products: Iterable[Product],
        pictures: Mapping[str, Sequence[PictureFile]] | None = None,
    ) -> Upserted:
        """Write products, all of them or, when something fails, none.

        A product given replaces the one of the same GTIN, its offers and reviews too.
        Pictures are only added: one with bytes that its product already has is the same
        picture (its place is brought up to date), and a file whose bytes have changed keeps
        its id and loses its embeddings.

        Args:
            products: each GTIN once.
            pictures: GTIN-14 to pictures of that product.
        """
        given = {product.gtin: product for product in products}
        total = Upserted(0, 0, 0)
        with self.database.write() as connection:
            for gtins in portions(list(given)):
                known = read_products(connection, gtins)
                written = statements.upsert(connection, known, [given[g] for g in gtins], pictures)
                total += written
        return total

    def product(self, gtin: str) -> Product | None:
        """Look up one GTIN-14; None where there is no record."""
        return self.products([gtin]).get(gtin)

    def products(self, gtins: Iterable[str]) -> dict[str, Product]:
        """Look up many GTIN-14 at once; those without a record are absent."""
        found: dict[str, Product] = {}
        with self.database.read() as connection:
            for portion in portions(list(dict.fromkeys(gtins))):
                found.update(read_products(connection, portion))
        return found

    def sizes_mm(self, gtins: Iterable[str]) -> dict[str, tuple[float, float]]:
        """Look up (width, height) of products' fronts; those of unknown size are absent."""
        found: dict[str, tuple[float, float]] = {}
        with self.database.read() as connection:
            for portion in portions(list(dict.fromkeys(gtins))):
                query = select(ProductRow.gtin, ProductRow.width_mm, ProductRow.height_mm).where(
                    ProductRow.gtin.in_(portion)
                )
                for gtin, width_mm, height_mm in connection.execute(query):
                    if width_mm is not None and height_mm is not None:
                        found[gtin] = (width_mm, height_mm)
        return found

    def page(self, *, after: str | None, limit: int) -> list[Product]:
        """Look up the first `limit` products by GTIN-14 after one, or from the start."""
        query = select(ProductRow.gtin).where(ProductRow.gtin > (after or ""))
        with self.database.read() as connection:
            gtins = list(connection.scalars(query.order_by(ProductRow.gtin).limit(limit)))
        found = self.products(gtins)
        return [found[gtin] for gtin in gtins if gtin in found]

    def gtins(self) -> tuple[str, ...]:
        """List the GTIN-14 of every product, ascending."""
        with self.database.read() as connection:
            return tuple(connection.scalars(select(ProductRow.gtin).order_by(ProductRow.gtin)))

    def counts(self) -> Counts:
        """Count what there is."""
        tables = (ProductRow, OfferRow, ReviewRow, PictureRow, EmbeddingRow)
        with self.database.read() as connection:
            found = [
                connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
            ]
        return Counts(*found)

    def pictures(self, gtins: Iterable[str] | None = None) -> tuple[Picture, ...]:
        """List the pictures of these products, or of all, by ascending id."""
        with self.database.read() as connection:
            if gtins is None:
                return tuple(map(rows.picture_of, connection.execute(rows.SELECT_PICTURES)))
            found: list[Picture] = []
            for portion in portions(list(dict.fromkeys(gtins))):
                query = rows.SELECT_PICTURES.where(PictureRow.gtin.in_(portion))
                found.extend(map(rows.picture_of, connection.execute(query)))
        return tuple(sorted(found, key=lambda picture: picture.id))

    def pictures_of_several(self) -> tuple[Picture, ...]:
        """List the pictures whose very bytes are a picture of another product too, by id."""
        shared = (
            select(PictureRow.sha256)
            .group_by(PictureRow.sha256)
            .having(func.count(PictureRow.gtin.distinct()) > 1)
        )
        with self.database.read() as connection:
            query = rows.SELECT_PICTURES.where(PictureRow.sha256.in_(shared))
            return tuple(map(rows.picture_of, connection.execute(query)))

    def pictures_without_embedding(self, embedder: EmbedderId) -> tuple[Picture, ...]:
        """List the pictures that this very embedder has not seen, by ascending id."""
        seen = select(EmbeddingRow.picture_id).where(
            EmbeddingRow.picture_id == PictureRow.id, statements.made_by(embedder)
        )
        with self.database.read() as connection:
            query = rows.SELECT_PICTURES.where(~seen.exists())
            return tuple(map(rows.picture_of, connection.execute(query)))

    def remove_pictures(self, picture_ids: Iterable[int]) -> None:
        """Forget pictures with their embeddings; products stay, unknown ids are ignored."""
        with self.database.write() as connection:
            for portion in portions(list(dict.fromkeys(picture_ids))):
                connection.execute(delete(PictureRow).where(PictureRow.id.in_(portion)))

    def store_embeddings(self, picture_ids: Sequence[int] | IntArray, given: Embeddings) -> None:
        """Keep one embedding a picture, rounded to float16, replacing that embedder's earlier one.

        Args:
            picture_ids: (N,) ids of known pictures, in the order of `given`.

        Raises:
            ValueError: there are not as many ids as embeddings.
            CatalogueError: there is no picture of one of these ids.
        """
        ids = [int(picture_id) for picture_id in picture_ids]
        if len(ids) != len(given):
            raise ValueError(f"one picture an embedding: {len(ids)} ids, {len(given)} embeddings")
        vectors = given.vectors.astype("<f2")
        artwork = [None] * len(ids) if given.artwork is None else given.artwork
        values = [
            {
                "picture_id": picture_id,
                "embedder_name": given.embedder.name,
                "embedder_version": given.embedder.version,
                "embedder_sha256": given.embedder.sha256,
                "vector": vector.tobytes(),
                "artwork": None if cells is None else cells.tobytes(),
            }
            for picture_id, vector, cells in zip(ids, vectors, artwork, strict=True)
        ]
        with self.database.write() as connection:
            for portion in portions(ids):
                earlier = and_(
                    EmbeddingRow.picture_id.in_(portion), statements.made_by(given.embedder)
                )
                connection.execute(delete(EmbeddingRow).where(earlier))
            statements.insert_all(connection, EmbeddingRow, values)

    def artwork(self, picture_ids: Iterable[int], embedder: EmbedderId) -> dict[int, CellArray]:
        """Look up the artwork that pictures are compared by, each (C * H * W,).

        It is that of the first picture of the same product, side and look, mostly the catalogue's:
        look-alikes are told apart by pictures taken alike, not by how each was photographed since.

        Returns:
            By the ids that were asked for; where that picture has no artwork they are absent.
        """
        found: dict[int, CellArray] = {}
        with self.database.read() as connection:
            for portion in portions(list(dict.fromkeys(picture_ids))):
                first = statements.first_alike(connection, portion)
                query = select(EmbeddingRow.picture_id, EmbeddingRow.artwork).where(
                    EmbeddingRow.picture_id.in_(set(first.values())),
                    EmbeddingRow.artwork.is_not(None),
                    statements.made_by(embedder),
                )
                cells = {
                    picture_id: np.frombuffer(kept or b"", np.int8)
                    for picture_id, kept in connection.execute(query)
                }
                found |= {asked: cells[each] for asked, each in first.items() if each in cells}
        return found

    def embedding_count(self, embedder: EmbedderId) -> int:
        """Count the pictures that this very embedder has seen."""
        query = select(func.count()).select_from(EmbeddingRow).where(statements.made_by(embedder))
        with self.database.read() as connection:
            return connection.scalar(query) or 0

    def embeddings(self, embedder: EmbedderId, *, batch_size: int = 4096) -> Iterator[GalleryBatch]:
        """Walk through every embedding of this very embedder by ascending picture id."""
        last_id = -1
        while True:
            query = (
                select(EmbeddingRow.picture_id, EmbeddingRow.vector, *rows.LABEL_COLUMNS)
                .join(PictureRow, PictureRow.id == EmbeddingRow.picture_id)
                .join(ProductRow, ProductRow.gtin == PictureRow.gtin)
                .where(statements.made_by(embedder), EmbeddingRow.picture_id > last_id)
                .order_by(EmbeddingRow.picture_id)
                .limit(batch_size)
            )
            with self.database.read() as connection:
                found = connection.execute(query).all()
            if not found:
                return
            ids = np.array([row.picture_id for row in found], dtype=np.int64)
            blob = b"".join(row.vector for row in found)
            half = np.frombuffer(blob, dtype="<f2").reshape(len(found), -1)
            vectors = Embeddings(half.astype(np.float32), embedder)
            gtins = tuple(row.gtin for row in found)
            yield GalleryBatch(ids, gtins, vectors, tuple(map(rows.labels_of, found)))
            last_id = found[-1].picture_id
