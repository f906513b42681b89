"""Feedback: "not this", from those who stand before the shelf, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse

from facings.catalogue.feedback import KeptRemark, Remark, Remarks, keep_remark
from facings.collect.feedback import FeedbackPictures, accept
from facings.collect.pictures import take_picture
from facings.server.deps import AuditDep, MayContribute, MayModerate, ServiceDep
from facings.server.problems import not_found
from facings.server.recognising import find_session
from facings.server.schemas.feedback import DecisionIn, RemarkOut, RemarkPage
from facings.server.schemas.frame import Created, FeedbackIn
from facings.server.service import Service

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])
_MAX_ID = 2**31 - 1
Part = TypeVar("Part")
RemarkId = Annotated[int, Path(ge=1, le=_MAX_ID)]


@router.post("", status_code=201)
def say(
    request: FeedbackIn, service: ServiceDep, caller: MayContribute, audit: AuditDep
) -> Created:
    """Say what a facing is not, and perhaps what it is. With a picture it can be learned from."""
    if request.session_id:
        find_session(service, caller.tenant, request.session_id)
    contents = _sound(request.picture_file, "picture")
    picture = None
    if contents:
        eyes = service.eyes
        picture = take_picture(contents, "picture", eyes.find_bystanders, eyes.max_pixels)
    remark = Remark(
        frame_id=request.frame_id,
        box_xyxy=request.box_xyxy,
        gtin_given=request.gtin_given,
        gtin_corrected=request.gtin_corrected,
        embedding=_sound(request.embedding, "vector_i8"),
        session_id=request.session_id,
    )
    feedback_id = keep_remark(service.recognizer.records.database, remark, tenant=caller.tenant)
    if picture:
        _pictures(service).keep(feedback_id, picture)
    audit.write("feedback.say", str(feedback_id))
    return Created(id=feedback_id)


@router.get("")
def list_remarks(
    service: ServiceDep,
    _caller: MayModerate,
    state: Literal["new", "accepted", "rejected"] = "new",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,9}$")] = None,
) -> RemarkPage:
    """List what people said and nobody decided yet, or what was decided, the oldest first."""
    remarks = Remarks(service.recognizer.records.database)
    found = remarks.in_state(state, after_id=int(cursor or 0), limit=limit + 1)
    page = found[:limit]
    return RemarkPage(
        remarks=tuple(_remark_out(service, each) for each in page),
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


@router.get("/{remark_id}/picture", response_class=FileResponse)
def show_picture(remark_id: RemarkId, service: ServiceDep, _caller: MayModerate) -> FileResponse:
    """Give the picture that was sent with a remark, as JPEG."""
    file = _pictures(service).find(remark_id)
    if file is None:
        raise not_found(f"picture of remark {remark_id}")
    return FileResponse(file, media_type="image/jpeg")


@router.patch("/{remark_id}")
def decide(
    remark_id: RemarkId,
    request: DecisionIn,
    service: ServiceDep,
    _caller: MayModerate,
    audit: AuditDep,
) -> RemarkOut:
    """Accept a remark: its picture is one of the product's from now on. Or reject it."""
    remarks = Remarks(service.recognizer.records.database)
    remark = remarks.find(remark_id)
    if remark is None:
        raise not_found(f"remark {remark_id}")
    if request.state == "accepted":
        enrol = partial(service.enrol, name=request.name)
        decided = accept(remark, request.gtin, remarks, _pictures(service), enrol)
    else:
        decided = remarks.decide(remark_id, "rejected", None)
    said = {"state": decided.state, "said": remark.gtin_corrected, "is": decided.gtin_corrected}
    audit.write("feedback.decide", str(remark_id), said)
    return _remark_out(service, decided)


def _pictures(service: Service) -> FeedbackPictures:
    return FeedbackPictures(service.home / "feedback")


def _remark_out(service: Service, remark: KeptRemark) -> RemarkOut:
    has_picture = _pictures(service).find(remark.id) is not None
    return RemarkOut.model_validate(asdict(remark) | {"has_picture": has_picture})


def _sound(read: Callable[[], Part], field: str) -> Part:
    """Read a part of the request; what is none is refused with its place."""
    try:
        return read()
    except ValueError as error:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("body", field), "msg": str(error)}]
        ) from None
