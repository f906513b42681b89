"""Packs: what a device downloads once to recognise products without network."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import FileResponse, Response

from facings.server.deps import MayRead, ServiceDep
from facings.server.packs import SUFFIX, list_packs
from facings.server.problems import not_found
from facings.server.routes.products import names_etag
from facings.server.schemas.service import PackList, PackOut

router = APIRouter(prefix="/v1/packs", tags=["packs"])
PackName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@router.get("")
def list_all(service: ServiceDep, _caller: MayRead) -> PackList:
    """List the packs there are: made with `facings pack`."""
    return PackList(
        packs=tuple(
            PackOut(
                name=file.name.removesuffix(SUFFIX),
                created_at=datetime.fromisoformat(head.created_at),
                bytes=file.stat().st_size,
                product_count=head.product_count,
                etag=_etag(text),
            )
            for file, head, text in list_packs(service.home)
        )
    )


@router.get("/{name}", response_class=FileResponse, responses={304: {"description": "As it was."}})
def download(
    name: PackName,
    service: ServiceDep,
    _caller: MayRead,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Give a pack's file; its form is described in docs/reference/pack-format.md."""
    for file, _, text in list_packs(service.home):
        if file.name == f"{name}{SUFFIX}":
            headers = {"ETag": _etag(text), "Cache-Control": "private, no-cache"}
            if if_none_match and names_etag(if_none_match, headers["ETag"]):
                return Response(status_code=304, headers=headers)
            return FileResponse(file, media_type="application/octet-stream", headers=headers)
    raise not_found(f"pack {name}")


def _etag(head: bytes) -> str:
    return f'"{hashlib.sha256(head).hexdigest()[:32]}"'
