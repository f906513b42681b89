"""The service with a copy of the demo store, as a program of its own, for browsers to visit."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / "demo" / "home"
WEB = ROOT / "src" / "facings" / "_web"
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)


def chromium() -> str:
    """Find the browser.

    Raises:
        SystemExit: there is none.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise SystemExit("no Chromium: apt-get install chromium ffmpeg")


def build_engine(out: Path) -> None:
    """Build the page with the engine alone, which measurements and tests drive."""
    vite = ["npx", "vite", "build", "--mode", "e2e", "--outDir", str(out), "--emptyOutDir"]
    subprocess.run(vite, cwd=ROOT / "web", check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (out / "index.html").write_text("<title>tests</title>")


@contextmanager
def serve(
    web: Path, scratch: Path, *, with_pack: bool = False, source: Path = HOME
) -> Iterator[str]:
    """Serve a copy of the demo store, perhaps with a pack of it, and a web client; the address.

    Args:
        web: folder of the client.
        scratch: folder that the copy goes into.
        with_pack: whether a pack is made of it.
        source: home of another store.

    Raises:
        SystemExit: the store, or the client, is not there.
    """
    if not source.exists() or (source == HOME and not (HOME / ".ready").exists()):
        raise SystemExit("the demo store is missing: make demo")
    if not (web / "index.html").exists():
        raise SystemExit("the web client is not built: make web")
    home = shutil.copytree(source, scratch / "home", ignore=shutil.ignore_patterns("packs"))
    program = str(Path(sys.executable).with_name("facings"))
    if with_pack:
        making = [program, "--home", str(home), "pack"]
        subprocess.run(making, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own
    port = free_port()
    words = ["--home", str(home), "serve", "--open", "--port", str(port), "--web", str(web)]
    environment = os.environ | {"FACINGS_SERVER_RATE_PER_MINUTE": "100000"}
    service = subprocess.Popen(  # noqa: S603
        [program, *words], stderr=subprocess.DEVNULL, env=environment
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(service, f"{url}/readyz")
        yield url
    finally:
        service.terminate()
        service.wait(timeout=60)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(service: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  of this machine
        except OSError:
            if service.poll() is not None:
                raise SystemExit("the service did not start") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")
