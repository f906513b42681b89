"""The app before a real shelf whose products nobody has told it: found, not named."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import ROOT, OpenPage, serve

VIDEO = ROOT.parent / "shared" / "data" / "video" / "store_walk.ts"
WEB = ROOT / "src" / "facings" / "_web"
SCREENSHOT = ROOT / "work" / "web" / "store-walk.png"
SECONDS = 6  # of the shelf; a table comes later
FALSE_NAMES = 2
"""Of some fifty facings, by a catalogue of rendered packs that knows none of them."""


@pytest.mark.skipif(not VIDEO.exists(), reason=f"{VIDEO} is not there (data of developers and CI)")
def test_a_real_shelf_is_found_and_nothing_of_it_is_called_what_it_is_not(
    open_page: OpenPage, tmp_path: Path
):
    """A phone's video of a supermarket: marks appear, the loop goes on, names stay away."""
    camera = tmp_path / "shelf.y4m"
    words = ["-i", VIDEO, "-t", SECONDS, "-vf", "fps=10,scale=1280:720,format=yuv420p", camera]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, words)], check=True)
    desktop = {"viewport": {"width": 1280, "height": 720}}
    with serve(WEB, tmp_path) as url, open_page(url, camera, **desktop) as page:
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_role("button", name="List (").click()
        answered = page.locator('.item[data-state="unknown"], .item[data-state="ambiguous"]')
        # How many are answered before the walk goes on is the machine's affair.
        expect(page.locator(".item").nth(4)).to_be_visible(timeout=120_000)
        expect(answered.first).to_be_visible(timeout=120_000)
        found = page.locator(".item").count()
        named = page.locator('.item[data-state="recognised"]').all_inner_texts()
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        page.get_by_role("button", name="List (").click()
        page.screenshot(path=SCREENSHOT)
        print(f"found {found}, answered {answered.count()}, named {named}")
        expect(page.get_by_role("alert")).to_have_count(0)
        assert len(named) <= FALSE_NAMES
