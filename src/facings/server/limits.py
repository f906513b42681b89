"""How much a caller may send and ask for, and how much is done at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facings.errors import RequestRefused
from facings.server.problems import problem_of, response_of


class BodyLimit:
    """Middleware: a body that is too large or too slow is refused while it arrives."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes, self._timeout_s)

        async def send_unless_refused(message: Message) -> None:
            if body.refused is None:
                await send(message)

        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) <= self._max_bytes:
            try:
                await self._app(scope, body.receive, send_unless_refused)
            except RequestRefused:
                if body.refused is None:
                    raise
        else:
            body.refuse_size()
        if body.refused:  # whatever the application made of it is not what the caller hears
            problem = problem_of(body.refused, scope.get("facings.request_id"))
            await response_of(problem, {"Connection": "close"})(scope, receive, send)


class _Body:
    """One body on its way in."""

    def __init__(self, receive: Receive, max_bytes: int, timeout_s: float) -> None:
        self.refused: RequestRefused | None = None
        self._receive = receive
        self._max_bytes = self._left = max_bytes
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._is_read = False

    async def receive(self) -> Message:
        """Take the next piece.

        Raises:
            RequestRefused: it is one too many, or comes too late.
        """
        if self._is_read:  # what comes now is only the news that the caller has gone
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._deadline - time.monotonic())
        except TimeoutError:
            words = f"the request had not arrived after {self._timeout_s:g} s"
            self.refused = RequestRefused(408, "too-slow", words)
            raise self.refused from None
        self._left -= len(message.get("body", b""))
        self._is_read = not message.get("more_body", False)
        if self._left < 0:
            raise self.refuse_size()
        return message

    def refuse_size(self) -> RequestRefused:
        """Note that it is too large."""
        self.refused = RequestRefused(
            413,
            "too-large",
            f"the request is larger than {self._max_bytes} bytes",
            hint="send fewer or smaller pictures",
        )
        return self.refused


class Rate:
    """Counts requests in a window of a minute that moves along."""

    def __init__(self, per_minute: int, storage: str) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage))
        self.is_remote = not storage.startswith("memory:")
        """Whether counting waits for another machine."""

    def spend(self, who: str) -> tuple[bool, dict[str, str]]:
        """Count one request; say whether it is one too many, and what to tell the caller."""
        allowed = self._limiter.hit(self._limit, who)
        window = self._limiter.get_window_stats(self._limit, who)
        reset_s = str(max(1, round(window.reset_time - time.time())))
        headers = {
            "RateLimit-Limit": str(self._limit.amount),
            "RateLimit-Remaining": str(window.remaining),
            "RateLimit-Reset": reset_s,
        }
        return allowed, headers if allowed else headers | {"Retry-After": reset_s}


class Turnstile:
    """Lets a few through at a time, and a few more wait; the others are told to come back."""

    def __init__(self, busy: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(busy)
        self._places = busy + waiting
        self.inside = 0
        """Those who work and those who wait."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and take it.

        Raises:
            RequestRefused: too many are waiting already.
        """
        if self.inside >= self._places:
            raise RequestRefused(
                503, "busy", f"{self.inside} pictures are waiting already", hint="try again soon"
            )
        self.inside += 1
        try:
            async with self._free:
                yield
        finally:
            self.inside -= 1
