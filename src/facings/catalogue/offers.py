"""Offers as the records keep them: who may have which, and who has used them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from facings.catalogue.database import Database
from facings.catalogue.offer_rules import Bought, Deal, Judged, Shopper, Used, judge_deals
from facings.catalogue.prices import price_here
from facings.catalogue.tables_retail import OfferRow, OfferUseRow
from facings.errors import CatalogueError

_COLUMNS = [column for column in OfferRow.__table__.columns if column.name != "position"]
_SELECT = select(*_COLUMNS).order_by(OfferRow.gtin, OfferRow.position, OfferRow.id)


class Offers:
    """The offers on all products, those of their records too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, deal: Deal) -> Deal:
        """Keep an offer; it comes back with its id.

        Raises:
            CatalogueError: there is no record of its product.
        """
        values = {name: value for name, value in asdict(deal).items() if name != "id"}
        lists = {name: list(values[name]) for name in ("segments", "retailers", "stores")}
        if deal.bought:
            values["bought"] = asdict(deal.bought) | {"gtins": list(deal.bought.gtins)}
        with self._database.write() as connection:
            done = connection.execute(insert(OfferRow).values(values | lists))
            assert done.inserted_primary_key is not None
            return replace(deal, id=int(done.inserted_primary_key[0]))

    def remove(self, offer_id: int) -> bool:
        """Forget an offer with its uses; whether there was one."""
        with self._database.write() as connection:
            done = connection.execute(delete(OfferRow).where(OfferRow.id == offer_id))
        return done.rowcount > 0

    def of(self, gtin: str) -> tuple[Deal, ...]:
        """List the offers on a product, over and coming ones too."""
        return self.of_many([gtin]).get(gtin, ())

    def of_many(self, gtins: Iterable[str]) -> dict[str, tuple[Deal, ...]]:
        """List the offers on several products; those without any are absent."""
        found: dict[str, list[Deal]] = {}
        with self._database.read() as connection:
            for row in connection.execute(_SELECT.where(OfferRow.gtin.in_(list(gtins)))):
                found.setdefault(row.gtin, []).append(_deal(row))
        return {gtin: tuple(deals) for gtin, deals in found.items()}

    def judge(self, gtins: Sequence[str], shopper: Shopper) -> dict[str, tuple[Judged, ...]]:
        """Hold the offers on several products to a shopper; those without any are absent.

        Prices are those of the shopper's store or chain on that day, else the record's.
        """
        found = self.of_many(gtins)
        with self._database.read() as connection:
            return {
                gtin: judge_deals(
                    deals,
                    shopper,
                    _price_cents(connection, gtin, shopper),
                    _used_by(connection, shopper.person),
                )
                for gtin, deals in found.items()
            }

    def use(self, offer_id: int, shopper: Shopper, at: datetime | None = None) -> Judged:
        """Count one use of an offer by a person, where it applies.

        Two uses at the same moment wait for each other: limits and budgets hold.

        Args:
            at: now where None.

        Returns:
            The offer as it applied; where `applies` is False nothing was counted.

        Raises:
            CatalogueError: there is no such offer, or the person is not known.
        """
        if shopper.person is None:
            raise CatalogueError("a use of an offer is counted for a person, none was named")
        with self._database.write() as connection:
            locked = _SELECT.where(OfferRow.id == offer_id).with_for_update()
            row = connection.execute(locked).first()
            if row is None:
                raise CatalogueError(f"there is no offer {offer_id}")
            deal = _deal(row)
            if deal.campaign:
                campaign = select(OfferRow.id).where(OfferRow.campaign == deal.campaign)
                connection.execute(campaign.order_by(OfferRow.id).with_for_update()).all()
            price = _price_cents(connection, deal.gtin, shopper)
            (judged,) = judge_deals([deal], shopper, price, _used_by(connection, shopper.person))
            if judged.applies:
                values = {
                    "offer_id": offer_id,
                    "person": shopper.person,
                    "at": at or datetime.now(UTC),
                    "value_cents": judged.saving_cents or 0,
                }
                connection.execute(insert(OfferUseRow).values(values))
        return judged


def _deal(row: Row[Any]) -> Deal:
    values: dict[str, Any] = row._asdict()
    for name in ("segments", "retailers", "stores"):
        values[name] = tuple(values[name])
    if values["bought"]:
        gtins = tuple(values["bought"]["gtins"])
        values["bought"] = Bought(**(values["bought"] | {"gtins": gtins}))
    return Deal(**values)


def _price_cents(connection: Connection, gtin: str, shopper: Shopper) -> int | None:
    price = price_here(connection, gtin, shopper.retailer, shopper.store, shopper.day)
    return price.price_cents if price else None


def _used_by(connection: Connection, person: str | None) -> Callable[[Deal], Used]:
    """Look up the uses of an offer, or of all offers of its campaign, where they matter."""

    def used(deal: Deal) -> Used:
        if deal.limit_per_person is None and deal.budget_cents is None:
            return Used()
        same = OfferRow.id == deal.id
        if deal.campaign:
            same = or_(same, OfferRow.campaign == deal.campaign)
        query = (
            select(
                func.count().filter(OfferUseRow.person == person),
                func.coalesce(func.sum(OfferUseRow.value_cents), 0),
            )
            .join(OfferRow, OfferRow.id == OfferUseRow.offer_id)
            .where(same)
        )
        count, spent = connection.execute(query).one()
        return Used(int(count), int(spent))

    return used
