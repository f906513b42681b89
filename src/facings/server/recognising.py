"""The service's own part in recognition: sessions, profiles, measurements around the recognizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError

from facings.capture import read_picture
from facings.catalogue.offer_rules import Shopper
from facings.catalogue.profile import Profile
from facings.errors import PictureError, RequestRefused
from facings.server.details import Details, today
from facings.server.frames import frame_out
from facings.server.keys import Caller
from facings.server.problems import not_found, problem_of
from facings.server.schemas.frame import FrameOut, OptionsIn, RecogniseIn
from facings.server.schemas.profile import ProfileIn
from facings.server.schemas.service import RunPicture
from facings.server.sessions import Sessions, ShoppingSession
from facings.types import Facing

if TYPE_CHECKING:
    from facings.server.service import Service


def recognise_frame(service: Service, caller: Caller, request: RecogniseIn) -> FrameOut:
    """Name facings that were found and embedded by the caller.

    Raises:
        RequestValidationError: a vector or artwork is none.
        IndexMismatch: the vectors are of another embedder.
        RequestRefused: there is no such session.
    """
    recognizer = service.recognizer
    session = _session(service, caller.tenant, request)
    try:
        embedder = recognizer.embedder
        embeddings = request.embeddings(embedder.dim, embedder.artwork_shape)
    except ValueError as error:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("body", "facings"), "msg": str(error)}]
        ) from None
    found = recognizer.recognise(
        embeddings,
        request.detections(),
        request.scope.scope(),
        request.known(),
        request.printed(),
        request.likeness(),
    )
    _note(service, session, found.facings, found.latency_ms)
    return frame_out(
        found.facings,
        found.lines_xyxy,
        found.latency_ms,
        request,
        _details(service, session, request),
        models={"embed": recognizer.embedder.manifest.label},
    )


def scan_picture(service: Service, tenant: str, options: OptionsIn, contents: bytes) -> FrameOut:
    """Find and name the facings of a picture.

    Raises:
        PictureError: it cannot be read, or is too large.
        RequestRefused: there is no such session.
    """
    session = _session(service, tenant, options)
    frame = read_picture(contents, name="the picture", max_pixels=service.settings.max_pixels)
    found = service.recognizer.scan(frame, options.scope.scope())
    _note(service, session, found.facings, found.latency_ms)
    return frame_out(
        found.facings,
        found.lines_xyxy,
        found.latency_ms,
        options,
        _details(service, session, options),
        models=found.models,
        size_wh=found.size_wh,
    )


def find_session(service: Service, tenant: str, session_id: str) -> ShoppingSession:
    """Look a tenant's session up.

    Raises:
        RequestRefused: it has none of that id.
    """
    session = Sessions(service.recognizer.records.database, tenant).find(session_id)
    if session is None:
        raise not_found(f"session {session_id}")
    return session


def _session(service: Service, tenant: str, options: OptionsIn) -> ShoppingSession | None:
    return find_session(service, tenant, options.session_id) if options.session_id else None


def _note(
    service: Service,
    session: ShoppingSession | None,
    facings: tuple[Facing, ...],
    latency_ms: Mapping[str, float],
) -> None:
    service.metrics.recognition(facings, latency_ms)
    if service.traces:
        service.traces.stages(latency_ms)
    if session:
        seen = {each.match.gtin for each in facings if each.match.gtin}
        Sessions(service.recognizer.records.database, session.tenant).note(session, seen)


def _details(service: Service, session: ShoppingSession | None, options: OptionsIn) -> Details:
    return Details(
        service.recognizer.records,
        options.include,
        _profile(session, options),
        shopper(service, session, options.scope.retailer),
    )


def shopper(service: Service, session: ShoppingSession | None, retailer: str | None) -> Shopper:
    """Say to whom offers are held: as much as the session tells.

    Args:
        retailer: where they are; None means the chain of the session's store.
    """
    if session is None:
        return Shopper(today(), retailer=retailer)
    if retailer is None:
        sessions = Sessions(service.recognizer.records.database, session.tenant)
        retailer = sessions.retailer_of(session)
    segments = frozenset(session.segments)
    return Shopper(today(), session.person, segments, retailer, session.store)


def _profile(session: ShoppingSession | None, options: OptionsIn) -> Profile | None:
    if options.profile:
        return options.profile.profile()
    if session and session.profile is not None:
        return ProfileIn.model_validate(session.profile).profile()
    return None


def scan_for_run(
    service: Service, tenant: str, options: dict[str, object], name: str, contents: bytes
) -> object:
    """Scan one picture of a run; what is wrong with it is an answer too."""
    picture = RunPicture(name=name)
    try:
        wanted = OptionsIn.model_validate(options)
        frame = scan_picture(service, tenant, wanted, contents)
        picture = picture.model_copy(update={"frame": frame})
    except (PictureError, RequestRefused) as error:
        picture = picture.model_copy(update={"problem": problem_of(error, None)})
    return picture.model_dump(mode="json")
