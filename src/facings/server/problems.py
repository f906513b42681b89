"""Every error as an RFC 9457 problem: what was wrong, what to do, and the request's id."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from facings import errors
from facings.errors import FacingsError, RequestRefused
from facings.server.schemas.base import FieldProblem, Problem

MEDIA_TYPE = "application/problem+json"
_STATUS_OF: tuple[tuple[type[FacingsError], int, str], ...] = (
    (errors.PictureError, 422, "picture"),
    (errors.IndexMismatch, 409, "other-embedder"),
    (errors.IndexUnusable, 503, "index-unusable"),
    (errors.DatabaseUnusable, 503, "database-unusable"),
    (errors.InvalidGtin, 422, "gtin"),
    (errors.CatalogueError, 422, "catalogue"),
    (errors.StorageFull, 507, "storage-full"),
)
_KIND_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 422: "invalid"}
_RETRY_AFTER_S = {503: 5, 507: 60}
_FIELDS_SHOWN = 20


def not_found(what: str) -> RequestRefused:
    """Say that there is no such thing, or that it is not the caller's."""
    return RequestRefused(404, "not-found", f"there is no {what}")


def install_problems(app: FastAPI) -> None:
    """Answer with a problem wherever an error is raised."""
    app.add_exception_handler(FacingsError, _of_facings)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)


def describe_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Put into an OpenAPI document what every operation answers where something is wrong."""
    components = document["components"]["schemas"]
    for replaced in ("HTTPValidationError", "ValidationError"):
        components.pop(replaced, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= problem.pop("$defs")
    components["Problem"] = problem
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)
            operation["responses"] |= {
                "4XX": {"description": "What was wrong with the request.", "content": content},
                "5XX": {"description": "What went wrong here.", "content": content},
            }
    return document


def response_of(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Give a problem as a response."""
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, problem.status, dict(headers or {}), MEDIA_TYPE)


def problem_of(error: FacingsError, request_id: str | None) -> Problem:
    """Say an error of ours as a problem."""
    if isinstance(error, RequestRefused):
        status, kind = error.status, error.kind
    else:
        known = (row[1:] for row in _STATUS_OF if isinstance(error, row[0]))
        status, kind = next(known, (500, "unexpected"))
    return _problem(status, kind, error.message, request_id, hint=error.hint)


def unexpected(request_id: str | None) -> Problem:
    """Say that this is a bug; the log has the rest."""
    words = "something went wrong that nobody foresaw; the service's log tells more"
    return _problem(500, "unexpected", words, request_id)


def _problem(
    status: int,
    kind: str,
    detail: str,
    request_id: str | None,
    *,
    hint: str | None = None,
    fields: list[FieldProblem] | None = None,
) -> Problem:
    return Problem(
        type=f"urn:facings:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        hint=hint,
        request_id=request_id,
        fields=fields,
    )


def _request_id(request: Request) -> str | None:
    found: str | None = request.scope.get("facings.request_id")
    return found


async def _of_facings(request: Request, error: Exception) -> Response:
    assert isinstance(error, FacingsError)
    problem = problem_of(error, _request_id(request))
    headers = {}
    if problem.status in _RETRY_AFTER_S:
        headers["Retry-After"] = str(_RETRY_AFTER_S[problem.status])
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return response_of(problem, headers)


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [_field(each) for each in error.errors()[:_FIELDS_SHOWN]]
    first = fields[0]
    detail = f"{first.pointer}: {first.detail}" if first.pointer else first.detail
    problem = _problem(422, "invalid", detail, _request_id(request), fields=fields)
    return response_of(problem)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _KIND_OF_STATUS.get(error.status_code, "refused")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return response_of(
        _problem(error.status_code, kind, detail, _request_id(request)), error.headers
    )


def _field(error: Mapping[str, Any]) -> FieldProblem:
    """Say where in the request something was wrong; never repeats what was sent."""
    place, *rest = error["loc"]
    pointer = "".join(f"/{part}" for part in rest)
    return FieldProblem(pointer=f"{place}{pointer}", detail=str(error["msg"]))
