"""Open Food Facts: its JSONL, CSV (tabs), and Parquet exports, and older CSV extracts.

Fields: https://static.openfoodfacts.org/data/data-fields.txt. Amounts ending in `_100g` are grams,
`energy_100g` and `energy-kj_100g` kilojoules. Most fields are typed in by people: what no product
can have is left out, the rest is taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facings.catalogue.feeds.countries import country_code
from facings.catalogue.feeds.feed import (
    NAME_MOST,
    TEXT_MOST,
    BadRow,
    Entry,
    FeedRow,
    given,
    global_gtin,
    plain_text,
)
from facings.catalogue.feeds.files import ByteReader, ParquetReader, json_lines, separated
from facings.catalogue.ingredients import nova_group
from facings.catalogue.sources import OPEN_FOOD_FACTS

_NUTRIENTS = {
    "energy_kj": ("energy-kj", "energy"),
    "fat": ("fat",),
    "saturated_fat": ("saturated-fat",),
    "carbohydrates": ("carbohydrates",),
    "sugars": ("sugars",),
    "fiber": ("fiber",),
    "proteins": ("proteins",),
    "salt": ("salt",),
    "sodium": ("sodium",),
    "alcohol": ("alcohol",),
    "fruits_vegetables_legumes": ("fruits-vegetables-legumes-estimate-from-ingredients",),
}
"""Our names to theirs, the first that is filled. The older share of fruits counts nuts and oils
too, and is not taken."""
_PARQUET_COLUMNS = (
    "code",
    "product_name",
    "generic_name",
    "brands",
    "quantity",
    "categories_tags",
    "labels_tags",
    "countries_tags",
    "stores",
    "ingredients_text",
    "allergens_tags",
    "traces_tags",
    "additives_tags",
    "ingredients_analysis_tags",
    "serving_size",
    "nova_group",
    "nutriscore_grade",
    "nutriments",
    "lang",
)
_GRADES = {"a", "b", "c", "d", "e"}


@dataclass(frozen=True, slots=True)
class OpenFoodFacts:
    """A file of Open Food Facts."""

    reader: ByteReader | ParquetReader
    source = OPEN_FOOD_FACTS
    form = "openfoodfacts 1"
    own = False

    @classmethod
    def open(cls, file: Path) -> OpenFoodFacts:
        """Choose the reader by the name: `.parquet`, or `.jsonl`, `.csv`, `.tsv`, also `.gz`."""
        parquet = file.suffix == ".parquet"
        return cls(ParquetReader(file) if parquet else ByteReader(file))

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.reader.file

    def progress(self) -> tuple[int, int]:
        """Say how much of it is read, and how much there is."""
        return self.reader.progress()

    def rows(self) -> Iterator[FeedRow]:
        """Read it row by row.

        Raises:
            ImportRejected: the file as a whole cannot be used.
        """
        for number, raw in enumerate(self._raw(), start=1):
            if isinstance(raw, BadRow):
                yield FeedRow(number, None, None, str(raw))
                continue
            code = str(raw.get("code") or "")
            try:
                yield FeedRow(number, code, _entry(code, raw))
            except BadRow as bad:
                yield FeedRow(number, code or None, None, str(bad))

    def _raw(self) -> Iterator[Mapping[str, Any] | BadRow]:
        match self.reader:
            case ParquetReader():
                return self.reader.rows(_PARQUET_COLUMNS)
            case _ if set(self.reader.file.suffixes) & {".jsonl", ".ndjson"}:
                return json_lines(self.reader)
            case _:
                return separated(self.reader, required=("code", "product_name"))


def _entry(code: str, raw: Mapping[str, Any]) -> Entry:
    gtin = global_gtin(code)
    name = _text(raw, "product_name") or _text(raw, "generic_name")
    if not name:
        raise BadRow("it has no name")
    categories = _tags(raw, "categories_tags")
    fields = {
        "brand": (_list(raw, "brands") or ("",))[0],
        "net_content": _text(raw, "quantity"),
        "category": categories[-1] if categories else _text(raw, "main_category_fr"),
        "retailers": tuple(dict.fromkeys(_list(raw, "stores"))),
        "countries": _countries(raw),
        "ingredients": _text(raw, "ingredients_text", TEXT_MOST),
        "nutrition_per_100": _nutrition(raw),
    }
    grade = str(raw.get("nutriscore_grade") or raw.get("nutrition_grade_fr") or "").lower()
    declared = {
        "serving": _text(raw, "serving_size"),
        "category_tags": categories,
        "label_tags": _tags(raw, "labels_tags"),
        "allergen_tags": _tags(raw, "allergens_tags") or _tags(raw, "allergens"),
        "trace_tags": _tags(raw, "traces_tags"),
        "additive_tags": _tags(raw, "additives_tags"),
        "analysis_tags": _tags(raw, "ingredients_analysis_tags"),
        "nova": nova_group(raw.get("nova_group")),
        "nutri_score": grade.upper() if grade in _GRADES else None,
    }
    return Entry(gtin, name, given(fields), given(declared))


def _text(raw: Mapping[str, Any], field: str, most: int = NAME_MOST) -> str | None:
    """Read a text: plain, one of several languages (Parquet), or `field_xx` (JSONL)."""
    value = raw.get(field)
    if isinstance(value, list):
        texts = {each.get("lang"): each.get("text") for each in value if isinstance(each, dict)}
        value = texts.get("main") or texts.get(raw.get("lang")) or next(iter(texts.values()), None)
    if not value and isinstance(raw.get("lang"), str):
        value = raw.get(f"{field}_{raw['lang']}")
    if not isinstance(value, str):
        return None
    return plain_text(value, most) or None


def _list(raw: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = raw.get(field)
    parts: Sequence[Any] = (
        value if isinstance(value, list) else (_text(raw, field) or "").split(",")
    )
    plain = (plain_text(part) for part in parts if isinstance(part, str))
    return tuple(part for part in plain if part)


def _tags(raw: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Read tags such as `en:milk`; words that are none are left out."""
    return tuple(tag for tag in _list(raw, field) if ":" in tag[:4])


def _countries(raw: Mapping[str, Any]) -> tuple[str, ...]:
    names = _tags(raw, "countries_tags") or _list(raw, "countries_fr")
    codes = (country_code(name) for name in names)
    return tuple(dict.fromkeys(code for code in codes if code))


def _nutrition(raw: Mapping[str, Any]) -> dict[str, float]:
    nutriments = raw.get("nutriments")
    found: Mapping[str, Any] = raw
    if isinstance(nutriments, dict):
        found = nutriments
    elif isinstance(nutriments, list):
        found = {f"{e.get('name')}_100g": e.get("100g") for e in nutriments if isinstance(e, dict)}
    amounts = {
        ours: next(
            (a for name in theirs if (a := _amount(found.get(f"{name}_100g"))) is not None), None
        )
        for ours, theirs in _NUTRIENTS.items()
    }
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _amount(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        amount = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None
