"""On a slow phone: every thread of the page has a part of the time only, its workers too.

The browser's own throttle (`Emulation.setCPUThrottlingRate`) holds up the main thread alone, and
it is the worker that computes: here the page's whole process is stopped three quarters, or five
sixths, of the time.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from walk import BAYS, film

from conftest import ARGUMENTS, CAMERA, STORE, chromium, write_result
from facings.models import open_manifest

PERIOD_S = 0.06
LOADS_MS = 10_000
LOOKS_MS = 10_000
"""Both as many times longer as it is slower. So is the film: who sees no answer yet waits."""
SLOWDOWNS = (1, 4, 6)


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[int, dict]]:
    """Collect what each slowdown measured, and keep it where that was asked for."""
    found: dict[int, dict] = {}
    yield found
    if os.environ.get("FACINGS_WRITE_RESULTS") and len(found) == len(SLOWDOWNS):
        labels = [
            open_manifest(name).label for name in ("facings-detector-live", "facings-embedder")
        ]
        about = {
            "data": "one bay of the demo store, 1280 x 720; headless Chromium",
            "disturbed": "by whatever ran beside it: see the load",
        }
        load = {"load": [round(each, 1) for each in os.getloadavg()]}
        write_result(
            "slow-phone", about | load | {f"{n} times": each for n, each in found.items()}, labels
        )


@contextmanager
def slowed(browser: Browser, times: int) -> Iterator[None]:
    """Let the page's process run one part of `times` only."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    pids = [each["id"] for each in processes if each["type"] == "renderer"]
    is_over = threading.Event()

    def tell(word: signal.Signals) -> None:
        for pid in pids:
            # The browser keeps a spare process for the next page, and ends it when it likes.
            with suppress(ProcessLookupError):
                os.kill(pid, word)

    def hold_up() -> None:
        while not is_over.is_set():
            tell(signal.SIGSTOP)
            time.sleep(PERIOD_S * (times - 1) / times)
            tell(signal.SIGCONT)
            time.sleep(PERIOD_S / times)

    thread = threading.Thread(target=hold_up)
    if times > 1:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if times > 1:
            thread.join()


@pytest.mark.parametrize("times", SLOWDOWNS)
def test_a_slow_phone_looks_less_closely_and_goes_on(
    engine_url: str, tmp_path: Path, measured: dict[int, dict], times: int
):
    """Marks keep following, names come; four times slower than here it sees a smaller picture."""
    camera = tmp_path / "walk.y4m"
    film(STORE, camera, BAYS[1:2], slower=times)
    words = [*ARGUMENTS, *CAMERA, f"--use-file-for-fake-video-capture={camera}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=words)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(300_000)
        page.goto(engine_url)
        with slowed(browser, times):
            said = page.evaluate("ms => walk(ms, null)", times * (LOADS_MS + LOOKS_MS))
        browser.close()
    named = {t["gtin"] for moment in said["noted"] for t in moment["tracks"] if t["gtin"]}
    measured[times] = said["framesASecond"] | {
        "backed off": said["isSlow"],
        "products named": len(named),
    }
    print(times, measured[times])
    assert said["problem"] is None
    assert named
    if times > 1:
        assert said["isSlow"]
