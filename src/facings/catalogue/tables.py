"""The tables of products and their pictures, the source of truth from which indexes are rebuilt.

Days are ISO dates as text, moments are `Moment`. A changed table needs a migration: see
`migrations`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A point in time, kept as ISO text in UTC: sorts, and reads alike in every database."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write it.

        Raises:
            ValueError: it has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment has a time zone, got {value}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class Table(DeclarativeBase):
    """Common ancestor; its metadata creates every table."""


class SchemaVersionRow(Table):
    """Which of `migrations` the tables have come to; Alembic's own table."""

    __tablename__ = "alembic_version"

    version_num: Mapped[str] = mapped_column(String(32), primary_key=True)


class ProductRow(Table):
    """One GTIN. Columns are those of `facings.product.Product`; None means unknown."""

    __tablename__ = "products"

    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    brand: Mapped[str | None] = mapped_column(Text)
    variant: Mapped[str | None] = mapped_column(Text)
    net_content: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text, index=True)
    retailers: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    countries: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    active: Mapped[bool] = mapped_column(server_default=true())
    ingredients: Mapped[str | None] = mapped_column(Text)
    allergens: Mapped[dict[str, Any]] = mapped_column(JSON)
    nutrition_per_100: Mapped[dict[str, Any]] = mapped_column(JSON)
    price_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    width_mm: Mapped[float | None]
    height_mm: Mapped[float | None]
    source: Mapped[str | None] = mapped_column(Text)
    gpc_brick: Mapped[str | None] = mapped_column(String(8))
    declared: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    """Fields of `facings.product.Declared` that are not empty."""


class SourceRow(Table):
    """Where records come from, by the name in `ProductRow.source`, and on what terms."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    licence: Mapped[str] = mapped_column(Text)
    attribution: Mapped[str] = mapped_column(Text)
    """Sentence to show beside what comes from it."""
    url: Mapped[str | None] = mapped_column(Text)


class ImportRunRow(Table):
    """How far an import of a file has come: written together with the records it brought."""

    __tablename__ = "imports"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the file and of how it was read."""
    file: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    read: Mapped[int]
    """Rows dealt with; an interrupted import goes on after them."""
    added: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]


class PictureRow(Table):
    """A gallery picture: where it lies, as given, the hash of its bytes, and its look's dates."""

    __tablename__ = "pictures"
    __table_args__ = (UniqueConstraint("gtin", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin", ondelete="CASCADE"))
    view: Mapped[str] = mapped_column(String(32))
    file: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[str | None] = mapped_column(String(10))
    valid_until: Mapped[str | None] = mapped_column(String(10))


class EmbeddingRow(Table):
    """One picture seen by one embedder: a unit vector as little-endian float16 bytes, and artwork.

    Artwork is int8 cells, as in `facings.types.Embeddings`; None where the embedder gives none.
    """

    __tablename__ = "embeddings"
    __table_args__ = (
        Index(
            "embeddings_by_embedder",
            "embedder_name",
            "embedder_version",
            "embedder_sha256",
            "picture_id",
        ),
    )

    picture_id: Mapped[int] = mapped_column(
        ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True
    )
    embedder_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    embedder_version: Mapped[int] = mapped_column(primary_key=True)
    embedder_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    artwork: Mapped[bytes | None] = mapped_column(LargeBinary)
