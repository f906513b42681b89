"""Chains, their shops, and what products cost there from one day to another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, delete, insert, or_, select, update

from facings.catalogue.database import Database
from facings.catalogue.tables import ProductRow
from facings.catalogue.tables_retail import PriceRow, RetailerRow, StoreRow


@dataclass(frozen=True, slots=True)
class Retailer:
    """A chain."""

    name: str
    """As `Product.retailers` names it."""
    country: str | None = None
    """ISO 3166 code of two letters."""


@dataclass(frozen=True, slots=True)
class Store:
    """One shop of a chain."""

    id: str
    retailer: str
    name: str
    address: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What one pack costs in a chain, or in one of its shops."""

    gtin: str
    """GTIN-14."""
    price_cents: int
    currency: str
    retailer: str | None = None
    """None is the price of the product's record, of nowhere in particular."""
    store: str | None = None
    valid_from: str = "0001-01-01"
    """ISO date."""
    valid_until: str | None = None
    """ISO date, last day included; None where it is not over."""

    def __post_init__(self) -> None:
        first = date.fromisoformat(self.valid_from)
        if self.valid_until and date.fromisoformat(self.valid_until) < first:
            raise ValueError(f"a price ends on {self.valid_until}, before it begins on {first}")
        if self.price_cents < 0:
            raise ValueError(f"a price is from 0 on, got {self.price_cents}")


class Shops:
    """Chains, shops and prices as the records keep them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_retailer(self, retailer: Retailer) -> None:
        """Keep a chain, or bring it up to date."""
        with self._database.write() as connection:
            _put(connection, RetailerRow, RetailerRow.name == retailer.name, asdict(retailer))

    def record_store(self, store: Store) -> None:
        """Keep a shop, or bring it up to date.

        Raises:
            CatalogueError: its chain is not kept.
        """
        with self._database.write() as connection:
            _put(connection, StoreRow, StoreRow.id == store.id, asdict(store))

    def retailers(self) -> tuple[Retailer, ...]:
        """List the chains by name."""
        query = select(RetailerRow.name, RetailerRow.country).order_by(RetailerRow.name)
        with self._database.read() as connection:
            return tuple(Retailer(*row) for row in connection.execute(query))

    def stores(self, retailer: str | None = None) -> tuple[Store, ...]:
        """List the shops of a chain, or all, by id."""
        query = select(*StoreRow.__table__.columns).order_by(StoreRow.id)
        if retailer is not None:
            query = query.where(StoreRow.retailer == retailer)
        with self._database.read() as connection:
            return tuple(Store(**row._asdict()) for row in connection.execute(query))

    def record_price(self, price: Price) -> None:
        """Keep a price from its first day on; one of the same day and place is replaced.

        Raises:
            CatalogueError: its product, chain or shop is not kept.
        """
        same = (
            PriceRow.gtin == price.gtin,
            PriceRow.retailer == price.retailer,
            PriceRow.store == price.store if price.store else PriceRow.store.is_(None),
            PriceRow.valid_from == price.valid_from,
        )
        with self._database.write() as connection:
            connection.execute(delete(PriceRow).where(*same))
            connection.execute(insert(PriceRow).values(asdict(price)))

    def price(
        self, gtin: str, day: str, *, retailer: str | None = None, store: str | None = None
    ) -> Price | None:
        """Give what a product costs somewhere on a day; see `price_here`."""
        with self._database.read() as connection:
            return price_here(connection, gtin, retailer, store, day)

    def history(self, gtin: str, retailer: str) -> tuple[Price, ...]:
        """List all prices of a product in a chain and its shops, the newest first."""
        query = _SELECT_PRICES.where(PriceRow.gtin == gtin, PriceRow.retailer == retailer).order_by(
            PriceRow.valid_from.desc(), PriceRow.id.desc()
        )
        with self._database.read() as connection:
            return tuple(Price(*row) for row in connection.execute(query))


_SELECT_PRICES = select(
    PriceRow.gtin,
    PriceRow.price_cents,
    PriceRow.currency,
    PriceRow.retailer,
    PriceRow.store,
    PriceRow.valid_from,
    PriceRow.valid_until,
)


def price_here(
    connection: Connection, gtin: str, retailer: str | None, store: str | None, day: str
) -> Price | None:
    """Give what a product costs: in the shop, else in the chain, else by its record.

    Args:
        day: ISO date.
    """
    if retailer is None and store is not None:
        retailer = connection.scalar(select(StoreRow.retailer).where(StoreRow.id == store))
    if retailer is not None:
        here = PriceRow.store.is_(None)
        query = (
            _SELECT_PRICES.where(
                PriceRow.gtin == gtin,
                PriceRow.retailer == retailer,
                here if store is None else or_(here, PriceRow.store == store),
                PriceRow.valid_from <= day,
                or_(PriceRow.valid_until.is_(None), PriceRow.valid_until >= day),
            )
            .order_by(PriceRow.store.is_(None), PriceRow.valid_from.desc())
            .limit(1)
        )
        if found := connection.execute(query).first():
            return Price(*found)
    columns = select(ProductRow.price_cents, ProductRow.currency).where(ProductRow.gtin == gtin)
    record = connection.execute(columns).first()
    if record is None or record.price_cents is None or record.currency is None:
        return None
    return Price(gtin, record.price_cents, record.currency)


def _put(connection: Connection, table: type, same: object, values: dict[str, object]) -> None:
    if not connection.execute(update(table).where(same).values(values)).rowcount:  # type: ignore[arg-type]
        connection.execute(insert(table).values(values))
