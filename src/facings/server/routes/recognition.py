"""Frames and pictures: what stands on the shelf."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from facings.server.deps import MayRecognise, ServiceDep
from facings.server.recognising import recognise_frame, scan_picture
from facings.server.schemas.frame import FrameOut, OptionsIn, RecogniseIn

router = APIRouter(prefix="/v1", tags=["recognition"])
JSON = "application/json"


@router.post("/recognise", response_model=FrameOut)
def recognise(request: RecogniseIn, service: ServiceDep, caller: MayRecognise) -> Response:
    """Name the facings of a frame from their vectors and boxes: the picture stays where it is.

    The facings come back in the order they were sent.
    """
    frame = recognise_frame(service, caller, request)
    return Response(frame.model_dump_json(), media_type=JSON)


@router.post("/scan", response_model=FrameOut)
async def scan(
    service: ServiceDep,
    caller: MayRecognise,
    picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP, AVIF...")],
    options: Annotated[str, Form(description="OptionsIn as JSON", max_length=20_000)] = "{}",
) -> Response:
    """Find and name every facing in a picture. The picture is not kept.

    The facings come back in reading order: from the top shelf down, each from left to right.
    """
    wanted = options_from(options)
    contents = await picture.read()
    async with service.scans.turn():
        frame = await run_in_threadpool(scan_picture, service, caller.tenant, wanted, contents)
    return Response(frame.model_dump_json(), media_type=JSON)


def options_from(text: str) -> OptionsIn:
    """Read the options that come as a field of a form.

    Raises:
        RequestValidationError: they are none.
    """
    try:
        return OptionsIn.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [each | {"loc": ("body", "options", *each["loc"])} for each in found]
        ) from None
