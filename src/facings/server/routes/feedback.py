"""Feedback: "not this", from those who stand before the shelf."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError

from facings.catalogue.feedback import Remark, keep_remark
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
    remark = Remark(
        frame_id=request.frame_id,
        box_xyxy=request.box_xyxy,
        gtin_given=request.gtin_given,
        gtin_corrected=request.gtin_corrected,
        embedding=_embedding(request),
        session_id=request.session_id,
    )
    feedback_id = keep_remark(service.recognizer.records.database, remark, tenant=caller.tenant)
    audit.write("feedback.say", str(feedback_id))
    return Created(id=feedback_id)


def _embedding(request: FeedbackIn) -> Embeddings | None:
    try:
        return request.embedding()
    except ValueError as error:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("body", "vector_i8"), "msg": str(error)}]
        ) from None
