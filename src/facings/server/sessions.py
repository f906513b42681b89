"""Shopping sessions: one person's walk through one shop, as long as the caller keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Insert, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from facings.catalogue.database import Database
from facings.catalogue.tables_retail import StoreRow
from facings.catalogue.tables_service import SessionProductRow, ShoppingSessionRow


@dataclass(frozen=True, slots=True)
class Seen:
    """A product that was seen during a walk."""

    gtin: str
    first_seen_at: datetime
    last_seen_at: datetime
    frames: int


@dataclass(frozen=True, slots=True)
class ShoppingSession:
    """One walk, without what was seen."""

    id: str
    tenant: str
    created_at: datetime
    ended_at: datetime | None
    store: str | None
    person: str | None
    segments: tuple[str, ...]
    profile: Mapping[str, object] | None
    """As the caller sent it."""


class Sessions:
    """The sessions of one tenant: those of others do not exist here."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._database = database
        self._tenant = tenant

    def begin(
        self,
        store: str | None,
        person: str | None,
        segments: Iterable[str],
        profile: Mapping[str, object] | None,
    ) -> ShoppingSession:
        """Begin a walk."""
        now = datetime.now(UTC)
        session = ShoppingSession(
            secrets.token_urlsafe(16),
            self._tenant,
            now,
            None,
            store,
            person,
            tuple(segments),
            profile,
        )
        values = {
            "id": session.id,
            "tenant": session.tenant,
            "created_at": now,
            "store": store,
            "person": person,
            "segments": list(session.segments),
            "profile": profile,
        }
        with self._database.write() as connection:
            connection.execute(insert(ShoppingSessionRow).values(values))
        return session

    def find(self, session_id: str) -> ShoppingSession | None:
        """Look a walk up; None where this tenant has none of that id."""
        table = ShoppingSessionRow
        query = select(table.__table__).where(table.id == session_id, table.tenant == self._tenant)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return ShoppingSession(
            row.id,
            row.tenant,
            row.created_at,
            row.ended_at,
            row.store,
            row.person,
            tuple(row.segments),
            row.profile,
        )

    def retailer_of(self, session: ShoppingSession) -> str | None:
        """Give the chain of a walk's store; None where it has none, or none that is recorded."""
        query = select(StoreRow.retailer).where(StoreRow.id == session.store)
        with self._database.read() as connection:
            found: str | None = connection.execute(query).scalar_one_or_none()
        return found

    def seen(self, session: ShoppingSession) -> tuple[Seen, ...]:
        """List what was seen, the first first."""
        table = SessionProductRow
        query = (
            select(table.gtin, table.first_seen_at, table.last_seen_at, table.frames)
            .where(table.session_id == session.id)
            .order_by(table.first_seen_at, table.gtin)
        )
        with self._database.read() as connection:
            return tuple(Seen(*row) for row in connection.execute(query))

    def note(self, session: ShoppingSession, gtins: Iterable[str]) -> None:
        """Note what one frame showed; frames that come at the same moment both count."""
        now = datetime.now(UTC)
        rows: list[dict[str, object]] = [
            {"session_id": session.id, "gtin": gtin, "first_seen_at": now, "last_seen_at": now}
            for gtin in sorted(set(gtins))  # in one order, so that no two wait for each other
        ]
        if not rows:
            return
        with self._database.write() as connection:
            connection.execute(_seen_again(self._database.dialect, rows, now))

    def end(self, session: ShoppingSession) -> None:
        """Note that the walk is over."""
        mine = ShoppingSessionRow.id == session.id
        with self._database.write() as connection:
            connection.execute(
                update(ShoppingSessionRow).where(mine).values(ended_at=datetime.now(UTC))
            )

    def forget(self, session: ShoppingSession) -> None:
        """Delete a walk with all that was seen."""
        with self._database.write() as connection:
            connection.execute(
                delete(ShoppingSessionRow).where(ShoppingSessionRow.id == session.id)
            )


def _seen_again(dialect: str, rows: list[dict[str, object]], now: datetime) -> Insert:
    """Insert, or count one more frame: the two databases say it alike, in dialects of their own."""
    table = SessionProductRow
    again = {"last_seen_at": now, "frames": table.frames + 1}
    keys = [table.session_id, table.gtin]
    if dialect == "postgresql":
        seen = postgresql.insert(table).values(rows)
        return seen.on_conflict_do_update(index_elements=keys, set_=again)
    return sqlite.insert(table).values(rows).on_conflict_do_update(index_elements=keys, set_=again)
