"""A database of any earlier Facings is taken over as it is, in SQLite and in PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import StatementError

from facings.catalogue import migrations
from facings.catalogue.database import Database
from facings.catalogue.migrations.versions.v0001_before_versions import TABLES
from facings.catalogue.records import Counts, Records
from facings.catalogue.tables import Table
from facings.catalogue.tables_service import AuditRow
from facings.errors import CatalogueError
from facings.types import Look
from test_records import BARE, EMBEDDER, MILK, picture

DUMP = Path(__file__).parent / "fixtures" / "records-before-versions.sql"
SOLD_MILK = replace(MILK, retailers=("corner",), countries=("SE",))


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A database file as the first Facings wrote it."""
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(DUMP.read_text(encoding="utf-8"))
    return file


def copy_to(url: str, file: Path) -> None:
    """Make the old tables in another database and copy the file's rows there."""
    target = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    source = create_engine(f"sqlite:///{file}")
    with source.connect() as old, target.begin() as new:
        TABLES.create_all(new)
        for table in TABLES.sorted_tables:
            rows = [row._asdict() for row in old.execute(table.select())]
            assert rows, f"the dump has no {table.name}"
            new.execute(table.insert(), rows)
    source.dispose()
    target.dispose()


def check_taken_over(url: str) -> None:
    """Everything the dump holds is there, twice in a row."""
    for _ in range(2):
        with Records.open(url) as records:
            assert records.products([MILK.gtin, BARE.gtin]) == {
                MILK.gtin: SOLD_MILK,
                BARE.gtin: BARE,
            }
            assert records.counts() == Counts(2, 1, 2, 2, 1)
            assert [each.source for each in records.pictures()] == [
                replace(picture(1), look=Look(valid_until="2025-06-30")),
                picture(2),
            ]
            assert records.embedding_count(EMBEDDER) == 1
            with records.database.read() as connection:
                assert migrations.version_of(connection) == migrations.HEAD


def test_an_sqlite_file_of_before_versions_is_taken_over_whole(old_file: Path) -> None:
    """Products, offers, reviews, pictures, embeddings; a second opening changes nothing."""
    check_taken_over(f"sqlite:///{old_file}")


def test_a_postgresql_database_of_before_versions_is_taken_over_whole(
    postgres_url: str, old_file: Path
) -> None:
    """As the SQLite file."""
    copy_to(postgres_url, old_file)
    check_taken_over(postgres_url)


def test_a_file_of_before_retailers_and_looks_is_taken_over_too(old_file: Path) -> None:
    """Columns that came before versions were kept are added with the values that say nothing."""
    with closing(sqlite3.connect(old_file)) as database:
        for table, column in (
            ("products", "retailers"),
            ("products", "countries"),
            ("products", "active"),
            ("pictures", "valid_from"),
            ("pictures", "valid_until"),
        ):
            database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    with Records.open(f"sqlite:///{old_file}") as records:
        assert records.product(MILK.gtin) == MILK
        assert records.pictures()[0].source == picture(1)


def test_an_upgraded_database_has_the_tables_of_a_new_one(
    database_url: str, old_file: Path
) -> None:
    """The way of versions and the short way of a new database end in the same place."""
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{old_file}"
    else:
        copy_to(database_url, old_file)
    with closing(Database.open(database_url)) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert compare_metadata(context, Table.metadata) == []


def test_head_is_the_newest_version_there_is() -> None:
    """Else new databases would be stamped with a version they do not have."""
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert script.get_current_head() == migrations.HEAD


def test_a_database_of_a_newer_facings_is_left_alone(database_url: str) -> None:
    """It says so, and what to do."""
    with closing(Database.open(database_url)) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogueError, match="version 9999") as caught:
        Database.open(database_url)
    assert "newer Facings" in (caught.value.hint or "")


def test_many_may_open_a_new_database_at_once(database_url: str) -> None:
    """One makes the tables, the others wait for it."""
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            Database.open(database_url).close()
        except Exception as error:  # noqa: BLE001 (carried to the main thread)
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_moment_comes_back_in_utc_and_needs_a_zone(database_url: str) -> None:
    """A time without a zone would mean another moment on another machine."""
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    values = {"at": moment, "action": "product.write", "subject": MILK.gtin}
    with closing(Database.open(database_url)) as database:
        with database.write() as connection:
            connection.execute(insert(AuditRow).values(values))
        with database.read() as connection:
            assert connection.scalar(select(AuditRow.at)) == moment
        naive = insert(AuditRow).values(values | {"at": moment.replace(tzinfo=None)})
        with (
            database.read() as connection,
            pytest.raises(StatementError, match="has a time zone"),
        ):
            connection.execute(naive)
