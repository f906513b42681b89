"""Labelling: a round's shelf pictures, look-alikes together, one answer for each group."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from facings.catalogue.gtin import natural_form
from facings.catalogue.search import search_products
from facings.collect.field import Capture, now
from facings.collect.labels import Label, ProposedGroup, SessionLabels, ShelfProposal
from facings.collect.look_alikes import queue_of, vectors_of
from facings.product import Product
from facings.server.deps import AuditDep, MayEnrol, MayRead, ServiceDep
from facings.server.problems import not_found
from facings.server.routes.collect import SessionId, find_round
from facings.server.schemas.collect import FieldId
from facings.server.schemas.labels import (
    AnswerIn,
    AnswerOut,
    FoundProducts,
    GroupOut,
    LabellingOut,
    QueueOut,
    QueueRow,
    SuggestionOut,
)
from facings.server.service import Service

router = APIRouter(prefix="/v1", tags=["labels"])
CaptureId = Annotated[FieldId, Path(description="Of a shelf picture.")]
_OF_ROUND = "/collect/sessions/{session_id}"


@router.get("/search/products")
def search(
    service: ServiceDep,
    _caller: MayRead,
    text: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> FoundProducts:
    """Find products by digits of their number, or by words of name, brand and variant."""
    found = search_products(service.recognizer.records, text, limit)
    return FoundProducts(products=tuple(_suggestion(each, None) for each in found))


@router.get(_OF_ROUND + "/queue")
def list_queue(session_id: SessionId, service: ServiceDep, caller: MayEnrol) -> QueueOut:
    """List the shelf pictures of a round: those nobody looked at, then what needs a person most."""
    find_round(service, caller.tenant, session_id)
    told = SessionLabels(service.field, session_id)
    labels = told.labels()
    rows = []
    for capture in service.field.captures(session_id):
        if capture.kind in ("product", "barcode") or capture.faults:
            continue
        proposal = told.proposal(capture.id)
        answered = labels.get(capture.id, {})
        rows.append(
            QueueRow(
                capture=capture.id,
                aisle=capture.aisle,
                need=proposal.need_without(answered) if proposal else None,
                boxes=len(proposal.boxes_xyxy) if proposal else None,
                answered=len(answered),
            )
        )
    rows.sort(key=lambda row: -(np.inf if row.need is None else row.need))
    return QueueOut(captures=tuple(rows))


@router.get(_OF_ROUND + "/captures/{capture_id}/picture", response_class=FileResponse)
def show_picture(
    session_id: SessionId, capture_id: CaptureId, service: ServiceDep, caller: MayEnrol
) -> FileResponse:
    """Give a capture's picture, as it is kept, as JPEG."""
    capture = _find(service, caller.tenant, session_id, capture_id)
    return FileResponse(service.field.picture(session_id, capture), media_type="image/jpeg")


@router.get(_OF_ROUND + "/captures/{capture_id}/groups")
async def show_groups(
    session_id: SessionId, capture_id: CaptureId, service: ServiceDep, caller: MayEnrol
) -> LabellingOut:
    """Propose boxes, groups of look-alikes and what each may be; asked again, the same ones."""
    capture = _find(service, caller.tenant, session_id, capture_id)
    told = SessionLabels(service.field, session_id)
    proposal = told.proposal(capture.id)
    if proposal is None:
        async with service.scans.turn():
            proposal = await run_in_threadpool(_proposed, service, session_id, capture)
        told.keep(proposal)
    return _labelling_out(service, proposal, told)


@router.post(_OF_ROUND + "/captures/{capture_id}/answers", status_code=201)
def answer(
    session_id: SessionId,
    capture_id: CaptureId,
    request: AnswerIn,
    service: ServiceDep,
    caller: MayEnrol,
    audit: AuditDep,
) -> LabellingOut:
    """Say what stands in boxes; said again, the later holds."""
    capture = _find(service, caller.tenant, session_id, capture_id)
    told = SessionLabels(service.field, session_id)
    person = service.field.session(session_id).person
    told.answer(
        [
            Label(capture.id, box, request.verdict, request.gtin, person, now())
            for box in request.boxes
        ]
    )
    audit.write("collect.answer", capture.id, {"boxes": len(request.boxes)})
    proposal = told.proposal(capture.id)
    assert proposal is not None
    return _labelling_out(service, proposal, told)


def _find(service: Service, tenant: str, session_id: str, capture_id: str) -> Capture:
    """Look a capture of a tenant's round up.

    Raises:
        RequestRefused: there is none.
    """
    find_round(service, tenant, session_id)
    for each in service.field.captures(session_id):
        if each.id == capture_id:
            return each
    raise not_found(f"capture {capture_id}")


def _proposed(service: Service, session_id: str, capture: Capture) -> ShelfProposal:
    recognizer = service.recognizer
    scan = recognizer.scan(service.field.picture(session_id, capture))
    vectors = vectors_of(scan.image, scan.facings, recognizer.embedder)
    groups = queue_of(scan.facings, vectors)
    return ShelfProposal(
        capture.id,
        scan.size_wh,
        scan.models["detect"],
        tuple(each.box_xyxy for each in scan.facings),
        tuple(each.score for each in scan.facings),
        tuple(
            ProposedGroup(
                each.members,
                tuple((one.gtin, one.similarity) for one in each.suggestions),
                each.uncertainty + each.disagreement,
            )
            for each in groups
        ),
    )


def _labelling_out(service: Service, proposal: ShelfProposal, told: SessionLabels) -> LabellingOut:
    wanted = {gtin for group in proposal.groups for gtin, _ in group.suggestions}
    products = service.recognizer.records.products(wanted)
    answers = told.labels().get(proposal.capture, {})
    width, height = proposal.size_wh
    return LabellingOut(
        capture=proposal.capture,
        width=width,
        height=height,
        model=proposal.model,
        boxes_xyxy=proposal.boxes_xyxy,
        groups=tuple(
            GroupOut(
                boxes=group.members,
                suggestions=tuple(
                    _suggestion(products[gtin], similarity)
                    for gtin, similarity in group.suggestions
                    if gtin in products
                ),
                need=group.need,
            )
            for group in proposal.groups
        ),
        answers={box: AnswerOut.model_validate(each) for box, each in answers.items()},
    )


def _suggestion(product: Product, similarity: float | None) -> SuggestionOut:
    return SuggestionOut(
        gtin=product.gtin,
        gtin_printed=natural_form(product.gtin),
        name=product.name,
        similarity=similarity,
    )
