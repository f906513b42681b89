"""Shopping sessions: begin, look back, end, forget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from facings.server.deps import AuditDep, MayRecognise, ServiceDep
from facings.server.recognising import find_session
from facings.server.schemas.base import Id
from facings.server.schemas.service import SeenOut, SessionIn, SessionOut
from facings.server.service import Service
from facings.server.sessions import Sessions, ShoppingSession

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])
SessionId = Annotated[Id, Path(description="As `POST /v1/sessions` gave it.")]


@router.post("", status_code=201)
def begin(
    request: SessionIn,
    response: Response,
    service: ServiceDep,
    caller: MayRecognise,
    audit: AuditDep,
) -> SessionOut:
    """Begin a walk through a shop: its frames are answered with its profile."""
    sessions = Sessions(service.recognizer.records.database, caller.tenant)
    profile = request.profile.model_dump(mode="json") if request.profile else None
    session = sessions.begin(request.store, request.person, request.segments, profile)
    audit.write("session.begin", session.id)
    response.headers["Location"] = f"/v1/sessions/{session.id}"
    return _out(sessions, session)


@router.get("/{session_id}")
def look_back(session_id: SessionId, service: ServiceDep, caller: MayRecognise) -> SessionOut:
    """Tell what was seen during a walk."""
    sessions, session = _find(service, caller.tenant, session_id)
    return _out(sessions, session)


@router.post("/{session_id}/end")
def end(
    session_id: SessionId, service: ServiceDep, caller: MayRecognise, audit: AuditDep
) -> SessionOut:
    """Note that a walk is over."""
    sessions, session = _find(service, caller.tenant, session_id)
    sessions.end(session)
    audit.write("session.end", session_id)
    return _out(sessions, _find(service, caller.tenant, session_id)[1])


@router.delete("/{session_id}", status_code=204)
def forget(
    session_id: SessionId, service: ServiceDep, caller: MayRecognise, audit: AuditDep
) -> None:
    """Delete a walk with everything that was seen."""
    sessions, session = _find(service, caller.tenant, session_id)
    sessions.forget(session)
    audit.write("session.forget", session_id)


def _find(service: Service, tenant: str, session_id: str) -> tuple[Sessions, ShoppingSession]:
    sessions = Sessions(service.recognizer.records.database, tenant)
    return sessions, find_session(service, tenant, session_id)


def _out(sessions: Sessions, session: ShoppingSession) -> SessionOut:
    return SessionOut(
        id=session.id,
        created_at=session.created_at,
        ended_at=session.ended_at,
        store=session.store,
        segments=session.segments,
        products=tuple(SeenOut.model_validate(each) for each in sessions.seen(session)),
    )
