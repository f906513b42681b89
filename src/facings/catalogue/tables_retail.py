"""The tables of shops, prices, offers and reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facings.catalogue.tables import Moment, Table


class RetailerRow(Table):
    """A chain, by the name that `ProductRow.retailers` uses."""

    __tablename__ = "retailers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    country: Mapped[str | None] = mapped_column(String(2))


class StoreRow(Table):
    """One shop of a chain."""

    __tablename__ = "stores"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    retailer: Mapped[str] = mapped_column(ForeignKey("retailers.name", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(String(2))


class RestrictedNumberRow(Table):
    """What a store-internal number (prefixes 02, 04, 20 to 29) means in one chain."""

    __tablename__ = "restricted_numbers"

    retailer: Mapped[str] = mapped_column(
        ForeignKey("retailers.name", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[str] = mapped_column(String(14), primary_key=True)
    """GTIN-14 with zeros for the weight or price in it and for the check digit."""
    name: Mapped[str] = mapped_column(Text)
    gtin: Mapped[str | None] = mapped_column(ForeignKey("products.gtin", ondelete="SET NULL"))
    """Record of the same product under a global number, where there is one."""


class PriceRow(Table):
    """What a product costs in a chain or in one of its shops, from a day on."""

    __tablename__ = "prices"
    __table_args__ = (Index("prices_by_product", "gtin", "retailer", "store", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin", ondelete="CASCADE"))
    retailer: Mapped[str] = mapped_column(ForeignKey("retailers.name", ondelete="CASCADE"))
    store: Mapped[str | None] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"))
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[str] = mapped_column(String(10))
    valid_until: Mapped[str | None] = mapped_column(String(10))


class OfferRow(Table):
    """An offer on a product. With a `position` it came with the product's record."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin", ondelete="CASCADE"), index=True)
    position: Mapped[int | None]
    headline: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    """price, cash_back or multi_buy"""
    value_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[str | None] = mapped_column(String(10))
    valid_until: Mapped[str] = mapped_column(String(10))
    campaign: Mapped[str | None] = mapped_column(String(64), index=True)
    """Offers of one campaign share their limit and budget."""
    quantity: Mapped[int] = mapped_column(server_default="1")
    """How many must be bought together."""
    segments: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    retailers: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    stores: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    bought: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Fields of `facings.catalogue.offers.Bought`."""
    limit_per_person: Mapped[int | None]
    budget_cents: Mapped[int | None] = mapped_column(BigInteger)
    stacking: Mapped[str] = mapped_column(String(16), server_default="one_of_kind")
    """alone, one_of_kind or with_all"""


class OfferUseRow(Table):
    """A person has used an offer."""

    __tablename__ = "offer_uses"
    __table_args__ = (Index("offer_uses_by_person", "offer_id", "person"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"))
    person: Mapped[str] = mapped_column(String(64))
    """Opaque to us."""
    at: Mapped[datetime] = mapped_column(Moment)
    value_cents: Mapped[int]


class ReviewRow(Table):
    """What a shopper thought. With a `position` it came with the product's record."""

    __tablename__ = "reviews"
    __table_args__ = (Index("reviews_by_product", "gtin", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin", ondelete="CASCADE"))
    position: Mapped[int | None]
    rating: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), server_default="approved", index=True)
    """pending, approved or rejected"""
    created_at: Mapped[datetime | None] = mapped_column(Moment)
    tenant: Mapped[str | None] = mapped_column(String(64))
    """Whose application sent it."""
