"""Feedback as tasks for those who look at it, as it goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from facings.server.schemas.base import Gtin, Incoming, Outgoing


class RemarkOut(Outgoing):
    """What a person said of a facing."""

    id: int
    created_at: datetime
    gtin_given: str | None
    """What Facings had said."""
    gtin_corrected: str | None
    """What it is: as the person said, or as it was accepted."""
    state: Literal["new", "accepted", "rejected"]
    has_picture: bool
    """Only with one can it be accepted."""


class RemarkPage(Outgoing):
    """Some remarks, the oldest first, and where to go on."""

    remarks: tuple[RemarkOut, ...]
    next_cursor: str | None


class DecisionIn(Incoming):
    """Whether a remark is right."""

    state: Literal["accepted", "rejected"]
    gtin: Gtin | None = None
    """What it is, where the person did not say or was wrong."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """Of a product without a record."""
