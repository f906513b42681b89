"""A table of one's own, with a mapping that says which of its columns is what.

The mapping is a TOML or JSON file, described in docs/reference/import-format.md. Values are
checked as those of Facings' own import form are.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facings.catalogue.feeds.feed import BadRow, Entry, FeedRow, plain_text
from facings.catalogue.feeds.files import ByteReader, separated
from facings.catalogue.import_row import FIELDS, ImportRow, reason_of
from facings.catalogue.sources import Source
from facings.errors import ImportRejected
from facings.product import Declared

_LISTS = ("retailers", "countries", "category_tags", "label_tags", "allergen_tags", "trace_tags")
_UNMAPPED = {"offers", "reviews", "pictures", "size_mm", "allergens", "nutrition_per_100"}
_NUTRIENT = re.compile(r"nutrition_per_100\.[a-z][a-z0-9_-]*")
_DECLARED = frozenset(field.name for field in fields(Declared))


class _SourceIn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]
    attribution: Annotated[str, Field(min_length=1)]
    url: str | None = None


class TableMapping(BaseModel):
    """What a mapping file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Mapping[str, str]
    """Field of ours to column of theirs."""
    constants: Mapping[str, str] = {}
    """Field of ours to the value that every row has."""
    source: _SourceIn | None = None
    encoding: str = "utf-8-sig"
    list_separator: str = ","
    """Between the entries of a cell that holds several."""


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table read through a mapping; it may write over what came from elsewhere."""

    reader: ByteReader
    mapping: TableMapping
    own = True

    @classmethod
    def open(cls, file: Path, mapping: Path) -> MappedTable:
        """Read the mapping.

        Raises:
            ImportRejected: the mapping cannot be used.
        """
        return cls(ByteReader(file), read_mapping(mapping))

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.reader.file

    @property
    def form(self) -> str:
        """The mapping: with another one it is another import."""
        return f"mapped 1 {self.mapping.model_dump_json()}"

    @property
    def source(self) -> Source | None:
        """Where its records come from, by the mapping."""
        given = self.mapping.source
        return Source(given.name, given.licence, given.attribution, given.url) if given else None

    def progress(self) -> tuple[int, int]:
        """Say how much of it is read, and how much there is."""
        return self.reader.progress()

    def rows(self) -> Iterator[FeedRow]:
        """Read it row by row.

        Raises:
            ImportRejected: the file as a whole cannot be used.
        """
        required = tuple(dict.fromkeys(self.mapping.columns.values()))
        table = separated(self.reader, required=required, encoding=self.mapping.encoding)
        for number, raw in enumerate(table, start=1):
            if isinstance(raw, BadRow):
                yield FeedRow(number, None, None, str(raw))
                continue
            code = raw.get(self.mapping.columns["gtin"])
            try:
                yield FeedRow(number, code, _entry(raw, self.mapping))
            except BadRow as bad:
                yield FeedRow(number, code, None, str(bad))


def read_mapping(file: Path) -> TableMapping:
    """Read a mapping file, `.toml` or `.json`.

    Raises:
        ImportRejected: it is missing, damaged, or names fields that there are not.
    """
    hint = "mappings are described in docs/reference/import-format.md"
    try:
        text = file.read_text(encoding="utf-8")
        given = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        mapping = TableMapping.model_validate(given)
        "".encode(mapping.encoding)
    except OSError as error:
        raise ImportRejected(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise ImportRejected(f"{file}: {reason_of(error)}", hint=hint) from error
    except (ValueError, LookupError) as error:
        raise ImportRejected(f"{file} is no mapping: {error}", hint=hint) from error
    known = (FIELDS - _UNMAPPED) | {"price"}
    named = [*mapping.columns, *mapping.constants]
    unknown = sorted(name for name in named if name not in known and not _NUTRIENT.fullmatch(name))
    if unknown:
        raise ImportRejected(
            f"{file} maps {', '.join(unknown)}, which is no field",
            hint=f"fields are {', '.join(sorted(known))} and nutrition_per_100.NAME",
        )
    missing = [name for name in ("gtin", "name") if name not in mapping.columns]
    if missing:
        raise ImportRejected(f"{file} maps no column to {' and '.join(missing)}", hint=hint)
    return mapping


def _entry(raw: Mapping[str, str], mapping: TableMapping) -> Entry:
    given = dict(mapping.constants)
    for field, column in mapping.columns.items():
        if cell := plain_text(raw.get(column, ""), most=100_000):
            given[field] = cell
    try:
        row = ImportRow.model_validate(_shaped(given, mapping.list_separator))
    except ValidationError as error:
        raise BadRow(reason_of(error)) from error
    product = row.product(None)
    named = row.model_fields_set - {"gtin", "name", "source"}
    return Entry(
        product.gtin,
        product.name,
        {name: getattr(product, name) for name in named - _DECLARED},
        {name: getattr(product.declared, name) for name in named & _DECLARED},
    )


def _shaped(given: Mapping[str, str], list_separator: str) -> dict[str, object]:
    """Bring cells into the form of an import file: lists, decimals with a comma, cents."""
    shaped: dict[str, object] = {}
    nutrition: dict[str, str] = {}
    for field, cell in given.items():
        if field == "price":
            shaped["price_cents"] = _cents(cell)
        elif field.startswith("nutrition_per_100."):
            nutrition[field.partition(".")[2]] = cell.replace(",", ".")
        elif field in _LISTS:
            shaped[field] = [part.strip() for part in cell.split(list_separator) if part.strip()]
        else:
            shaped[field] = cell
    if nutrition:
        shaped["nutrition_per_100"] = nutrition
    return shaped


def _cents(cell: str) -> int:
    found = re.fullmatch(r"(\d+)(?:[.,](\d{1,2}))?", cell.strip())
    if found is None:
        raise BadRow(f"price: it is no amount such as 2.49 or 2,49, got {cell[:40]!r}")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
