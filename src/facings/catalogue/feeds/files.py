"""Reading big files row by row: separated text and JSON lines, plain or gzipped, and Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

from facings.catalogue.feeds.feed import BadRow
from facings.errors import ImportRejected

_CELL_MOST = 1 << 24
"""Characters in one cell; more is a broken quotation that swallowed the file."""
_FIRST_BYTES = 1 << 16


class ByteReader:
    """A file read as a stream, plain or gzipped, that knows how far it is."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._raw: BinaryIO | None = None
        self._total = 0

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it, or open it again from the start.

        Raises:
            ImportRejected: it is missing, empty, damaged, or cannot be read.
        """
        try:
            self._total = self.file.stat().st_size
        except FileNotFoundError:
            raise ImportRejected(f"{self.file} does not exist") from None
        if not self._total:
            raise ImportRejected(f"{self.file} is empty")
        try:
            with self.file.open("rb") as raw:
                self._raw = raw
                if self.file.suffix == ".gz":
                    with gzip.GzipFile(fileobj=raw) as unpacked:
                        yield io.BufferedReader(unpacked)
                else:
                    yield raw
        except (OSError, EOFError, zlib.error) as error:
            raise ImportRejected(
                f"{self.file} cannot be read to its end: {error}",
                hint="what came before is kept; get the file again and import it",
            ) from error

    def progress(self) -> tuple[int, int]:
        """Bytes of the file that are read, and of all."""
        if self._raw is None:
            return 0, self._total
        return self._total if self._raw.closed else self._raw.tell(), self._total


def separated(
    reader: ByteReader, *, required: Sequence[str], encoding: str = "utf-8-sig"
) -> Iterator[Mapping[str, str] | BadRow]:
    """Read a table with a header; tabs, semicolons or commas separate, told by the header.

    Args:
        required: columns without which the file is not what it should be.

    Yields:
        Filled cells by column, or why a line is none.

    Raises:
        ImportRejected: the file as a whole cannot be used.
    """
    csv.field_size_limit(_CELL_MOST)
    with (
        reader.open() as stream,
        io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="") as text,
    ):
        header_line = text.readline()
        separator = max("\t;,", key=header_line.count)
        quoting: Literal[0, 3] = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
        columns = next(csv.reader([header_line], delimiter=separator, quoting=quoting), [])
        columns = [column.strip() for column in columns]
        missing = [column for column in required if column not in columns]
        if missing:
            raise ImportRejected(
                f"{reader.file} has no column {' and no column '.join(missing)}; its columns are "
                f"{', '.join(columns)[:500]}"
            )
        lines = csv.reader(text, delimiter=separator, quoting=quoting)
        while True:
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(f"the line cannot be taken apart: {error}")
                continue
            if cells:
                yield _cells(columns, cells)


def _cells(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, str] | BadRow:
    if len(cells) != len(columns):
        return BadRow(f"it has {len(cells)} cells, the header has {len(columns)}")
    return {name: cell for name, cell in zip(columns, cells, strict=True) if cell}


def json_lines(reader: ByteReader) -> Iterator[Mapping[str, Any] | BadRow]:
    """Read one JSON object a line.

    Yields:
        Objects, or why a line is none.

    Raises:
        ImportRejected: the file as a whole cannot be used.
    """
    with reader.open() as stream:
        for line in stream:
            if line.strip():
                yield _json_object(line)


def _json_object(line: bytes) -> Mapping[str, Any] | BadRow:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadRow(f"it is not JSON: {error}")
    return found if isinstance(found, dict) else BadRow("it is JSON, but not an object")


class ParquetReader:
    """A Parquet file read in batches of rows; needs `facings[parquet]`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._done = self._total = 0

    def rows(self, wanted: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Read the columns wanted, of those that are there.

        Raises:
            ImportRejected: it cannot be used, or pyarrow is not installed.
        """
        try:
            from pyarrow import ArrowException
            from pyarrow.parquet import ParquetFile
        except ModuleNotFoundError as error:
            raise ImportRejected(
                f"{self.file} is Parquet, which needs pyarrow",
                hint="pip install 'facings[parquet]', or use the CSV or JSONL export",
            ) from error
        try:
            with ParquetFile(self.file) as opened:
                self._done, self._total = 0, opened.metadata.num_rows
                columns = [name for name in wanted if name in opened.schema_arrow.names]
                for batch in opened.iter_batches(batch_size=1000, columns=columns):
                    for row in batch.to_pylist():
                        self._done += 1
                        yield row
        except FileNotFoundError:
            raise ImportRejected(f"{self.file} does not exist") from None
        except (OSError, ArrowException) as error:
            raise ImportRejected(f"{self.file} cannot be read: {error}") from error

    def progress(self) -> tuple[int, int]:
        """Rows read, and of all."""
        return self._done, self._total


def header_of(file: Path) -> Sequence[str]:
    """Give the names in a table's first line, to tell what kind of file it is; none where unread.

    Raises:
        ImportRejected: it is missing or empty.
    """
    with ByteReader(file).open() as stream:
        first = stream.readline(_FIRST_BYTES).decode("utf-8-sig", errors="replace")
    separator = max("\t;,", key=first.count)
    return [column.strip().strip('"') for column in first.strip().split(separator)]
