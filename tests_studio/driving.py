"""A real Label Studio, the commands that speak to it, and a person who annotates in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FACINGS = Path(sys.executable).with_name("facings")
TOKEN = "0123456789abcdef0123456789abcdef01234567"
EMAIL, PASSWORD = "ann@example.org", "facings-studio"
ENVIRONMENT = Path(os.environ.get("FACINGS_STUDIO_ENVIRONMENT", ROOT / ".venv-studio"))
_REGIONS = """() => Object.fromEntries(Htx.annotationStore.selected.regionStore.regions.map(
    one => [one.cleanId, [one.x, one.y, one.width, one.height]]))"""
_SELECTED = "() => [...Htx.annotationStore.selected.selectedRegions].map(one => one.cleanId)"
_HANDLES_MS = 100
"""After which a selected box has corners to drag; a drag before moves the box."""
_LOOKS, _LOOK_EVERY_MS = 6, 300
Box = Sequence[float]
"""Left, top, right, bottom in pixels of the picture."""


def facings(home: Path, *words: str | Path) -> dict[str, Any]:
    """Run `facings annotate ...`; return its JSON."""
    command = [FACINGS, "--home", home, "annotate", *words, "--token", TOKEN, "--json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextmanager
def started(home: Path, *words: str | Path, patience_s: float) -> Iterator[str]:
    """Run `facings annotate ...` on a free port until the end; the address, once it is well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [FACINGS, "--home", home, "annotate", *words, "--token", TOKEN, "--port", port]
    log = home / f"{words[0]}.log"
    with log.open("w") as told:
        running = subprocess.Popen(
            list(map(str, command)), stdout=told, stderr=told, start_new_session=True
        )
        try:
            deadline = time.monotonic() + patience_s
            while not _is_well(url):
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield url
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(30)


@contextmanager
def label_studio(home: Path) -> Iterator[str]:
    """Start Label Studio, installed first where it is not; the address."""
    words = ("--email", EMAIL, "--password", PASSWORD, "--environment", ENVIRONMENT)
    with started(home, "up", *words, patience_s=1200) as url:
        yield url


class Annotator:
    """A person at the picture of one task."""

    def __init__(self, page: Page, size_wh: Sequence[int]) -> None:
        """Take a page that shows a task whose picture has this size."""
        self.page = page
        self.submit_button = page.get_by_label("Submit current annotation")
        self.submit_button.wait_for()
        stage = self._laid_out()
        self._left, self._top = stage["x"], stage["y"]
        self.scale = min(stage["width"] / size_wh[0], stage["height"] / size_wh[1])

    def select(self, box: Box) -> None:
        """Click into a box."""
        self.page.mouse.click(*self._at((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one place of the picture and let go at another."""
        (x0, y0), (x1, y1) = self._at(*start), self._at(*end)
        self.page.mouse.move(x0, y0)
        self.page.mouse.down()
        self.page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2, steps=4)
        self.page.mouse.move(x1, y1, steps=4)
        self.page.mouse.up()

    def adjust(self, region: str, box: Box, wanted: Box) -> None:
        """Select a box and drag two of its corners to where they should be."""
        self._choose(region, box)
        self.page.wait_for_timeout(_HANDLES_MS)
        before = self._regions()[region]
        self.drag((box[0], box[1]), (wanted[0], wanted[1]))
        self.drag((box[2], box[3]), (wanted[2], wanted[3]))
        self._await(lambda: self._regions()[region] != before)

    def delete(self, region: str, box: Box) -> None:
        """Select a box and delete it."""
        self._choose(region, box)
        self.page.keyboard.press("Backspace")
        self._await(lambda: region not in self._regions())

    def draw(self, box: Box) -> None:
        """Take the label of products and draw a box."""
        before = len(self._regions())
        self.page.keyboard.press("Escape")
        self._await(lambda: self.page.evaluate(_SELECTED) == [])
        self.page.locator(".lsf-label", has_text="product").first.click()
        self.page.keyboard.down("Control")  # else a drag that begins in another box moves that
        self.drag((box[0], box[1]), (box[2], box[3]))
        self.page.keyboard.up("Control")
        self._await(lambda: len(self._regions()) > before)

    def submit(self) -> None:
        """Hand in what is there, and wait until it is kept."""
        with self.page.expect_response(
            lambda answer: "/annotations" in answer.url and answer.request.method == "POST"
        ):
            self.submit_button.click()

    def _choose(self, region: str, box: Box) -> None:
        """Click into a box until it is the one that is selected: boxes overlap."""
        x0, y0, x1, y1 = box
        for share in (0.5, 0.25, 0.75, 0.1, 0.9):
            self.page.keyboard.press("Escape")
            self.page.mouse.click(*self._at(x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
            if self.page.evaluate(_SELECTED) == [region]:
                return
        raise AssertionError(f"{region} cannot be selected at {box}")

    def _regions(self) -> dict[str, list[float]]:
        """What Label Studio has: corners and sizes in percent, by id."""
        found: dict[str, list[float]] = self.page.evaluate(_REGIONS)
        return found

    def _await(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline, "Label Studio does not show it"
            self.page.wait_for_timeout(10)

    def _laid_out(self) -> FloatRect:
        """Where the picture is once it stays: it moves as panels come."""
        stage = self.page.locator(".konvajs-content").first
        stage.wait_for()
        seen: list[FloatRect | None] = []
        while True:
            self.page.wait_for_timeout(_LOOK_EVERY_MS)
            seen = [*seen, stage.bounding_box()][-_LOOKS:]
            last = seen[-1]
            if last is not None and seen == [last] * _LOOKS:
                return last

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self._left + x * self.scale, self._top + y * self.scale


@contextmanager
def annotating(url: str, project: int, size_wh: Sequence[int]) -> Iterator[Annotator]:
    """Log in and open the first task of a project that waits."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium())
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.set_default_timeout(90_000)
        page.goto(f"{url}/user/login/", wait_until="domcontentloaded")
        page.fill("input[name=email]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda at: "login" not in at, wait_until="domcontentloaded")
        page.goto(f"{url}/projects/{project}/data?labeling=1", wait_until="domcontentloaded")
        yield Annotator(page, size_wh)
        browser.close()


def _is_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):
            return True
    except OSError:
        return False


def _chromium() -> str:
    named = os.environ.get("FACINGS_CHROMIUM") or shutil.which("chromium")
    assert named, "no Chromium: apt-get install chromium"
    return named
