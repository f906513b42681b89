"""The audit log: who changed what, when. Entries are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import insert

from facings.catalogue.database import Database
from facings.catalogue.tables_service import AuditRow
from facings.server.keys import Caller


class Audit:
    """Writes what one caller does in one request."""

    def __init__(self, database: Database, caller: Caller, request_id: str) -> None:
        self._database = database
        self._caller = caller
        self._request_id = request_id

    def write(self, action: str, subject: str, detail: Mapping[str, object] | None = None) -> None:
        """Note a change that has been made.

        Args:
            action: such as `review.moderate`.
            subject: what was changed: a GTIN-14, an id.
            detail: plain values; nothing personal, no pictures.
        """
        values = {
            "at": datetime.now(UTC),
            "request_id": self._request_id,
            "key_id": self._caller.key_id,
            "action": action,
            "subject": subject,
            "detail": dict(detail) if detail else None,
        }
        with self._database.write() as connection:
            connection.execute(insert(AuditRow).values(values))
