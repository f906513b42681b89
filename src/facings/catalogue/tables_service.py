"""The tables of the service: who may call it, what people did with it, what is still running."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facings.catalogue.tables import Moment, Table


class ShoppingSessionRow(Table):
    """One person's walk through one shop."""

    __tablename__ = "shopping_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    store: Mapped[str | None] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(String(64))
    """Opaque to us."""
    segments: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SessionProductRow(Table):
    """A product that was seen during a walk."""

    __tablename__ = "session_products"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("shopping_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    frames: Mapped[int] = mapped_column(server_default="1")


class FeedbackRow(Table):
    """A person says what a facing is not, and perhaps what it is."""

    __tablename__ = "feedback"
    __table_args__ = (Index("feedback_by_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    tenant: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    session_id: Mapped[str | None] = mapped_column(String(64))
    frame_id: Mapped[str] = mapped_column(String(64))
    box_xyxy: Mapped[list[float]] = mapped_column(JSON)
    """In pixels of the frame."""
    gtin_given: Mapped[str | None] = mapped_column(String(14))
    """GTIN-14 that Facings had said; None where it had said unknown."""
    gtin_corrected: Mapped[str | None] = mapped_column(String(14))
    """GTIN-14 that it is; None where the person only says what it is not."""
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Unit vector of the facing, little-endian float16."""
    embedder_name: Mapped[str | None] = mapped_column(String(64))
    embedder_version: Mapped[int | None]
    embedder_sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), server_default="new")
    """new, accepted or rejected"""


class ApiKeyRow(Table):
    """A key to the service; of the secret only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    """First characters, to find it by and to tell people which one it is."""
    sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class AuditRow(Table):
    """Who changed what, when: rows are only ever added."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(String(64))
    """Not a foreign key: the log outlives the keys."""
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class RunRow(Table):
    """Recognition of many pictures that goes on after the answer."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16), server_default="waiting")
    """waiting, running, done, failed or cancelled"""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime | None] = mapped_column(Moment)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(server_default="0")
    result: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
