"""Importing a feed of any length: batch by batch, each with how far it has come, so that an import
that was killed goes on where it stopped and one that is run again changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from facings.catalogue import statements
from facings.catalogue.database import Database
from facings.catalogue.feeds.feed import Feed, FeedRow
from facings.catalogue.lookup import read_products
from facings.catalogue.records import Records
from facings.catalogue.sources import Sources
from facings.catalogue.tables import ImportRunRow

BATCH_ROWS = 2000
"""Rows between two transactions: what a killed import has to read again."""
_HASHED_BYTES = 1 << 20
_ALREADY_THERE = "the same GTIN came earlier in the file"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What became of every row of a feed."""

    read: int
    added: int
    updated: int
    """Known before, and changed by the feed."""
    unchanged: int
    rejected: int
    resumed_after: int
    """Rows that an earlier, interrupted import had dealt with; they are counted above too."""
    source: str | None
    """Name of where the records come from."""


@dataclass(frozen=True, slots=True)
class _Tally:
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


def import_feed(
    feed: Feed, records: Records, rejects: Path, *, progress: Progress | None = None
) -> BulkReport:
    """Bring a feed into the records; bad rows go to a file with their reasons.

    Memory holds one batch and, of every row, its GTIN.

    Args:
        rejects: CSV file to write, with the columns row, gtin, reason.
        progress: called with how much of the file is read, and how much there is.

    Raises:
        ImportRejected: the file as a whole cannot be used; batches before the damage are kept.
        StorageFull: the disk is full; batches before are kept.
        CatalogueError: the database refuses; batches before are kept.
    """
    if feed.source:
        Sources(records.database).record(feed.source)
    key = _key(feed)
    done = _begin(records.database, key, feed.file)
    resumed_after = done.read
    seen: set[int] = set()
    rows = feed.rows()
    for row in islice(rows, done.read):
        if row.entry:
            seen.add(int(row.entry.gtin))
    with _RejectsFile(rejects, keep_until=done.read) as rejected:
        while batch := list(islice(rows, BATCH_ROWS)):
            fresh = [_once(row, seen) for row in batch]
            rejected.add(fresh)
            done = _take(records.database, key, feed, fresh, done)
            if progress:
                progress(*feed.progress())
    _finish(records.database, key)
    return BulkReport(
        done.read,
        done.added,
        done.updated,
        done.unchanged,
        done.rejected,
        resumed_after,
        feed.source.name if feed.source else None,
    )


def _once(row: FeedRow, seen: set[int]) -> FeedRow:
    if row.entry is None:
        return row
    gtin = int(row.entry.gtin)
    if gtin in seen:
        return replace(row, entry=None, reason=_ALREADY_THERE)
    seen.add(gtin)
    return row


def _take(
    database: Database, key: str, feed: Feed, batch: Sequence[FeedRow], done: _Tally
) -> _Tally:
    """Write a batch and, in the same transaction, that it is done."""
    entries = {row.entry.gtin: row.entry for row in batch if row.entry}
    source = feed.source.name if feed.source else None
    written = statements.Upserted(0, 0, 0)
    with database.write() as connection:
        for gtins in statements.portions(list(entries)):
            known = read_products(connection, gtins)
            products = [
                entries[gtin].product(known.get(gtin), source, own=feed.own) for gtin in gtins
            ]
            written += statements.upsert(connection, known, products)
        done = _Tally(
            done.read + len(batch),
            done.added + written.added,
            done.updated + written.updated,
            done.unchanged + written.unchanged,
            done.rejected + len(batch) - len(entries),
        )
        _note(connection, key, done)
    return done


def _key(feed: Feed) -> str:
    """Tell a file by its size, its first and last bytes, and how it is read."""
    size = feed.file.stat().st_size if feed.file.exists() else 0
    digest = hashlib.sha256(f"{feed.form}\n{size}\n".encode())
    if size:
        with feed.file.open("rb") as stream:
            digest.update(stream.read(_HASHED_BYTES))
            stream.seek(max(0, size - _HASHED_BYTES))
            digest.update(stream.read(_HASHED_BYTES))
    return digest.hexdigest()


def _begin(database: Database, key: str, file: Path) -> _Tally:
    """Give how far an interrupted import of the same file came; a finished one starts anew."""
    columns = (
        ImportRunRow.finished_at,
        ImportRunRow.read,
        ImportRunRow.added,
        ImportRunRow.updated,
        ImportRunRow.unchanged,
        ImportRunRow.rejected,
    )
    with database.write() as connection:
        found = connection.execute(select(*columns).where(ImportRunRow.sha256 == key)).first()
        if found and found.finished_at is None:
            return _Tally(*found[1:])
        connection.execute(delete(ImportRunRow).where(ImportRunRow.sha256 == key))
        values = {"sha256": key, "file": str(file), "started_at": datetime.now(UTC)}
        zeros = {"read": 0, "added": 0, "updated": 0, "unchanged": 0, "rejected": 0}
        connection.execute(insert(ImportRunRow).values(values | zeros))
    return _Tally()


def _note(connection: Connection, key: str, done: _Tally) -> None:
    values = {
        "read": done.read,
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "rejected": done.rejected,
    }
    connection.execute(update(ImportRunRow).where(ImportRunRow.sha256 == key).values(values))


def _finish(database: Database, key: str) -> None:
    with database.write() as connection:
        now = {"finished_at": datetime.now(UTC)}
        connection.execute(update(ImportRunRow).where(ImportRunRow.sha256 == key).values(now))


class _RejectsFile:
    """Rows that were not taken, written before the batch they are in counts as done."""

    def __init__(self, path: Path, *, keep_until: int) -> None:
        self._path = path
        self._keep_until = keep_until

    def __enter__(self) -> _RejectsFile:
        kept = list(self._kept())
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._path.open("w", encoding="utf-8", newline="", errors="backslashreplace")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(("row", "gtin", "reason"))
        self._writer.writerows(kept)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()

    def add(self, rows: Sequence[FeedRow]) -> None:
        """Write those of a batch."""
        bad = [(row.number, row.gtin or "", row.reason) for row in rows if row.entry is None]
        self._writer.writerows(bad)
        self._stream.flush()

    def _kept(self) -> Iterator[list[str]]:
        """Read what the interrupted import wrote of the rows that it finished."""
        if not self._keep_until or not self._path.exists():
            return
        with self._path.open(encoding="utf-8", newline="") as stream:
            for line in islice(csv.reader(stream), 1, None):
                if len(line) == 3 and line[0].isdigit() and int(line[0]) <= self._keep_until:
                    yield line
