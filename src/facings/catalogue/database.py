"""Opening the records database, and saying in plain words what went wrong with it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.schema import Column, CreateColumn

from facings.catalogue.tables import Table
from facings.errors import CatalogueError, StorageFull

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another one before it gives up."""

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
_POSTGRES_DISK_FULL = "53100"


def open_database(url: str) -> Engine:
    """Connect to the records database and create the tables and columns that are missing.

    Args:
        url: SQLAlchemy URL; the folder of an SQLite file is created.

    Raises:
        CatalogueError: the URL is wrong, its driver is missing, or what it names is no database.
        StorageFull: there is no room for the tables.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise CatalogueError(
            f"cannot use the database URL: {error}",
            hint="an SQLite file is written sqlite:///folder/facings.db",
        ) from error
    shown = parsed.render_as_string(hide_password=True)
    with storage_errors(shown):
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            Table.metadata.create_all(engine)
            _add_missing_columns(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def storage_errors(database: str) -> Iterator[None]:
    """Turn the errors of the database and of the disk into Facings' own.

    Args:
        database: how to name the database in a message, without its password.

    Raises:
        StorageFull: the disk is full.
        CatalogueError: anything else that the database refuses.
    """
    try:
        yield
    except DBAPIError as error:
        if _is_full(error.orig):
            raise _full(database) from error
        raise CatalogueError(
            f"the records database {database} cannot be used: {error.orig}",
            hint=_database_hint(error.orig),
        ) from error
    except OSError as error:
        if _is_full(error):
            raise _full(database) from error
        raise CatalogueError(
            f"the records database {database} cannot be used: {error}",
            hint="check that its folder exists and may be written to",
        ) from error


def _add_missing_columns(engine: Engine) -> None:
    """Bring tables that an earlier Facings made up to date: columns are only ever added."""
    with engine.connect() as connection:
        if not _missing_columns(connection):
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # another process may be doing the same
        for column in _missing_columns(connection):
            ddl = str(CreateColumn(column).compile(engine))
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {ddl}")


def _missing_columns(connection: Connection) -> list[Column[object]]:
    found = inspect(connection)
    return [
        column
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if column.name not in {known["name"] for known in found.get_columns(table.name)}
    ]


def _full(database: str) -> StorageFull:
    return StorageFull(
        f"the disk is full: {database} was left as it was before",
        hint="free some space and run it again",
    )


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNOS
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _POSTGRES_DISK_FULL


def _database_hint(error: BaseException | None) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_NOTADB:
        return "the file is not a Facings database: name another one"
    if code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return "another process is writing: try again when it is done"
    return None


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
