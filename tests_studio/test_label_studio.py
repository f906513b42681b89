"""The real Label Studio in a real browser: push, change a box, pull, and every origin is right.

Not in the default run: `make test-studio`. Label Studio is installed (about 1 GB) where
FACINGS_STUDIO_ENVIRONMENT says, or found there.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FACINGS = Path(sys.executable).with_name("facings")
PICTURE = ROOT / "tests" / "golden" / "store" / "shelves" / "shelf-000.jpg"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
EMAIL, PASSWORD = "ann@example.org", "facings-studio"
CHROMIUM = os.environ.get("FACINGS_CHROMIUM", "/usr/bin/chromium")
ENVIRONMENT = Path(os.environ.get("FACINGS_STUDIO_ENVIRONMENT", ROOT / ".venv-studio"))
MOVED_PX = 12


def facings(home: Path, *words: str | Path) -> dict:
    """Run a command line; return its JSON."""
    command = [FACINGS, "--home", home, "annotate", *words, "--token", TOKEN, "--json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home and the address of a Label Studio that `facings annotate up` started there."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--email", EMAIL, "--password", PASSWORD, "--token", TOKEN, "--port", str(port)]
    command = [FACINGS, "--home", home, "annotate", "up", *words, "--environment", ENVIRONMENT]
    log = (home / "studio.log").open("w")
    running = subprocess.Popen(
        list(map(str, command)), stdout=log, stderr=log, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 1200
        while True:
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5):
                    break
            except OSError:
                assert running.poll() is None, (home / "studio.log").read_text()
                assert time.monotonic() < deadline, (home / "studio.log").read_text()
                time.sleep(1)
        yield home, url
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(30)
        log.close()


def move_first_box(url: str, project: int, box: list[float], size_wh: tuple[int, int]) -> None:
    """Log in, drag a box to the right and submit."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(90_000)
        page.goto(f"{url}/user/login/", wait_until="domcontentloaded")
        page.fill("input[name=email]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda at: "login" not in at, wait_until="domcontentloaded")
        page.goto(f"{url}/projects/{project}/data?labeling=1", wait_until="domcontentloaded")
        submit = page.get_by_label("Submit current annotation")
        submit.wait_for()
        stage = page.locator(".konvajs-content").first
        stage.wait_for()
        page.wait_for_timeout(2000)
        shown = stage.bounding_box()
        assert shown is not None
        scale = shown["width"] / size_wh[0]
        x = shown["x"] + (box[0] + box[2]) / 2 * scale
        y = shown["y"] + (box[1] + box[3]) / 2 * scale
        page.mouse.click(x, y)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + MOVED_PX * scale / 2, y, steps=4)
        page.mouse.move(x + MOVED_PX * scale, y, steps=4)
        page.mouse.up()
        submit.click()
        page.wait_for_timeout(3000)
        browser.close()


def test_a_box_that_is_moved_comes_back_as_edited_and_the_others_as_the_models(
    studio: tuple[Path, str], tmp_path: Path
):
    """One of them changed in the browser; nothing is drawn, nothing is lost."""
    home, url = studio
    pushed = facings(home, "push", PICTURE, "--name", "golden", "--url", url)
    [proposal] = json.loads((home / "annotate" / "golden.json").read_text())["proposals"]
    before = facings(home, "pull", tmp_path / "no.json", "--name", "golden", "--url", url)
    assert (before["pictures"], before["waiting"]) == (0, 1), "nothing is accepted by itself"

    move_first_box(url, pushed["project"], proposal["boxes_xyxy"][0], proposal["size_wh"])

    out = tmp_path / "golden.json"
    told = facings(home, "pull", out, "--name", "golden", "--url", url)
    count = len(proposal["boxes_xyxy"])
    assert (told["accepted"], told["adjusted"]) == (count - 1, 1)
    assert (told["added"], told["deleted"]) == (0, 0)
    boxes = json.loads(out.read_text())["annotations"]
    [edited] = [each for each in boxes if each["provenance"] == "edited"]
    assert edited["model"] == pushed["model"]
    assert edited["score"] == pytest.approx(proposal["scores"][0], abs=1e-3)
    assert edited["bbox"][0] == pytest.approx(proposal["boxes_xyxy"][0][0] + MOVED_PX, abs=3)
