"""The tables of the records database, the source of truth from which indexes are rebuilt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Common ancestor; its metadata creates every table."""


class ProductRow(Table):
    """One GTIN. Columns are those of `facings.types.Product`; None means unknown."""

    __tablename__ = "products"

    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    brand: Mapped[str | None] = mapped_column(Text)
    variant: Mapped[str | None] = mapped_column(Text)
    net_content: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
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


class OfferRow(Table):
    """A price or cash-back offer; `position` keeps the order given."""

    __tablename__ = "offers"

    gtin: Mapped[str] = mapped_column(
        ForeignKey("products.gtin", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    headline: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    value_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    valid_until: Mapped[str] = mapped_column(String(10))


class ReviewRow(Table):
    """A shopper's review; `position` keeps the order given."""

    __tablename__ = "reviews"

    gtin: Mapped[str] = mapped_column(
        ForeignKey("products.gtin", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    rating: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)


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
    """One picture seen by one embedder: a unit vector as little-endian float16 bytes."""

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
