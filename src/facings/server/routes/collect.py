"""Field collection: pictures from a shop, bound to the number on the pack, findable at once."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Response, UploadFile
from fastapi.concurrency import run_in_threadpool

from facings.catalogue.gtin import natural_form
from facings.collect.binding import bind
from facings.collect.field import Added, Capture, Session, now
from facings.collect.progress import progress_of
from facings.errors import CatalogueError
from facings.server.deps import AuditDep, MayEnrol, ServiceDep
from facings.server.problems import not_found
from facings.server.schemas.base import Word
from facings.server.schemas.collect import (
    AisleOut,
    BindIn,
    BoundOut,
    CapturedOut,
    CaptureKind,
    CaptureOut,
    CodeOut,
    FieldId,
    FieldSessionIn,
    FieldSessionList,
    FieldSessionOut,
    FieldSessionRow,
)
from facings.server.service import Service

router = APIRouter(prefix="/v1/collect/sessions", tags=["collect"])
SessionId = Annotated[FieldId, Path(description="As it was begun with.")]


@router.post("", status_code=201)
def begin(
    request: FieldSessionIn,
    response: Response,
    service: ServiceDep,
    caller: MayEnrol,
    audit: AuditDep,
) -> FieldSessionOut:
    """Begin a round through a shop. Sent again it is found as it is, with its new aisles."""
    begun = service.field.begin(
        Session(
            request.id,
            request.store,
            request.person,
            request.consent,
            now(),
            request.aisles,
            request.keeps_faces,
            caller.tenant,
        )
    )
    audit.write("collect.begin", begun.id)
    response.headers["Location"] = f"{router.prefix}/{begun.id}"
    return _session_out(service, begun)


@router.get("")
def list_sessions(service: ServiceDep, caller: MayEnrol) -> FieldSessionList:
    """List the rounds that were begun with keys of this tenant."""
    own = [each for each in service.field.sessions() if each.tenant == caller.tenant]
    return FieldSessionList(sessions=tuple(FieldSessionRow.model_validate(each) for each in own))


@router.get("/{session_id}")
def show(session_id: SessionId, service: ServiceDep, caller: MayEnrol) -> FieldSessionOut:
    """Tell what a round has: which captures arrived, and what each aisle still misses."""
    return _session_out(service, find_round(service, caller.tenant, session_id))


@router.post("/{session_id}/captures", status_code=201)
async def add(
    session_id: SessionId,
    service: ServiceDep,
    caller: MayEnrol,
    picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP, AVIF...")],
    id: Annotated[FieldId, Form(description="The same picture has the same id.")],  # noqa: A002
    kind: Annotated[CaptureKind, Form()],
    aisle: Annotated[Word | None, Form()] = None,
) -> CapturedOut:
    """Keep a picture without its EXIF; judge it, and read the number of a barcode, at once.

    Sending it again changes nothing and is answered the same.
    """
    find_round(service, caller.tenant, session_id)
    contents = await picture.read()
    keep = partial(service.field.add, session_id, id, kind, contents, aisle=aisle)
    async with service.scans.turn():
        added = await run_in_threadpool(keep)
    return _captured_out(service, added)


@router.post("/{session_id}/products", status_code=201)
def bind_product(
    session_id: SessionId,
    request: BindIn,
    service: ServiceDep,
    caller: MayEnrol,
    audit: AuditDep,
) -> BoundOut:
    """Bind captures to the number on the pack: the product is found when this has been answered.

    The code goes before typed digits; where they differ nothing is bound.
    """
    find_round(service, caller.tenant, session_id)
    enrol = partial(service.enrol, name=request.name)
    bound = bind(service.field, session_id, request.captures, request.gtin, enrol)
    audit.write("collect.bind", bound.gtin, {"session": session_id, "how": bound.how})
    return BoundOut(
        gtin=bound.gtin,
        gtin_printed=natural_form(bound.gtin),
        how=bound.how,
        findable=bool(bound.views),
        unfit=tuple(each.id for each in bound.unfit),
    )


def find_round(service: Service, tenant: str, session_id: str) -> Session:
    """Look a tenant's round up.

    Raises:
        RequestRefused: it has none of that id.
    """
    try:
        session = service.field.session(session_id)
    except CatalogueError:
        session = None
    if session is None or session.tenant != tenant:
        raise not_found(f"collection {session_id}")
    return session


def _session_out(service: Service, session: Session) -> FieldSessionOut:
    captures = service.field.captures(session.id)
    progress = progress_of(session, captures)
    return FieldSessionOut(
        id=session.id,
        store=session.store,
        person=session.person,
        consent=session.consent,
        started_at=session.started_at,
        keeps_faces=session.keeps_faces,
        captures=tuple(CaptureOut.model_validate(each) for each in captures),
        products=progress.products,
        aisles=tuple(AisleOut.model_validate(each) for each in progress.aisles),
    )


def _captured_out(service: Service, added: Added) -> CapturedOut:
    return CapturedOut(
        capture=CaptureOut.model_validate(added.capture),
        is_new=added.is_new,
        same_sight_as=added.same_sight_as,
        code=_code_out(service, added.capture),
    )


def _code_out(service: Service, capture: Capture) -> CodeOut | None:
    if capture.code is None or capture.road is None:
        return None
    product = service.recognizer.records.product(capture.code)
    return CodeOut(
        gtin=capture.code,
        gtin_printed=natural_form(capture.code),
        road=capture.road,
        product_name=product.name if product else None,
    )
