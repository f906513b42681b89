"""Feedback: what people say a facing is not, kept until somebody has looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from facings.catalogue.database import Database
from facings.catalogue.tables_service import FeedbackRow
from facings.errors import CatalogueError
from facings.types import Embeddings

RemarkState = Literal["new", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One "not this"."""

    frame_id: str
    box_xyxy: tuple[float, float, float, float]
    """In pixels of that frame."""
    gtin_given: str | None
    """GTIN-14 that was shown."""
    gtin_corrected: str | None
    """GTIN-14 that it is, where the person knows."""
    embedding: Embeddings | None = None
    """Of the facing alone: with it the remark can be learned from."""
    session_id: str | None = None

    def __post_init__(self) -> None:
        if self.embedding is not None and len(self.embedding) != 1:
            raise ValueError(f"a remark is on one facing, got {len(self.embedding)} vectors")


def keep_remark(
    database: Database, remark: Remark, *, tenant: str, at: datetime | None = None
) -> int:
    """Write a remark down and give its number.

    Args:
        tenant: whose application sent it.
        at: now where None.
    """
    values = {
        "tenant": tenant,
        "created_at": at or datetime.now(UTC),
        "session_id": remark.session_id,
        "frame_id": remark.frame_id,
        "box_xyxy": list(remark.box_xyxy),
        "gtin_given": remark.gtin_given,
        "gtin_corrected": remark.gtin_corrected,
    }
    if remark.embedding is not None:
        made_by = remark.embedding.embedder
        values |= {
            "vector": remark.embedding.vectors.astype("<f2").tobytes(),
            "embedder_name": made_by.name,
            "embedder_version": made_by.version,
            "embedder_sha256": made_by.sha256,
        }
    with database.write() as connection:
        done = connection.execute(insert(FeedbackRow).values(values))
        assert done.inserted_primary_key is not None
        return int(done.inserted_primary_key[0])


@dataclass(frozen=True, slots=True)
class KeptRemark:
    """A remark as a task for somebody who looks at it."""

    id: int
    tenant: str
    created_at: datetime
    session_id: str | None
    gtin_given: str | None
    """GTIN-14 that was shown."""
    gtin_corrected: str | None
    """GTIN-14 that it is: as the person said, or as it was accepted."""
    state: RemarkState
    has_vector: bool


class Remarks:
    """The remarks of a database, to be accepted or rejected one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def in_state(
        self, state: RemarkState, *, after_id: int = 0, limit: int = 50
    ) -> tuple[KeptRemark, ...]:
        """List remarks, the oldest first, after one of them."""
        query = _SELECT.where(FeedbackRow.state == state, FeedbackRow.id > after_id)
        with self._database.read() as connection:
            page = connection.execute(query.order_by(FeedbackRow.id).limit(limit))
            return tuple(map(_kept, page))

    def find(self, remark_id: int) -> KeptRemark | None:
        """Look one up; None where there is none of that id."""
        with self._database.read() as connection:
            found = connection.execute(_SELECT.where(FeedbackRow.id == remark_id)).first()
        return None if found is None else _kept(found)

    def decide(
        self, remark_id: int, state: Literal["accepted", "rejected"], gtin: str | None
    ) -> KeptRemark:
        """Note what somebody decided.

        Args:
            gtin: GTIN-14 it is; None leaves what the person had said.

        Raises:
            CatalogueError: there is no such remark, or it was decided otherwise before.
        """
        same = (FeedbackRow.id == remark_id, FeedbackRow.state.in_(["new", state]))
        values: dict[str, str] = {"state": state} | ({"gtin_corrected": gtin} if gtin else {})
        with self._database.write() as connection:
            connection.execute(update(FeedbackRow).where(*same).values(values))
        found = self.find(remark_id)
        if found is None or found.state != state:
            what = "there is no such remark" if found is None else f"it was {found.state} before"
            raise CatalogueError(f"remark {remark_id} cannot be {state}: {what}")
        return found


_SELECT = select(
    FeedbackRow.id,
    FeedbackRow.tenant,
    FeedbackRow.created_at,
    FeedbackRow.session_id,
    FeedbackRow.gtin_given,
    FeedbackRow.gtin_corrected,
    FeedbackRow.state,
    FeedbackRow.vector.is_not(None),
)


def _kept(row: Row[*tuple[Any, ...]]) -> KeptRemark:
    return KeptRemark(*row)
