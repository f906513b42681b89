"""Where records come from, on what terms, and the sentence to show beside them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from facings.catalogue.database import Database
from facings.catalogue.tables import SourceRow


@dataclass(frozen=True, slots=True)
class Source:
    """A data set."""

    name: str
    """As in `Product.source`."""
    licence: str
    """SPDX identifier where there is one."""
    attribution: str
    """Sentence to show beside what comes from it."""
    url: str | None = None

    def __post_init__(self) -> None:
        if not (self.name and self.licence and self.attribution):
            raise ValueError(f"a source has a name, a licence and an attribution, got {self}")


OPEN_FOOD_FACTS = Source(
    "Open Food Facts",
    "ODbL-1.0",
    "Contains information from Open Food Facts, made available under the Open Database Licence "
    "(ODbL) 1.0; a database derived from it is shared alike.",
    "https://world.openfoodfacts.org/",
)
USDA_BRANDED = Source(
    "USDA FoodData Central",
    "CC0-1.0",
    "U.S. Department of Agriculture, Agricultural Research Service: FoodData Central, "
    "branded foods.",
    "https://fdc.nal.usda.gov/",
)


class Sources:
    """The data sets that the records know of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, source: Source) -> None:
        """Keep a source, in the place of an earlier one of its name."""
        with self._database.write() as connection:
            connection.execute(delete(SourceRow).where(SourceRow.name == source.name))
            values = {
                "name": source.name,
                "licence": source.licence,
                "attribution": source.attribution,
                "url": source.url,
            }
            connection.execute(insert(SourceRow).values(values))

    def of(self, name: str | None) -> Source | None:
        """Look up the source of a record; None where it names none, or none that is kept."""
        if name is None:
            return None
        query = select(SourceRow.name, SourceRow.licence, SourceRow.attribution, SourceRow.url)
        with self._database.read() as connection:
            found = connection.execute(query.where(SourceRow.name == name)).first()
        return None if found is None else Source(*found)

    def all(self) -> tuple[Source, ...]:
        """List them by name."""
        query = select(SourceRow.name, SourceRow.licence, SourceRow.attribution, SourceRow.url)
        with self._database.read() as connection:
            return tuple(Source(*row) for row in connection.execute(query.order_by(SourceRow.name)))
