"""Bodies that come compressed: vectors as base64 shrink by a third on the way from a phone."""

from __future__ import annotations

import zlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facings.errors import RequestRefused
from facings.server.problems import problem_of, response_of

_PIECE = 64 * 1024
"""Bytes handed on at a time, so that a small body that unpacks to gigabytes is refused early."""
_GZIP_BITS = 16 + zlib.MAX_WBITS


class Unpack:
    """Middleware: unpacks gzip before the body's size is limited."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, its body unpacked."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        coding = headers.get(b"content-encoding", b"identity").strip().lower()
        if coding == b"identity":
            await self._app(scope, receive, send)
            return
        request_id = scope.get("facings.request_id")
        if coding != b"gzip":
            words = f'a body is sent plain or as gzip, not as "{coding.decode("latin-1")[:20]}"'
            refused = RequestRefused(415, "encoding", words)
            await response_of(problem_of(refused, request_id))(scope, receive, send)
            return
        left_out = {b"content-encoding", b"content-length"}
        plain = [(name, value) for name, value in scope["headers"] if name not in left_out]
        body = _Packed(receive)
        answered = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal answered
            if body.refused is None:
                answered = True
                await send(message)

        try:
            await self._app({**scope, "headers": plain}, body.receive, send_unless_refused)
        except RequestRefused:
            if body.refused is None:
                raise
        if body.refused and not answered:
            problem = problem_of(body.refused, request_id)
            await response_of(problem, {"Connection": "close"})(scope, receive, send)


class _Packed:
    """One compressed body on its way in."""

    def __init__(self, receive: Receive) -> None:
        self.refused: RequestRefused | None = None
        self._receive = receive
        self._gzip = zlib.decompressobj(_GZIP_BITS)
        self._packed = b""
        self._more_comes = True

    async def receive(self) -> Message:
        """Give the next piece, unpacked.

        Raises:
            RequestRefused: it is no gzip, or ends too early.
        """
        if not self._packed and self._more_comes:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._packed = message.get("body", b"")
            self._more_comes = message.get("more_body", False)
        elif not self._packed:
            return await self._receive()
        try:
            piece = self._gzip.decompress(self._packed, _PIECE)
        except zlib.error:
            raise self._refuse("the body is not gzip, as its Content-Encoding says") from None
        self._packed = self._gzip.unconsumed_tail
        more = bool(self._packed) or self._more_comes
        if not more and not self._gzip.eof:
            raise self._refuse("the compressed body ends too early")
        return {"type": "http.request", "body": piece, "more_body": more}

    def _refuse(self, words: str) -> RequestRefused:
        self.refused = RequestRefused(422, "encoding", words, hint="compress it again, or not")
        return self.refused
