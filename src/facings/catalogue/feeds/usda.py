"""USDA FoodData Central, branded foods: `branded_food.csv` of the CSV download, or an extract.

Beside it in the same folder, `food.csv` gives the products' names and `food_nutrient.csv` their
contents (https://fdc.nal.usda.gov/download-datasets). A number comes up again whenever its label
changed; the newest row counts. Amounts are those of 100 g or 100 ml.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facings.catalogue.feeds.countries import country_code
from facings.catalogue.feeds.feed import (
    TEXT_MOST,
    BadRow,
    Entry,
    FeedRow,
    given,
    global_gtin,
    plain_text,
)
from facings.catalogue.feeds.files import ByteReader, separated
from facings.catalogue.sources import USDA_BRANDED

_NUTRIENTS = {
    "1062": ("energy_kj", 1.0),
    "1008": ("energy_kcal", 1.0),
    "1004": ("fat", 1.0),
    "1258": ("saturated_fat", 1.0),
    "1005": ("carbohydrates", 1.0),
    "2000": ("sugars", 1.0),
    "1079": ("fiber", 1.0),
    "1003": ("proteins", 1.0),
    "1093": ("sodium", 0.001),
    "1018": ("alcohol", 1.0),
}
"""Nutrient id of FoodData Central to our name, and its unit in ours (sodium is in milligrams)."""
_REQUIRED = ("gtin_upc", "branded_food_category")


@dataclass(frozen=True, slots=True)
class UsdaBranded:
    """A file of branded foods."""

    reader: ByteReader
    source = USDA_BRANDED
    form = "usda-branded 1"
    own = False

    @classmethod
    def open(cls, file: Path) -> UsdaBranded:
        """Name the file, or the folder of the unpacked download."""
        return cls(ByteReader(file / "branded_food.csv" if file.is_dir() else file))

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.reader.file

    def progress(self) -> tuple[int, int]:
        """Say how much of it is read, and how much there is."""
        return self.reader.progress()

    def rows(self) -> Iterator[FeedRow]:
        """Read it row by row, having looked through it once for the newest of each number.

        Raises:
            ImportRejected: the file as a whole cannot be used.
        """
        newest = _newest_rows(separated(self.reader, required=_REQUIRED))
        with _Companions.of(self.file.parent) as companions:
            for number, raw in enumerate(separated(self.reader, required=_REQUIRED), start=1):
                if isinstance(raw, BadRow):
                    yield FeedRow(number, None, None, str(raw))
                    continue
                yield _row(number, raw, companions, is_newest=bool(newest[number]))


def _row(
    number: int, raw: Mapping[str, str], companions: _Companions, *, is_newest: bool
) -> FeedRow:
    code = raw.get("gtin_upc") or None
    try:
        entry = _entry(global_gtin(code or ""), raw, companions)
    except BadRow as bad:
        return FeedRow(number, code, None, str(bad))
    if not is_newest:
        return FeedRow(number, code, None, "a newer row has the same GTIN")
    return FeedRow(number, code, entry)


def _entry(gtin: str, raw: Mapping[str, str], companions: _Companions) -> Entry:
    fdc_id = raw.get("fdc_id", "")
    brand = plain_text(raw.get("brand_name") or raw.get("brand_owner", ""))
    category = plain_text(raw.get("branded_food_category", ""))
    name = (
        companions.name(fdc_id)
        or raw.get("short_description")
        or ": ".join(part for part in (brand, category) if part)
    )
    if not name:
        raise BadRow("it has no name, brand or category")
    country = country_code(raw.get("market_country", ""))
    fields: dict[str, Any] = {
        "brand": brand,
        "net_content": plain_text(raw.get("package_weight", "")),
        "category": category,
        "countries": (country,) if country else (),
        "ingredients": plain_text(raw.get("ingredients", ""), TEXT_MOST),
        "nutrition_per_100": companions.nutrition(fdc_id),
    }
    if raw.get("discontinued_date"):
        fields["active"] = False
    amount, unit = raw.get("serving_size", ""), raw.get("serving_size_unit", "")
    printed = plain_text(raw.get("household_serving_fulltext", ""))
    serving = f"{printed} ({amount} {unit})" if printed else f"{amount} {unit}"
    kept = given(fields) | {name: value for name, value in fields.items() if value is False}
    return Entry(gtin, name, kept, {"serving": serving} if amount and unit else {})


def _newest_rows(rows: Iterable[Mapping[str, str] | BadRow]) -> NDArray[np.bool_]:
    """Mark the row of each GTIN with the latest date, by row number; 16 bytes a row are kept."""
    numbers: list[int] = []
    days: list[int] = []
    for raw in rows:
        digits = "" if isinstance(raw, BadRow) else raw.get("gtin_upc", "").strip()
        valid = digits.isascii() and digits.isdigit() and len(digits) <= 14
        numbers.append(int(digits) if valid else -1)
        day = "" if isinstance(raw, BadRow) else raw.get("modified_date", "").replace("-", "")
        days.append(int(day) if day.isdigit() and len(day) == 8 else 0)
    gtins, dates = np.array(numbers, np.int64), np.array(days, np.int64)
    order = np.lexsort((np.arange(len(gtins)), dates, gtins))
    last = np.ones(len(order), np.bool_)
    last[:-1] = gtins[order][1:] != gtins[order][:-1]
    newest = np.zeros(len(gtins) + 1, np.bool_)
    newest[order[last] + 1] = True
    return newest


@dataclass(slots=True)
class _Companions:
    """Names and contents from the other files of the download, in a database of their own."""

    _database: sqlite3.Connection | None

    @classmethod
    @contextlib.contextmanager
    def of(cls, folder: Path) -> Iterator[_Companions]:
        """Read what is there; nothing is fine.

        Raises:
            ImportRejected: one of the files cannot be used.
        """
        foods, nutrients = folder / "food.csv", folder / "food_nutrient.csv"
        if not foods.exists() and not nutrients.exists():
            yield cls(None)
            return
        with (
            tempfile.TemporaryDirectory(prefix="facings-import-") as room,
            contextlib.closing(sqlite3.connect(Path(room, "companions.db"))) as database,
        ):
            database.execute("PRAGMA synchronous = OFF")
            database.execute("CREATE TABLE names (fdc_id TEXT PRIMARY KEY, name TEXT)")
            database.execute(
                "CREATE TABLE contents (fdc_id TEXT, nutrient TEXT, amount REAL, "
                "PRIMARY KEY (fdc_id, nutrient)) WITHOUT ROWID"
            )
            if foods.exists():
                database.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", _names(foods))
            if nutrients.exists():
                database.executemany(
                    "INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", _contents(nutrients)
                )
            database.commit()
            yield cls(database)

    def name(self, fdc_id: str) -> str | None:
        """Look up the name of a food."""
        if self._database is None:
            return None
        query = "SELECT name FROM names WHERE fdc_id = ?"
        found = self._database.execute(query, (fdc_id,)).fetchone()
        return str(found[0]) if found else None

    def nutrition(self, fdc_id: str) -> dict[str, float]:
        """Look up the contents of 100 g or 100 ml of a food."""
        if self._database is None:
            return {}
        query = "SELECT nutrient, amount FROM contents WHERE fdc_id = ?"
        found = self._database.execute(query, (fdc_id,))
        return {_NUTRIENTS[nutrient][0]: amount for nutrient, amount in found}


def _names(file: Path) -> Iterator[tuple[str, str]]:
    for raw in separated(ByteReader(file), required=("fdc_id", "description")):
        if not isinstance(raw, BadRow) and raw.get("data_type", "branded_food") == "branded_food":
            yield raw.get("fdc_id", ""), raw.get("description", "")


def _contents(file: Path) -> Iterator[tuple[str, str, float]]:
    for raw in separated(ByteReader(file), required=("fdc_id", "nutrient_id", "amount")):
        if isinstance(raw, BadRow) or raw.get("nutrient_id") not in _NUTRIENTS:
            continue
        try:
            amount = float(raw.get("amount", "")) * _NUTRIENTS[raw["nutrient_id"]][1]
        except ValueError:
            continue
        if amount >= 0:
            yield raw.get("fdc_id", ""), raw["nutrient_id"], amount
