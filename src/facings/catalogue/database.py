"""The records database: opening it, transactions, and saying in plain words what went wrong."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from facings.catalogue.migrations import bring_up_to_date
from facings.errors import DatabaseUnusable, StorageFull

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another one before it gives up."""

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
_POSTGRES_DISK_FULL = "53100"


class Database:
    """One records database, SQLite or PostgreSQL; threads may share it, processes too."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.shown = engine.url.render_as_string(hide_password=True)
        """How to name it in a message."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and create or upgrade the tables.

        Args:
            url: SQLAlchemy URL; the folder of an SQLite file is created.

        Raises:
            DatabaseUnusable: the URL is wrong, its driver is missing, what it names is no database,
                or one that a newer Facings made.
            StorageFull: there is no room for the tables.
        """
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            engine = create_engine(parsed, pool_pre_ping=parsed.drivername != "sqlite")
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise DatabaseUnusable(
                f"cannot use the database URL: {error}",
                hint="SQLite is written sqlite:///folder/facings.db; PostgreSQL "
                "postgresql://user@host/name, and needs pip install 'facings[postgres]'",
            ) from error
        with storage_errors(parsed.render_as_string(hide_password=True)):
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", _configure_sqlite)
                if parsed.database and parsed.database != ":memory:":
                    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            try:
                bring_up_to_date(engine)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection to look things up.

        Raises:
            DatabaseUnusable: the database refuses.
        """
        with storage_errors(self.shown), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction: all of it or, when something fails, nothing is kept.

        On SQLite it takes the write lock before it reads.

        Raises:
            StorageFull: the disk is full.
            DatabaseUnusable: the database refuses.
        """
        with storage_errors(self.shown), self._engine.begin() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection


@contextmanager
def storage_errors(database: str) -> Iterator[None]:
    """Turn the errors of the database and of the disk into Facings' own.

    Args:
        database: how to name the database in a message, without its password.

    Raises:
        StorageFull: the disk is full.
        DatabaseUnusable: anything else that the database refuses.
    """
    try:
        yield
    except DBAPIError as error:
        if _is_full(error.orig):
            raise _full(database) from error
        raise DatabaseUnusable(
            f"the records database {database} cannot be used: {error.orig}",
            hint=_database_hint(error.orig),
        ) from error
    except OSError as error:
        if _is_full(error):
            raise _full(database) from error
        raise DatabaseUnusable(
            f"the records database {database} cannot be used: {error}",
            hint="check that its folder exists and may be written to",
        ) from error


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
