"""Import files as a whole: JSON or CSV in, one set of fields a product out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from facings.errors import ImportRejected

NUTRIENTS = (
    "energy_kj",
    "fat",
    "saturated_fat",
    "carbohydrates",
    "sugars",
    "fiber",
    "proteins",
    "salt",
)
"""Columns of a CSV that make up `nutrition_per_100`."""

_REQUIRED_COLUMNS = ("gtin", "name")
_SEPARATORS = (",", ";", "\t")
_FORMAT_HINT = "the form is described in docs/reference/import-format.md"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One product as it stands in the file, not checked yet."""

    number: int
    """Place in the file: 1 is the first product, a header does not count."""
    fields: Mapping[str, object]
    problem: str | None = None
    """Why its fields could not even be told apart."""


def read_rows(file: Path) -> list[RawRow]:
    """Read the products of a `.json` or `.csv` file.

    Raises:
        ImportRejected: it is missing, of another kind, damaged, or holds no products.
    """
    match file.suffix.lower():
        case ".json":
            rows = _json_rows(file, _text(file))
        case ".csv":
            rows = _csv_rows(file, _text(file))
        case _:
            raise ImportRejected(f"{file} is neither a .json nor a .csv file", hint=_FORMAT_HINT)
    if not rows:
        raise ImportRejected(f"{file} holds no products", hint=_FORMAT_HINT)
    return rows


def _text(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRejected(
            f"{file} is not UTF-8 text (byte {error.start})",
            hint='save it again as "CSV UTF-8" or as JSON',
        ) from error
    except FileNotFoundError:
        raise ImportRejected(f"{file} does not exist") from None
    except OSError as error:
        raise ImportRejected(f"{file} cannot be read: {error.strerror}") from error
    if not text.strip():
        raise ImportRejected(f"{file} is empty", hint=_FORMAT_HINT)
    return text


def _json_rows(file: Path, text: str) -> list[RawRow]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ImportRejected(f"{file} is not JSON: {error}", hint=_FORMAT_HINT) from error
    if not isinstance(document, list):
        raise ImportRejected(
            f"{file} holds {_json_kind(document)}, not a list of products", hint=_FORMAT_HINT
        )
    return [
        RawRow(number, item)
        if isinstance(item, dict)
        else RawRow(number, {}, f"it is {_json_kind(item)}, not an object with gtin and name")
        for number, item in enumerate(document, start=1)
    ]


def _csv_rows(file: Path, text: str) -> list[RawRow]:
    header_line = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=header_line.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ImportRejected(f"{file} is not CSV: {error}", hint=_FORMAT_HINT) from error
    filled = [cells for cells in table if any(cell.strip() for cell in cells)]
    columns = [column.strip().lower() for column in filled[0]]
    _require_columns(file, columns)
    return [_csv_row(number, columns, cells) for number, cells in enumerate(filled[1:], start=1)]


def _require_columns(file: Path, columns: Sequence[str]) -> None:
    missing = [column for column in _REQUIRED_COLUMNS if column not in columns]
    if missing:
        raise ImportRejected(
            f"{file} has no column {' and no column '.join(missing)}; its columns are "
            f"{', '.join(columns)}",
            hint=_FORMAT_HINT,
        )
    doubled = sorted({column for column in columns if column and columns.count(column) > 1})
    if doubled:
        raise ImportRejected(f"{file} has the column {doubled[0]} twice", hint=_FORMAT_HINT)


def _csv_row(number: int, columns: Sequence[str], cells: Sequence[str]) -> RawRow:
    """Turn one line into the fields of the JSON form; empty cells are left out."""
    if len(cells) > len(columns):
        return RawRow(
            number,
            {"gtin": cells[columns.index("gtin")]},
            f"it has {len(cells)} cells, the header has {len(columns)}: quote cells that "
            "hold the separator",
        )
    filled = {
        column: cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column and cell.strip()
    }
    fields: dict[str, object] = dict(filled)
    nutrition = {name: fields.pop(name) for name in NUTRIENTS if name in filled}
    if nutrition:
        fields["nutrition_per_100"] = nutrition
    size = [fields.pop(side) for side in ("width_mm", "height_mm") if side in filled]
    if len(size) == 1:
        return RawRow(number, fields, "width_mm and height_mm are given together or not at all")
    if size:
        fields["size_mm"] = size
    return RawRow(number, fields)


def _json_kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a text"
        case _:
            return "a number"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
