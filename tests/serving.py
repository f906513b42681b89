"""The service over the tiny store, with keys, for the tests of it."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx2
from fastapi.testclient import TestClient
from PIL import Image

from facings.catalogue.gallery import embed_pictures
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.recognizer import Recognizer
from facings.retrieve.build import build_index
from facings.server.app import create_app
from facings.server.keys import SCOPES, ApiKeys
from facings.server.settings import ServerSettings
from facings.server.traces import Traces
from facings.settings import Settings
from tiny_store import COLORS, TEA, plain, shelf


def build_home(folder: Path) -> Path:
    """Make a home with the tiny store in it: TEA with ingredients, the twins look the same."""
    entries = []
    for gtin, color in COLORS.items():
        plain(color).save(folder / f"{gtin}.png")
        entries.append(
            {"gtin": gtin, "name": f"Product {gtin}", "pictures": [{"file": f"{gtin}.png"}]}
        )
        if gtin == TEA:
            entries[-1] |= {
                "ingredients": "Sugar, whole milk powder, wheat flour. May contain hazelnuts.",
                "nutrition_per_100": {"energy_kj": 1800, "sugars": 50, "salt": 0.2},
            }
    (folder / "products.json").write_text(json.dumps(entries))
    settings = Settings(home=folder / "home")
    embedder = Embedder.load()
    with Records.open(settings.resolved_database_url) as records:
        import_products(folder / "products.json", records)
        embed_pictures(records, embedder)
        build_index(records, settings.index_folder, embedder.id, embedder.manifest.thresholds)
    return settings.home


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the service does by itself."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def picture(*colors: tuple[int, int, int]) -> bytes:
    """Photograph products side by side."""
    return as_png(shelf(*colors))


def as_png(image: Image.Image) -> bytes:
    """Give the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def make_key(home: Path, *scopes: str, tenant: str = "shop") -> str:
    """Make a key that opens these, or everything."""
    with Records.open(Settings(home=home).resolved_database_url) as records:
        return ApiKeys(records.database).create(tenant, scopes or SCOPES)[1]


def bearer(key: str) -> dict[str, str]:
    """Give the header with a key."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def served(
    home: Path, key: str | None = None, traces: Traces | None = None, **settings: object
) -> Iterator[TestClient]:
    """Run the application without a socket."""
    headers = bearer(key or make_key(home))
    with Recognizer.open(home) as recognizer:
        app = create_app(recognizer, home, ServerSettings(**settings), traces)
        with TestClient(app, headers=headers) as client:
            yield client


class Process:
    """A service in a process of its own, on a socket."""

    def __init__(self, home: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = "import sys; from facings.cli import main; sys.exit(main())"
        words = ["--home", str(home), "serve", "--port", str(self.port)]
        self._log = (home / f"log-{self.port}").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-c", command, *words], stderr=self._log, env=os.environ | environment
        )
        self.url = f"http://127.0.0.1:{self.port}"
        self._await()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()

    def kill(self) -> None:
        """As the system does when memory is short: no word of warning."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def stop(self) -> tuple[int, str]:
        """Ask it to stop; its exit code and its log."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=60)
        self._log.seek(0)
        with self._log:
            return code, self._log.read()

    def terminate(self) -> None:
        """Ask it to stop, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def _await(self) -> None:
        for _ in range(600):
            try:
                if httpx2.get(f"{self.url}/readyz").is_success:
                    return
            except httpx2.TransportError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self._log.seek(0)
        raise AssertionError(f"the service did not start: {self._log.read()}")
