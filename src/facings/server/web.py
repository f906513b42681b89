"""The built web client, served as it lies in its folder."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from facings.errors import RequestRefused

_TYPES = {
    ".wasm": "application/wasm",  # else the browser does not compile it while it arrives
    ".onnx": "application/octet-stream",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
}
_HASHED = "assets/"
"""Folder of files that have their contents' hash in their name, so that they never change."""
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def built_web() -> Path | None:
    """Find the web client that was built into the package; None where it was left out."""
    folder = Path(__file__).parents[1] / "_web"
    return folder if (folder / "index.html").is_file() else None


def mount_web(app: FastAPI, folder: Path) -> None:
    """Serve a folder at `/`, behind every route; parts of files and unchanged files included.

    Where a file lies there compressed too (`core.wasm.br`), browsers that can unpack it get that.

    Raises:
        RequestRefused: there is no page in it.
    """
    if not (folder / "index.html").is_file():
        raise RequestRefused(
            404, "not-found", f"{folder} holds no index.html", hint="build the web client first"
        )
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)
    app.mount("/", _WebFiles(directory=folder, html=True), name="web")


class _WebFiles(StaticFiles):
    """Pages without their ending (`/bench`), compressed files, and how long each may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file of the folder."""
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or Path(path).suffix:
                raise
            response = await super().get_response(f"{path}.html", scope)
        if isinstance(response, FileResponse):
            response = self._packed(response, Headers(scope=scope))
        is_hashed = path.startswith(_HASHED)
        response.headers["Cache-Control"] = _FOR_EVER if is_hashed else _ASK_AGAIN
        return response

    def _packed(self, response: FileResponse, asked: Headers) -> FileResponse:
        """Give the compressed file instead where there is one, and it was asked for whole."""
        packed = Path(f"{response.path}.br")
        if not packed.is_file():
            return response
        if "br" not in asked.get("accept-encoding", "") or "range" in asked:
            response.headers["Vary"] = "Accept-Encoding"
            return response
        kind = response.media_type
        headers = {"Content-Encoding": "br", "Vary": "Accept-Encoding"}
        return FileResponse(packed, headers=headers, media_type=kind, stat_result=packed.stat())
