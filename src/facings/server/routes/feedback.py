"""Feedback: "not this", from those who stand before the shelf."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from sqlalchemy import insert

from facings.catalogue.tables_service import FeedbackRow
from facings.server.deps import AuditDep, MayContribute, ServiceDep
from facings.server.recognising import find_session
from facings.server.schemas.frame import Created, FeedbackIn
from facings.types import Embeddings

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])


@router.post("", status_code=201)
def say(
    request: FeedbackIn, service: ServiceDep, caller: MayContribute, audit: AuditDep
) -> Created:
    """Say what a facing is not, and perhaps what it is. A vector makes it possible to learn."""
    if request.session_id:
        find_session(service, caller.tenant, request.session_id)
    values = {
        "tenant": caller.tenant,
        "created_at": datetime.now(UTC),
        "session_id": request.session_id,
        "frame_id": request.frame_id,
        "box_xyxy": list(request.box_xyxy),
        "gtin_given": request.gtin_given,
        "gtin_corrected": request.gtin_corrected,
        **_vector(_embedding(request)),
    }
    with service.recognizer.records.database.write() as connection:
        done = connection.execute(insert(FeedbackRow).values(values))
        assert done.inserted_primary_key is not None
        feedback_id = int(done.inserted_primary_key[0])
    audit.write("feedback.say", str(feedback_id))
    return Created(id=feedback_id)


def _embedding(request: FeedbackIn) -> Embeddings | None:
    try:
        return request.embedding()
    except ValueError as error:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("body", "vector_i8"), "msg": str(error)}]
        ) from None


def _vector(embedding: Embeddings | None) -> dict[str, object]:
    if embedding is None:
        return {}
    return {
        "vector": embedding.vectors.astype("<f2").tobytes(),
        "embedder_name": embedding.embedder.name,
        "embedder_version": embedding.embedder.version,
        "embedder_sha256": embedding.embedder.sha256,
    }
