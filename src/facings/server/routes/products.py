"""Products: what is known, and whether it suits a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from facings.capture import read_picture, small_jpeg
from facings.catalogue.alternatives import alternatives
from facings.catalogue.gallery import gallery_view
from facings.catalogue.gtin import gtin14
from facings.catalogue.knowledge import know
from facings.catalogue.pictures import Picture
from facings.compare import SIDE_PX, grey_view
from facings.product import Product
from facings.server.deps import MayRead, ServiceDep
from facings.server.details import EVERYTHING, Details
from facings.server.problems import not_found
from facings.server.recognising import find_session, shopper
from facings.server.schemas.base import Id, Word
from facings.server.schemas.product import (
    InsteadList,
    InsteadOut,
    OfferList,
    ProductOut,
    ProductPage,
)
from facings.server.schemas.profile import ProfileIn, VerdictOut
from facings.server.service import Service

router = APIRouter(prefix="/v1/products", tags=["products"])
PICTURE_SIDE_PX = 480
GtinPath = Annotated[str, Path(max_length=32, description="In any of its forms.")]


@router.get("")
def list_products(
    service: ServiceDep,
    _caller: MayRead,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{14}$")] = None,
) -> ProductPage:
    """List products by GTIN-14, as many as are asked for at a time."""
    records = service.recognizer.records
    found = records.page(after=cursor, limit=limit + 1)
    page = found[:limit]
    told = Details(records, frozenset(), None).of(page)
    return ProductPage(
        products=tuple(told[each.gtin] for each in page),
        next_cursor=page[-1].gtin if len(found) > limit else None,
    )


@router.get("/{gtin}", response_model=ProductOut, responses={304: {"description": "As it was."}})
def show(
    gtin: GtinPath,
    service: ServiceDep,
    _caller: MayRead,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Tell everything that is known about a product. Its ETag changes when any of it does."""
    product = find(service, gtin)
    details = Details(service.recognizer.records, EVERYTHING)
    content = details.of([product])[product.gtin].model_dump_json().encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and names_etag(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


@router.get("/{gtin}/picture", response_class=Response)
def show_picture(
    gtin: GtinPath,
    service: ServiceDep,
    _caller: MayRead,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Give the product's first catalogue picture, small enough for a telephone, as JPEG."""
    shown = first_picture(service, gtin)
    etag = f'"{shown.source.sha256[:32]}"'
    return unless_known(
        etag, if_none_match, lambda: small_jpeg(read_picture(shown.path).image, PICTURE_SIDE_PX)
    )


@router.get("/{gtin}/view", response_class=Response)
def show_view(
    gtin: GtinPath,
    service: ServiceDep,
    _caller: MayRead,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Give the product's first catalogue picture as facings are compared with it.

    Cut as it was embedded, grey, its longest side 256 pixels, as JPEG: some 9 kB. What an ambiguous
    facing says of the views of its alternatives goes into `likeness` of `/v1/recognise`.
    """
    shown = first_picture(service, gtin)

    def jpeg() -> bytes:
        view = gallery_view(shown)
        if view is None:
            raise not_found(f"picture of product {gtin}")
        return small_jpeg(grey_view(view), SIDE_PX)

    return unless_known(f'"{shown.source.sha256[:32]}-view"', if_none_match, jpeg)


@router.post("/{gtin}/verdict")
def judge(gtin: GtinPath, profile: ProfileIn, service: ServiceDep, _caller: MayRead) -> VerdictOut:
    """Say whether a product suits a person, with the reasons. The profile is not kept."""
    product = find(service, gtin)
    details = Details(service.recognizer.records, frozenset(), profile.profile())
    verdict = details.of([product])[product.gtin].verdict
    assert verdict is not None
    return verdict


@router.post("/{gtin}/alternatives")
def list_alternatives(
    gtin: GtinPath,
    profile: ProfileIn,
    service: ServiceDep,
    _caller: MayRead,
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> InsteadList:
    """Tell similar products that suit a person better, and why. The profile is not kept."""
    records, asked = service.recognizer.records, profile.profile()
    found = alternatives(know(find(service, gtin), asked), records, asked, limit=limit)
    told = Details(records, frozenset(), asked).of([each.product for each in found])
    return InsteadList(
        alternatives=tuple(
            InsteadOut(product=told[each.product.gtin], why=each.why) for each in found
        )
    )


@router.get("/{gtin}/offers")
def list_offers(
    gtin: GtinPath,
    service: ServiceDep,
    caller: MayRead,
    session_id: Id | None = None,
    retailer: Word | None = None,
) -> OfferList:
    """Tell the offers on a product, and why each applies to a session's shopper or does not."""
    product = find(service, gtin)
    session = find_session(service, caller.tenant, session_id) if session_id else None
    details = Details(
        service.recognizer.records, frozenset(), shopper=shopper(service, session, retailer)
    )
    return OfferList(offers=details.offers([product.gtin]).get(product.gtin, ()))


def find(service: Service, gtin: str) -> Product:
    """Look a product up.

    Raises:
        InvalidGtin: it is no GTIN.
        RequestRefused: there is none of this GTIN.
    """
    product = service.recognizer.records.product(gtin14(gtin))
    if product is None:
        raise not_found(f"product {gtin}")
    return product


def first_picture(service: Service, gtin: str) -> Picture:
    """Look up the picture that stands for a product.

    Raises:
        InvalidGtin: it is no GTIN.
        RequestRefused: there is no such product, or it has no picture.
    """
    pictures = service.recognizer.records.pictures([find(service, gtin).gtin])
    if not pictures:
        raise not_found(f"picture of product {gtin}")
    return pictures[0]


def unless_known(etag: str, if_none_match: str | None, jpeg: Callable[[], bytes]) -> Response:
    """Answer with a picture that is good for a day, or that the caller has it."""
    headers = {"ETag": etag, "Cache-Control": "private, max-age=86400"}
    if if_none_match and names_etag(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(jpeg(), media_type="image/jpeg", headers=headers)


def names_etag(if_none_match: str, etag: str) -> bool:
    """Say whether a caller has what this ETag stands for."""
    given = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in given or "*" in given
