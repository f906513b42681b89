"""Enrolment: pictures make a product findable at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from facings.capture import PICTURE_SUFFIXES, read_picture
from facings.catalogue.enrol import enrol_into
from facings.catalogue.gtin import gtin14
from facings.errors import RequestRefused
from facings.output import replaced_file
from facings.server.deps import AuditDep, MayEnrol, ServiceDep
from facings.server.routes.products import GtinPath
from facings.server.schemas.product import EnrolmentOut

router = APIRouter(prefix="/v1/products", tags=["enrolment"])
MAX_PICTURES = 10


@router.post("/{gtin}/pictures", status_code=201)
def enrol(
    gtin: GtinPath,
    service: ServiceDep,
    _caller: MayEnrol,
    audit: AuditDep,
    pictures: Annotated[list[UploadFile], File(description="Of this product alone.")],
    name: Annotated[
        str | None, Form(max_length=200, description="Of a product without a record.")
    ] = None,
) -> EnrolmentOut:
    """Add catalogue pictures to a product: it is found by them when this has been answered.

    These pictures are kept, as the catalogue's. Sending one again changes nothing.
    """
    if len(pictures) > MAX_PICTURES:
        raise RequestRefused(413, "too-large", f"at most {MAX_PICTURES} pictures at a time")
    key = gtin14(gtin)
    recognizer = service.recognizer
    contents = [(Path(each.filename or "").suffix, each.file.read()) for each in pictures]
    for place, (_, picture) in enumerate(contents):
        read_picture(picture, name=f"picture {place + 1}", max_pixels=service.settings.max_pixels)
    before = len(recognizer.records.pictures([key]))
    with _kept(service.home / "pictures" / key, contents) as files:
        stats = enrol_into(
            recognizer.index,
            key,
            files,
            name=name,
            records=recognizer.records,
            embedder=recognizer.embedder,
        )
    audit.write("product.enrol", key, {"pictures": [file.name for file in files]})
    return EnrolmentOut(
        gtin=key,
        pictures_added=len(recognizer.records.pictures([key])) - before,
        picture_count=stats.picture_count,
        product_count=stats.product_count,
    )


@contextmanager
def _kept(folder: Path, contents: Sequence[tuple[str, bytes]]) -> Iterator[list[Path]]:
    """Write pictures under names of our own, and take the new ones back where anything fails."""
    files: list[Path] = []
    fresh: list[Path] = []
    try:
        for suffix, picture in contents:
            ending = suffix.lower() if suffix.lower() in PICTURE_SUFFIXES else ".jpg"
            file = folder / f"{hashlib.sha256(picture).hexdigest()}{ending}"
            files.append(file)
            if not file.exists():
                with replaced_file(file) as temporary:
                    temporary.write_bytes(picture)
                fresh.append(file)
        yield files
    except BaseException:
        for file in fresh:
            file.unlink(missing_ok=True)
        raise
