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


SEVERAL = "; "
"""Between the names in the `source` of a record that comes from several."""
_SELECT = select(SourceRow.name, SourceRow.licence, SourceRow.attribution, SourceRow.url)

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
        """Look up the source of a record; None where it names none, or none that is kept.

        Args:
            name: as in `Product.source`. Of a record from several sources the licences and
                attributions of all that are kept are given together.
        """
        if name is None:
            return None
        names = name.split(SEVERAL)
        with self._database.read() as connection:
            query = _SELECT.where(SourceRow.name.in_(names)).order_by(SourceRow.name)
            found = [Source(*row) for row in connection.execute(query)]
        if len(found) < 2:
            return found[0] if found else None
        licences = SEVERAL.join(dict.fromkeys(each.licence for each in found))
        return Source(name, licences, " ".join(each.attribution for each in found))

    def all(self) -> tuple[Source, ...]:
        """List them by name."""
        with self._database.read() as connection:
            found = connection.execute(_SELECT.order_by(SourceRow.name))
            return tuple(Source(*row) for row in found)
