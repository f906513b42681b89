"""The service put together: what runs before, around and behind the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from facings import __version__
from facings.recognizer import Recognizer, open_index
from facings.server.follow import Follower
from facings.server.gate import Gate
from facings.server.limits import BodyLimit
from facings.server.metrics import Metrics
from facings.server.problems import describe_problems, install_problems
from facings.server.routes import (
    collect,
    enrolment,
    feedback,
    health,
    labels,
    packs,
    products,
    recognition,
    reviews,
    runs,
    sessions,
)
from facings.server.service import Service
from facings.server.settings import ServerSettings
from facings.server.traces import Traces
from facings.server.unpacking import Unpack
from facings.server.web import mount_web
from facings.settings import Settings


def create_app(
    recognizer: Recognizer, home: Path, server: ServerSettings, traces: Traces | None = None
) -> FastAPI:
    """Make the service around a recognizer, which stays open until it has stopped.

    Args:
        home: folder under which enrolled pictures are kept, pictures of runs wait, and the index
            is followed.
        traces: told of every request and stage, and closed at the end; None tells nobody.

    Raises:
        RequestRefused: the folder of the web client holds none.
    """
    service = Service(recognizer, home, server, Metrics(), traces)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        with Follower(service, partial(open_index, Settings(home=home))), service.runs:
            yield
        if traces:
            traces.close()

    app = _routed(running)
    app.state.service = service
    install_problems(app)
    if server.web_folder:
        mount_web(app, server.web_folder)
    app.add_middleware(BodyLimit, max_bytes=server.max_body_bytes, timeout_s=server.body_timeout_s)
    app.add_middleware(Unpack)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=server.cors_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Encoding",
            "Content-Type",
            "If-None-Match",
            "X-Request-ID",
        ],
        expose_headers=["ETag", "Location", "Retry-After", "X-Request-ID"],
    )
    app.add_middleware(Gate, metrics=service.metrics, traces=traces)
    return app


def describe_service() -> dict[str, Any]:
    """Give the OpenAPI description, from which typed clients are generated."""
    return _routed(None).openapi()


def _routed(lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    """Every route, with nothing behind them yet."""
    app = FastAPI(
        title="Facings",
        version=__version__,
        summary="Every facing on the shelf, told apart and explained.",
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts of another host
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    described = app.openapi
    app.openapi = lambda: describe_problems(described())  # type: ignore[method-assign]
    for module in (
        health,
        recognition,
        products,
        reviews,
        feedback,
        enrolment,
        sessions,
        runs,
        packs,
        collect,
        labels,
    ):
        app.include_router(module.router)
    return app
