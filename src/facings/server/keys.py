"""API keys: who may call, and for what. Of a key's secret only its hash is kept.

A key reads `fk_<prefix>_<secret>`: 12 characters to find it by, 43 that hold 256 random bits.
A fast hash is right for these, as there is nothing to guess; it would not be for a password.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import Row, insert, select, update

from facings.catalogue.database import Database
from facings.catalogue.tables_service import ApiKeyRow
from facings.errors import CatalogueError

Scope = Literal["recognise", "read", "contribute", "enrol", "moderate", "metrics"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_KEY = re.compile(r"fk_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_TENANT = re.compile(r"[A-Za-z0-9._-]{1,64}")
REMEMBERED_S = 5.0
"""How long a running service may still take a key that was revoked."""
_REMEMBERED_KEYS = 10_000
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do."""

    key_id: str | None
    """None where the service is open to all."""
    tenant: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known about a key: everything but its secret."""

    id: str
    tenant: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Say whether it opens anything."""
        ended = (self.revoked_at, self.expires_at)
        return all(moment is None or now < moment for moment in ended)


class ApiKeys:
    """The keys in the records database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[str, tuple[Caller, float]] = {}

    def create(
        self, tenant: str, scopes: Iterable[str], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key.

        Args:
            tenant: whose it is: letters, digits, dots, hyphens, underscores.
            scopes: what it opens, at least one of `SCOPES`.

        Returns:
            The key, and its text, which is told this once.

        Raises:
            CatalogueError: the tenant's name or a scope is none.
        """
        wanted = tuple(dict.fromkeys(scopes))
        if not _TENANT.fullmatch(tenant):
            raise CatalogueError(
                f'"{tenant}" is no name for a tenant: letters, digits, dots, hyphens, underscores'
            )
        unknown = [scope for scope in wanted if scope not in SCOPES]
        if unknown or not wanted:
            raise CatalogueError(
                f"no such scope: {', '.join(unknown) or 'none was given'}",
                hint=f"choose among {', '.join(SCOPES)}",
            )
        prefix = secrets.token_hex(6)
        text = f"fk_{prefix}_{secrets.token_urlsafe(32)}"
        now = datetime.now(UTC)
        key = ApiKey(secrets.token_hex(8), tenant, prefix, wanted, now, expires_at, None, None)
        values = {
            "id": key.id,
            "tenant": tenant,
            "prefix": prefix,
            "sha256": _hash(text),
            "scopes": list(wanted),
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._database.write() as connection:
            connection.execute(insert(ApiKeyRow).values(values))
        return key, text

    def all(self) -> tuple[ApiKey, ...]:
        """List every key, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(ApiKeyRow.__table__).order_by(ApiKeyRow.created_at))
            return tuple(_key_of(row) for row in rows)

    def rotate(self, key_id: str, *, overlap: timedelta) -> tuple[ApiKey, str]:
        """Make a key that opens the same; the old one goes on for a while.

        Args:
            overlap: how long, so that callers can change without a gap.

        Raises:
            CatalogueError: there is no such key, or it is not valid any more.
        """
        now = datetime.now(UTC)
        old = self._named(key_id)
        if not old.is_valid(now):
            raise CatalogueError(
                f"key {key_id} is not valid any more", hint="make one with facings keys create"
            )
        lifetime = old.expires_at - old.created_at if old.expires_at else None
        fresh = self.create(old.tenant, old.scopes, now + lifetime if lifetime else None)
        last = min(now + overlap, old.expires_at or now + overlap)
        self._change(key_id, expires_at=last)
        return fresh

    def revoke(self, key_id: str) -> None:
        """Make a key useless at once.

        Raises:
            CatalogueError: there is no such key.
        """
        if self._named(key_id).revoked_at is None:
            self._change(key_id, revoked_at=datetime.now(UTC))

    def remembered(self, text: str) -> Caller | None:
        """Say who holds a key that was looked up seconds ago, without the database."""
        caller, until_s = self._remembered.get(_hash(text), (None, 0.0))
        return caller if time.monotonic() < until_s else None

    def caller(self, text: str) -> Caller | None:
        """Look up who holds a key; None where it opens nothing."""
        found = _KEY.fullmatch(text)
        if not found:
            return None
        with self._database.read() as connection:
            query = select(ApiKeyRow.__table__).where(ApiKeyRow.prefix == found[1])
            row = connection.execute(query).one_or_none()
        if row is None or not hmac.compare_digest(row.sha256, _hash(text)):
            return None
        now = datetime.now(UTC)
        key = _key_of(row)
        if not key.is_valid(now):
            return None
        if key.last_used_at is None or now - key.last_used_at > _USE_NOTED_EVERY:
            self._change(key.id, last_used_at=now)
        caller = Caller(key.id, key.tenant, frozenset(key.scopes))
        if len(self._remembered) >= _REMEMBERED_KEYS:
            self._remembered.clear()
        self._remembered[row.sha256] = (caller, time.monotonic() + REMEMBERED_S)
        return caller

    def _named(self, key_id: str) -> ApiKey:
        with self._database.read() as connection:
            query = select(ApiKeyRow.__table__).where(ApiKeyRow.id == key_id)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise CatalogueError(f"there is no key {key_id}", hint="facings keys list shows them")
        return _key_of(row)

    def _change(self, key_id: str, **moments: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(**moments))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _key_of(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        row.id,
        row.tenant,
        row.prefix,
        tuple(row.scopes),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )
