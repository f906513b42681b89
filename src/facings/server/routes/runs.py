"""Runs: many pictures, the answer later."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile

from facings.errors import RequestRefused
from facings.server.deps import AuditDep, MayRecognise, ServiceDep
from facings.server.problems import not_found
from facings.server.routes.recognition import options_from
from facings.server.runs import Run
from facings.server.schemas.base import Id
from facings.server.schemas.service import RunOut, RunPage, RunPicture
from facings.server.service import Service

router = APIRouter(prefix="/v1/runs", tags=["runs"])
MAX_PICTURES = 100
RunId = Annotated[Id, Path(description="As `POST /v1/runs` gave it.")]


@router.post("", status_code=202)
def take(
    response: Response,
    service: ServiceDep,
    caller: MayRecognise,
    audit: AuditDep,
    pictures: Annotated[list[UploadFile], File(description="In the order of the answer.")],
    options: Annotated[str, Form(description="OptionsIn as JSON", max_length=20_000)] = "{}",
) -> RunOut:
    """Take many pictures to be scanned; they are deleted one by one as that is done."""
    wanted = options_from(options)
    if len(pictures) > MAX_PICTURES:
        raise RequestRefused(413, "too-large", f"a run has at most {MAX_PICTURES} pictures")
    named = [
        (each.filename or f"picture {place}", each.file.read())
        for place, each in enumerate(pictures)
    ]
    run = service.runs.take(caller.tenant, wanted.model_dump(mode="json"), named)
    audit.write("run.take", run.id, {"pictures": run.total})
    response.headers["Location"] = f"/v1/runs/{run.id}"
    return _out(run)


@router.get("")
def list_runs(
    service: ServiceDep,
    caller: MayRecognise,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Id | None = None,
) -> RunPage:
    """List runs, the oldest first, without their results."""
    found = service.runs.page(caller.tenant, cursor, limit + 1)
    page = found[:limit]
    return RunPage(
        runs=tuple(map(_out, page)), next_cursor=page[-1].id if len(found) > limit else None
    )


@router.get("/{run_id}")
def look_at(run_id: RunId, service: ServiceDep, caller: MayRecognise) -> RunOut:
    """Tell how far a run is, and what it found when it is done."""
    return _out(_find(service, caller.tenant, run_id))


@router.delete("/{run_id}", status_code=204)
def cancel(run_id: RunId, service: ServiceDep, caller: MayRecognise, audit: AuditDep) -> None:
    """Give a run up and delete its pictures; a run that is done stays as it is."""
    service.runs.cancel(_find(service, caller.tenant, run_id))
    audit.write("run.cancel", run_id)


def _find(service: Service, tenant: str, run_id: str) -> Run:
    run = service.runs.find(tenant, run_id)
    if run is None:
        raise not_found(f"run {run_id}")
    return run


def _out(run: Run) -> RunOut:
    pictures = None
    if run.result is not None:
        pictures = tuple(RunPicture.model_validate(each) for each in run.result)
    return RunOut.model_validate(
        {
            "id": run.id,
            "state": run.state,
            "created_at": run.created_at,
            "total": run.total,
            "done": run.done,
            "pictures": pictures,
        }
    )
