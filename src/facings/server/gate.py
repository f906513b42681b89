"""What every request passes first and last: its id, its time, safe headers, a line in the log."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facings.server.metrics import Metrics
from facings.server.problems import response_of, unexpected
from facings.server.traces import Traces

_LOG = logging.getLogger("facings.server")
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_WEB_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_SAFE_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    # With these two the web client may share memory between threads: WebAssembly needs it.
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-embedder-policy": b"require-corp",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
}


class Gate:
    """Outermost middleware. Nothing that goes wrong behind it leaves without a problem."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, traces: Traces | None) -> None:
        self._app = app
        self._metrics = metrics
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._traces is None:
            await self._answer(scope, receive, send)
            return
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        with self._traces.request(scope["method"], headers) as span:
            status = await self._answer(scope, receive, send)
            span.update_name(f"{scope['method']} {_route(scope)}")
            span.set_attribute("http.route", _route(scope))
            span.set_attribute("http.response.status_code", status)
            span.set_attribute("facings.request_id", scope["facings.request_id"])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        started = time.perf_counter()
        request_id = scope["facings.request_id"] = _request_id(scope)
        is_api = scope["path"].startswith(("/v1/", "/livez", "/readyz", "/metrics", "/openapi"))
        status = 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = _headers(request_id, is_api, status)
                more += scope.get("facings.headers", [])
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception:  # noqa: BLE001  (the last one: nobody else would answer)
            _LOG.exception("unexpected", extra={"request_id": request_id})
            if not status:
                await response_of(unexpected(request_id))(scope, receive, send_safely)
        finally:
            took_s = time.perf_counter() - started
            route = _route(scope)
            self._metrics.request(scope["method"], route, status, took_s)
            _LOG.info("request", extra=_line(scope, request_id, route, status, took_s))
        return status


def _route(scope: Scope) -> str:
    """Give the path as the description writes it, so that ids make no names of their own."""
    return getattr(scope.get("route"), "path", "unmatched")


def _request_id(scope: Scope) -> str:
    """Take the caller's X-Request-ID where it is harmless, else a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


def _headers(request_id: str, is_api: bool, status: int) -> list[tuple[bytes, bytes]]:
    policy = _API_POLICY if is_api or status >= 400 else _WEB_POLICY
    return [
        (b"x-request-id", request_id.encode()),
        (b"content-security-policy", policy.encode()),
        *_SAFE_HEADERS.items(),
    ]


def _line(
    scope: Scope, request_id: str, route: str, status: int, took_s: float
) -> dict[str, object]:
    """Put together what the log says: neither query, body nor key."""
    caller = scope.get("facings.caller")
    return {
        "request_id": request_id,
        "method": scope["method"],
        "route": route,
        "status": status,
        "latency_ms": round(1000 * took_s, 2),
        "key": caller.key_id if caller else None,
        "tenant": caller.tenant if caller else None,
    }
