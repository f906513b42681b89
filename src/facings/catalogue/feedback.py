"""Feedback: what people say a facing is not, kept until somebody has looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert

from facings.catalogue.database import Database
from facings.catalogue.tables_service import FeedbackRow
from facings.types import Embeddings


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
