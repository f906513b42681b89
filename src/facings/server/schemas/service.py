"""Sessions, runs, and how the service is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from facings.server.schemas.base import Id, Incoming, Outgoing, Problem, Word
from facings.server.schemas.frame import FrameOut
from facings.server.schemas.profile import ProfileIn


class SessionIn(Incoming):
    """A walk through a shop begins."""

    store: Id | None = None
    person: Id | None = None
    """Opaque to Facings: offers with a limit for each person count by it."""
    segments: tuple[Word, ...] = ()
    profile: ProfileIn | None = None
    """Kept until the session is deleted; leave it out to send it with every frame instead."""


class SeenOut(Outgoing):
    """A product that was seen during a walk."""

    gtin: str
    first_seen_at: datetime
    last_seen_at: datetime
    frames: int


class SessionOut(Outgoing):
    """A walk through a shop."""

    id: str
    created_at: datetime
    ended_at: datetime | None
    store: str | None
    segments: tuple[str, ...]
    products: tuple[SeenOut, ...]


class RunPicture(Outgoing):
    """What became of one picture of a run: one of the two."""

    name: str
    frame: FrameOut | None = None
    problem: Problem | None = None


class RunOut(Outgoing):
    """Recognition of many pictures, now or later."""

    id: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    created_at: datetime
    total: int
    done: int
    pictures: tuple[RunPicture, ...] | None
    """In the order sent; null until all are done."""


class RunPage(Outgoing):
    """Some runs without their results, and where to go on."""

    runs: tuple[RunOut, ...]
    next_cursor: str | None


class EmbedderOut(Outgoing):
    """The embedder whose vectors the index understands."""

    name: str
    version: int
    sha256: str
    dim: int


class InfoOut(Outgoing):
    """What the service answers with."""

    version: str
    embedder: EmbedderOut
    picture_count: int
    product_count: int
    advice: str | None
    """What has made the thresholds stale, and what to do."""


class PackOut(Outgoing):
    """A pack that can be downloaded."""

    name: str
    created_at: datetime
    bytes: int
    product_count: int
    etag: str
    """Changes whenever the pack does."""


class PackList(Outgoing):
    """The packs there are."""

    packs: tuple[PackOut, ...]
