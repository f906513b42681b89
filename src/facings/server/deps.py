"""What a route may ask for: the service, who calls, and the log of what is changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from facings.errors import RequestRefused
from facings.server.audit import Audit
from facings.server.keys import SCOPES, Caller
from facings.server.service import Service

_bearer = HTTPBearer(auto_error=False, description="An API key: fk_...")
_ANYBODY = Caller(None, "local", frozenset(SCOPES))


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


async def _caller(
    request: Request,
    needed: SecurityScopes,
    service: ServiceDep,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Say who calls.

    Raises:
        RequestRefused: the key is missing or wrong, opens something else, or is used too often.
    """
    caller = await _holder(service, given)
    address = request.client.host if request.client else "nowhere"
    who = f"address {address}" if caller is None else f"key {caller.key_id}"
    rate = service.rate
    counted = await run_in_threadpool(rate.spend, who) if rate.is_remote else rate.spend(who)
    allowed, headers = counted
    request.scope["facings.headers"] = [(k.encode(), v.encode()) for k, v in headers.items()]
    if not allowed:
        raise RequestRefused(429, "too-many", f"more than {headers['RateLimit-Limit']} a minute")
    if caller is None:
        raise RequestRefused(
            401,
            "wrong-key",
            "there is no valid API key with the request",
            hint='send the header "Authorization: Bearer fk_..."',
        )
    request.scope["facings.caller"] = caller
    missing = set(needed.scopes) - caller.scopes
    if missing:
        raise RequestRefused(403, "scope", f"this key does not open: {', '.join(sorted(missing))}")
    return caller


async def _holder(service: Service, given: HTTPAuthorizationCredentials | None) -> Caller | None:
    if service.settings.open_to_all:
        return _ANYBODY
    if given is None:
        return None
    return service.keys.remembered(given.credentials) or await run_in_threadpool(
        service.keys.caller, given.credentials
    )


def _audit(request: Request, service: ServiceDep) -> Audit:
    caller: Caller = request.scope["facings.caller"]
    request_id: str = request.scope["facings.request_id"]
    return Audit(service.recognizer.records.database, caller, request_id)


AuditDep = Annotated[Audit, Depends(_audit)]
MayRecognise = Annotated[Caller, Security(_caller, scopes=["recognise"])]
MayRead = Annotated[Caller, Security(_caller, scopes=["read"])]
MayContribute = Annotated[Caller, Security(_caller, scopes=["contribute"])]
MayEnrol = Annotated[Caller, Security(_caller, scopes=["enrol"])]
MayModerate = Annotated[Caller, Security(_caller, scopes=["moderate"])]
MaySeeMetrics = Annotated[Caller, Security(_caller, scopes=["metrics"])]
