"""What a first visit to the app costs over the wire, a second one, and one without network.

    make web && .venv/bin/python evals/first_visit.py

A browser with an empty profile opens the app as `facings serve` offers it and starts the camera;
the visit is over when the engine runs and the service worker keeps everything. Bytes are the body
and headers of every response as the browser received them (Chromium's `encodedDataLength`), those
of the page, of its workers and of the service worker; what passed through the socket is counted
beside it. Then the browser is closed and opened again with the same profile: once with network and
once without. Writes evals/results/first-visit.json; fails above the bar.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, sync_playwright

from facings.models import open_manifest
from results_file import write_result
from served import CHROMIUM_ARGUMENTS, WEB, chromium, serve

BAR_BYTES = 12_000_000
WORTH_PACKING_BYTES = 1024  # as web/vite.packed.ts
LOOKING_MS = 3000
"""What the app asks for while it looks belongs to the visit."""
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
KINDS = {
    ".onnx": "models",
    ".wasm": "runtime",
    ".mjs": "runtime",
    ".js": "scripts",
    ".css": "styles",
    ".png": "icons",
    ".svg": "icons",
    ".webmanifest": "page",
    ".html": "page",
    "": "page",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A response that came over the network."""

    path: str
    kind: str
    count: int
    """Bytes of body and headers, as they came."""
    is_plain: bool
    """Whether it was worth compressing and was not."""

    @classmethod
    def of(cls, request: Request) -> Received | None:
        """Tell of a request's response; None where nothing of it came over the network."""
        response = request.response()
        if response is None or not request.url.startswith("http"):
            return None
        if request.service_worker is None and response.from_service_worker:
            return None
        sizes = request.sizes()
        body = sizes["responseBodySize"]
        if body <= 0 and response.status == HTTPStatus.OK:
            return None  # of the browser's cache the headers are told again
        path = urlsplit(request.url).path
        kind = "answers" if path.startswith("/v1/") else KINDS.get(Path(path).suffix, "other")
        is_plain = "content-encoding" not in response.headers and body > WORTH_PACKING_BYTES
        count = body + sizes["responseHeadersSize"]
        return cls(path, kind, count, is_plain and kind not in ("icons", "answers"))


class Wire:
    """Passes everything between browser and service on, and counts what the service sends."""

    def __init__(self, service_port: int) -> None:
        self._service = ("127.0.0.1", service_port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.received = 0
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        while True:
            browser, _ = self._door.accept()
            service = socket.create_connection(self._service)
            for source, sink, counts in ((browser, service, False), (service, browser, True)):
                threading.Thread(
                    target=self._pass, args=(source, sink, counts), daemon=True
                ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        try:
            while piece := source.recv(65536):
                if counts:
                    self.received += len(piece)
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other side has left


@contextmanager
def browser_at(profile: Path) -> Iterator[BrowserContext]:
    """Open a browser with a profile on disk, as a person's is."""
    # Requests of service workers are told of only with this (Playwright's name for it).
    os.environ["PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS"] = "1"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=chromium(),
            args=[*CHROMIUM_ARGUMENTS, *CAMERA],
            viewport={"width": 412, "height": 915},
        )
        yield context
        context.close()


def visit(page: Page, url: str) -> None:
    """Open the app, start the camera, and wait until the engine runs and all is kept."""
    page.set_default_timeout(180_000)
    page.goto(url)
    page.get_by_role("button", name="Start the camera").click()
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function(
        "async () => !(await navigator.serviceWorker.getRegistration()).installing"
    )
    page.get_by_role("button", name="List (").wait_for()
    page.get_by_text("Loading").wait_for(state="hidden")
    page.wait_for_timeout(LOOKING_MS)
    if page.get_by_role("alert").count():
        raise SystemExit(f"the app failed: {page.get_by_role('alert').inner_text()}")


def measure(profile: Path, url: str, wire: Wire, *, with_network: bool = True) -> dict[str, object]:
    """Visit once and say what was received, by kind of file."""
    before = wire.received
    with browser_at(profile) as context:
        done: list[Request] = []
        context.on("requestfinished", lambda each: done.append(each))  # noqa: PLW0108  it marks what it is given
        context.set_offline(not with_network)
        visit(context.pages[0], url)
        received = [each for request in done if (each := Received.of(request))]
        context.set_offline(False)
    by_kind: Counter[str] = Counter()
    for each in received:
        by_kind[each.kind] += each.count
    received.sort(key=lambda each: -each.count)
    return {
        "bytes": sum(by_kind.values()),
        "bytes through the socket": wire.received - before,
        "responses": len(received),
        "by kind": dict(by_kind.most_common()),
        "largest": {each.path: each.count for each in received[:5]},
        "not compressed": {each.path: each.count for each in received if each.is_plain},
    }


def main() -> None:
    """Visit three times and write the result."""
    with tempfile.TemporaryDirectory() as scratch, serve(WEB, Path(scratch)) as service:
        wire = Wire(int(service.rpartition(":")[2]))
        url = f"http://127.0.0.1:{wire.port}"
        profile = Path(scratch) / "profile"
        first = measure(profile, url, wire)
        second = measure(profile, url, wire)
        offline = measure(profile, url, wire, with_network=False)
    visits = {"first visit": first, "second visit": second, "without network": offline}
    labels = [open_manifest(name).label for name in ("facings-detector-live", "facings-embedder")]
    write_result("first-visit", {"bar, bytes": BAR_BYTES, **visits}, labels)
    if int(str(first["bytes through the socket"])) > BAR_BYTES:
        raise SystemExit("the first visit is above the bar")


if __name__ == "__main__":
    main()
