"""What Prometheus is told: requests, stages, outcomes, and how large the index is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from facings.types import Facing

_REQUEST_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STAGE_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_SIMILARITY = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


class Metrics:
    """The measurements of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "facings_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._request_s = Histogram(
            "facings_request_seconds",
            "From the head of a request to the end of its answer.",
            ("route",),
            registry=registry,
            buckets=_REQUEST_S,
        )
        self._stage_s = Histogram(
            "facings_stage_seconds",
            "One stage of the recognition of one frame.",
            ("stage",),
            registry=registry,
            buckets=_STAGE_S,
        )
        self._facings = Counter(
            "facings_facings", "Facings by what was said of them.", ("state",), registry=registry
        )
        self._similarity = Histogram(
            "facings_best_similarity",
            "Similarity of a facing's nearest product: a drift shows here first.",
            registry=registry,
            buckets=_SIMILARITY,
        )

    def gauge(self, name: str, words: str, value: Callable[[], float]) -> None:
        """Add a number that is asked for whenever somebody looks."""
        Gauge(name, words, registry=self._registry).set_function(value)

    def request(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_s.labels(route).observe(took_s)

    def recognition(self, facings: Iterable[Facing], latency_ms: Mapping[str, float]) -> None:
        """Count what became of one frame."""
        for stage, took_ms in latency_ms.items():
            self._stage_s.labels(stage).observe(took_ms / 1000)
        for facing in facings:
            self._facings.labels(facing.match.state).inc()
            self._similarity.observe(facing.match.similarity)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
