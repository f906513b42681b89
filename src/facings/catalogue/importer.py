"""Bringing product files into the records: good rows in, bad rows back with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from facings.catalogue.import_file import RawRow, read_rows
from facings.catalogue.import_row import FIELDS, ImportRow, PictureEntry, reason_of
from facings.catalogue.pictures import PictureFile, read_picture_file
from facings.catalogue.records import Records


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, and why."""

    row: int
    """Place in the file: 1 is the first product, a header does not count."""
    gtin: str | None
    """As given; None where there was none."""
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} (GTIN {self.gtin or 'missing'}): {self.reason}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every row of a file."""

    read: int
    added: int
    updated: int
    """Known before, and changed by the file."""
    rejected: tuple[Rejected, ...]
    ignored_fields: tuple[str, ...] = ()
    """Fields of the file that Facings does not know, sorted."""

    @property
    def unchanged(self) -> int:
        """Rows that said what the records said already."""
        return self.read - self.added - self.updated - len(self.rejected)


def import_products(
    file: Path, records: Records, *, progress: Callable[[int, int], None] | None = None
) -> ImportReport:
    """Import a JSON or CSV file of products, all good rows in one transaction.

    What a row does not name is kept as the records have it. The forms are described in
    docs/reference/import-format.md.

    Args:
        progress: called with the number of rows checked and of all.

    Raises:
        ImportRejected: the file as a whole cannot be used; nothing was written.
        StorageFull: the disk is full; nothing was written.
        CatalogueError: the database refuses; nothing was written.
    """
    raw_rows = read_rows(file)
    accepted: dict[str, _Accepted] = {}
    rejected: list[Rejected] = []
    for raw in raw_rows:
        try:
            checked = _check(raw, file.parent)
            _require_first(checked, accepted)
            accepted[checked.row.gtin] = checked
        except _BadRow as error:
            given = raw.fields.get("gtin")
            rejected.append(Rejected(raw.number, None if given is None else str(given), str(error)))
        if progress:
            progress(raw.number, len(raw_rows))
    known = records.products(accepted)
    written = records.upsert(
        [each.row.product(known.get(gtin)) for gtin, each in accepted.items()],
        {gtin: each.pictures for gtin, each in accepted.items()},
    )
    return ImportReport(
        len(raw_rows), written.added, written.updated, tuple(rejected), _ignored_fields(raw_rows)
    )


@dataclass(frozen=True, slots=True)
class _Accepted:
    number: int
    row: ImportRow
    pictures: tuple[PictureFile, ...]


class _BadRow(Exception):
    """Carries the reason from a check to the report."""


def _check(raw: RawRow, folder: Path) -> _Accepted:
    if raw.problem:
        raise _BadRow(raw.problem)
    try:
        row = ImportRow.model_validate(raw.fields)
    except ValidationError as error:
        raise _BadRow(reason_of(error)) from error
    pictures = tuple(_find_picture(entry, folder) for entry in row.pictures or ())
    return _Accepted(raw.number, row, pictures)


def _find_picture(entry: PictureEntry, folder: Path) -> PictureFile:
    file = entry.file
    try:
        if (folder / file).stat().st_size == 0:
            raise _BadRow(f"picture {file} is empty (0 bytes)")
        return read_picture_file(file, folder=folder, view=entry.view, look=entry.look())
    except FileNotFoundError:
        raise _BadRow(f"picture {file} is missing") from None
    except OSError as error:
        raise _BadRow(f"picture {file} cannot be read: {error.strerror}") from error


def _require_first(checked: _Accepted, accepted: dict[str, _Accepted]) -> None:
    earlier = accepted.get(checked.row.gtin)
    if earlier:
        raise _BadRow(f"the same GTIN is in row {earlier.number} already")


def _ignored_fields(raw_rows: Sequence[RawRow]) -> tuple[str, ...]:
    given = {field for raw in raw_rows for field in raw.fields}
    return tuple(sorted(given - FIELDS))
