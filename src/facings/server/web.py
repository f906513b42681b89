"""The built web client, served as it lies in its folder."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from facings.errors import RequestRefused

_TYPES = {
    ".wasm": "application/wasm",  # else the browser does not compile it while it arrives
    ".onnx": "application/octet-stream",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
}


def mount_web(app: FastAPI, folder: Path) -> None:
    """Serve a folder at `/`, behind every route; parts of files and unchanged files included.

    Raises:
        RequestRefused: there is no page in it.
    """
    if not (folder / "index.html").is_file():
        raise RequestRefused(
            404, "not-found", f"{folder} holds no index.html", hint="build the web client first"
        )
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)
    app.mount("/", StaticFiles(directory=folder, html=True), name="web")
