"""How the service is: alive, ready, measured."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import select

from facings import __version__
from facings.server.deps import MayRecognise, MaySeeMetrics, ServiceDep
from facings.server.schemas.service import EmbedderOut, InfoOut

router = APIRouter(tags=["service"])


@router.get("/livez", response_class=PlainTextResponse)
async def livez() -> str:
    """Say that the process runs: where this fails it is to be started anew."""
    return "alive"


@router.get("/readyz", response_class=PlainTextResponse)
def readyz(service: ServiceDep) -> str:
    """Say that requests are answered: where this fails none are to be sent."""
    with service.recognizer.records.database.read() as connection:
        connection.execute(select(1))
    return "ready"


@router.get("/v1/info")
def info(service: ServiceDep, _caller: MayRecognise) -> InfoOut:
    """Say which embedder's vectors are understood, and how much is known."""
    recognizer = service.recognizer
    stats = recognizer.index.stats()
    made_by = stats.embedder
    return InfoOut(
        version=__version__,
        embedder=EmbedderOut(
            name=made_by.name, version=made_by.version, sha256=made_by.sha256, dim=stats.dim
        ),
        picture_count=stats.picture_count,
        product_count=stats.product_count,
        advice=stats.advice,
    )


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(service: ServiceDep, _caller: MaySeeMetrics) -> Response:
    """Everything that is measured, in Prometheus' text format."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
