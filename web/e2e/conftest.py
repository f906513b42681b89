"""A browser, a service with the demo store, and a camera that plays a file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypedDict, Unpack

import pytest
from app_pages import PHONE, start, still_camera
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from walk import BAYS

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "evals"))
from results_file import write_result  # noqa: E402  measurements and tests share them
from served import CHROMIUM_ARGUMENTS, build_engine, chromium, serve  # noqa: E402  lies beside it

__all__ = ["chromium", "serve", "write_result"]
WEB = ROOT / "src" / "facings" / "_web"
STORE = ROOT / "demo" / "store"
ARGUMENTS = CHROMIUM_ARGUMENTS
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
OpenPage = Callable[..., AbstractContextManager[Page]]


class Screen(TypedDict, total=False):
    """What a page is looked at on."""

    viewport: ViewportSize
    device_scale_factor: float
    is_mobile: bool
    has_touch: bool


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page with the engine alone."""
    out = tmp_path_factory.mktemp("engine")
    build_engine(out)
    return out


@pytest.fixture(scope="session")
def engine_url(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the engine alone, with a picture beside it."""
    golden = ROOT / "tests" / "golden" / "store" / "shelves" / "shelf-000.jpg"
    Image.open(golden).save(built / "golden.png")  # what a JPEG decodes to differs by decoder
    with serve(built, tmp_path_factory.mktemp("served")) as url:
        yield f"{url}/e2e/engine.html"


@pytest.fixture(scope="session")
def walk_url(engine_url: str, built: Path) -> str:
    """Put the bays of the walk beside the engine."""
    (built / "walk").mkdir(exist_ok=True)
    for name in BAYS:
        shutil.copy(STORE / "shelves" / name, built / "walk" / name)
    return engine_url


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page in a browser of its own, perhaps with a file as its camera."""

    @contextmanager
    def opened(url: str, camera: Path | None = None, **context: Unpack[Screen]) -> Iterator[Page]:
        arguments = [*ARGUMENTS, *CAMERA]
        if camera:
            arguments.append(f"--use-file-for-fake-video-capture={camera}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            page = browser.new_context(**context).new_page()
            page.set_default_timeout(120_000)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(url)
            yield page
            browser.close()
            assert not errors, errors

    return opened


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the built app over the demo store, with a pack of it."""
    assert (WEB / "index.html").exists(), "the app is not built: make web"
    with serve(WEB, tmp_path_factory.mktemp("served"), with_pack=True) as address:
        yield address


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a camera that looks at one shelf."""
    return still_camera(tmp_path_factory.mktemp("camera") / "shelf.y4m")


@pytest.fixture
def shelf(open_page: OpenPage, url: str, camera: Path) -> Iterator[Page]:
    """Open the app on a phone, its camera on, some products named, the list open."""
    with open_page(url, camera, **PHONE) as page:
        start(page)
        yield page
