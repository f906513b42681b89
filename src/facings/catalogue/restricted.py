"""Store-internal numbers (prefixes 02, 04, 20 to 29): another product in every chain.

They weigh or price fresh food, and never are the key of a product's record: what one means is
recorded for one chain. How a number hides a weight or a price is a rule of the chain's country
(biip has those of nine); elsewhere the number is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from biip import BiipException, ParseConfig
from biip.gtin import Gtin
from biip.rcn import Rcn, RcnRegion
from sqlalchemy import delete, insert, select

from facings.catalogue.database import Database
from facings.catalogue.gtin import gtin14, is_restricted
from facings.catalogue.tables_retail import RestrictedNumberRow, RetailerRow
from facings.errors import InvalidGtin

_COUNTRIES = frozenset(region.value for region in RcnRegion)


@dataclass(frozen=True, slots=True)
class Restricted:
    """A store-internal number taken apart, and what it means where that is recorded."""

    number: str
    """Fourteen digits, with zeros for the weight or price in it: what it is recorded by."""
    weight_kg: float | None = None
    count: int | None = None
    price_cents: int | None = None
    name: str | None = None
    """None where the chain has not recorded it."""
    gtin: str | None = None
    """GTIN-14 of the same product's record, where there is one."""


def read_restricted(text: str, country: str | None = None) -> Restricted:
    """Take a store-internal number apart.

    Args:
        text: as scanned.
        country: ISO 3166 code of the chain's country; None leaves the number whole.

    Raises:
        InvalidGtin: it is no GTIN, not a store-internal one, or its inner check digit is wrong.
    """
    gtin = gtin14(text)
    if not is_restricted(gtin):
        raise InvalidGtin(f"{text} is a global number: look it up among the products")
    region = (country or "").lower()
    config = ParseConfig(rcn_region=region if region in _COUNTRIES else None)
    try:
        parsed = Gtin.parse(gtin[1:] if gtin[:6] != "000000" else gtin[6:], config=config)
        if not isinstance(parsed, Rcn) or parsed.region is None:
            return Restricted(gtin)
        number = gtin14(parsed.without_variable_measure().value)
    except BiipException as error:
        raise InvalidGtin(f"{text} cannot be read by the rules of {country}: {error}") from error
    return Restricted(
        number,
        weight_kg=None if parsed.weight is None else float(parsed.weight),
        count=parsed.count,
        price_cents=None if parsed.price is None else round(parsed.price * 100),
    )


class RestrictedNumbers:
    """What store-internal numbers mean, chain by chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, retailer: str, text: str, name: str, gtin: str | None = None) -> Restricted:
        """Say what a number means in one chain, whatever weight or price is in it.

        Args:
            gtin: GTIN-14 of the same product's record, where there is one.

        Raises:
            InvalidGtin: see `read_restricted`.
            CatalogueError: there is no such chain or record.
        """
        with self._database.write() as connection:
            country = connection.scalar(
                select(RetailerRow.country).where(RetailerRow.name == retailer)
            )
            read = read_restricted(text, country)
            key = {"retailer": retailer, "number": read.number}
            connection.execute(delete(RestrictedNumberRow).filter_by(**key))
            connection.execute(
                insert(RestrictedNumberRow).values(key | {"name": name, "gtin": gtin})
            )
        return replace(read, name=name, gtin=gtin)

    def find(self, retailer: str, text: str) -> Restricted:
        """Say what a number means in one chain; its name is None where nobody recorded it.

        Raises:
            InvalidGtin: see `read_restricted`.
        """
        with self._database.read() as connection:
            country = connection.scalar(
                select(RetailerRow.country).where(RetailerRow.name == retailer)
            )
            read = read_restricted(text, country)
            query = select(RestrictedNumberRow.name, RestrictedNumberRow.gtin).filter_by(
                retailer=retailer, number=read.number
            )
            found = connection.execute(query).first()
        return read if found is None else replace(read, name=found.name, gtin=found.gtin)
