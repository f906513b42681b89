"""OpenTelemetry: a span for each request, joined to the caller's trace, and one for each stage.

Spans hold the route, the status and how many facings were found: no pictures, vectors or names.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from facings.errors import RequestRefused

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

_NS_A_MS = 1_000_000


class Traces:
    """Tells an OpenTelemetry collector."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(resource=Resource.create({"service.name": "facings"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("facings")

    def request(self, method: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        """Tell of a request while it is answered."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(dict(headers))
        return self._tracer.start_as_current_span(method, parent, kind=SpanKind.SERVER)

    def stages(self, latency_ms: Mapping[str, float]) -> None:
        """Tell of stages that have just run, one after the other."""
        begin_ns = time.time_ns() - round(sum(latency_ms.values()) * _NS_A_MS)
        for stage, took_ms in latency_ms.items():
            span = self._tracer.start_span(stage, start_time=begin_ns)
            begin_ns += round(took_ms * _NS_A_MS)
            span.end(end_time=begin_ns)

    def close(self) -> None:
        """Send what has not been sent yet."""
        self._provider.shutdown()


def otlp_traces() -> Traces:
    """Tell the collector that OpenTelemetry's own variables name.

    Raises:
        RequestRefused: the packages for it are missing.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise RequestRefused(
            503,
            "traces",
            "traces are asked for, and OpenTelemetry is not installed",
            hint="pip install 'facings[traces]', or FACINGS_SERVER_TRACES=off",
        ) from None
    return Traces(OTLPSpanExporter())
