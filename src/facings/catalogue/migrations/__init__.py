"""Bringing a records database to the tables of this Facings, from any earlier one.

A new database is made at once; an older one walks through `versions` (Alembic), in one
transaction. To change a table: change it in `tables*.py`, add a version, raise `HEAD`; a test
compares both ways.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from facings.catalogue import tables_retail, tables_service
from facings.catalogue.tables import SchemaVersionRow, Table
from facings.errors import DatabaseUnusable

HEAD = "0003"
"""Newest version in `versions`."""

TABLES_WITH = (tables_retail, tables_service)
"""Modules that add tables to the metadata by being imported."""
_LOCK = 0x66616369
"""Any number that no other program locks in the same PostgreSQL database."""


def bring_up_to_date(engine: Engine) -> None:
    """Create the tables, or change those of an earlier Facings; several processes may try at once.

    Raises:
        DatabaseUnusable: the database was made by a newer Facings.
    """
    with engine.connect() as connection:
        if version_of(connection) == HEAD:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        found = version_of(connection)
        if found and found > HEAD:
            raise DatabaseUnusable(
                f"the records database has version {found}, this Facings knows {HEAD}",
                hint="a newer Facings made it: use that one",
            )
        if found or inspect(connection).has_table("products"):
            _upgrade(connection)
        else:
            Table.metadata.create_all(connection)
            connection.execute(insert(SchemaVersionRow).values(version_num=HEAD))


def version_of(connection: Connection) -> str | None:
    """Give the version of the tables; None where there are none, or those of before versions."""
    if not inspect(connection).has_table(SchemaVersionRow.__tablename__):
        return None
    return connection.scalar(select(SchemaVersionRow.version_num))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # half a second that only an older database takes
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
