"""`/bench` measures this device and prints the table."""

from __future__ import annotations

import os
from pathlib import Path

from conftest import ROOT, OpenPage, serve, write_result
from facings.models import open_manifest

WEB = ROOT / "src" / "facings" / "_web"
SCREENSHOT = ROOT / "work" / "web" / "bench.png"


def test_the_bench_prints_a_table(open_page: OpenPage, tmp_path: Path):
    """Detector, embedder, pictures, print and search, each with a time above nothing."""
    assert (WEB / "bench.html").exists(), "the web client is not built: make web"
    with serve(WEB, tmp_path) as url, open_page(f"{url}/bench") as page:
        page.get_by_role("button", name="Measure").click()
        page.locator('[data-state="done"]').wait_for(timeout=300_000)
        rows = [row.locator("th, td").all_inner_texts() for row in page.locator("tbody tr").all()]
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOT, full_page=True)
    table = {what: (float(least), float(typical)) for what, _, least, typical in rows}
    named = ("Load", "Detector", "Detection of", "Embedder", "Comparing", "Reading", "Search")
    for word in named:
        assert any(what.startswith(word) for what in table)
    assert all(0 < least <= typical for least, typical in table.values())
    if os.environ.get("FACINGS_WRITE_RESULTS"):
        write(rows)


def write(rows: list[list[str]]) -> None:
    """Keep the table among the results."""
    measured = {
        f"{what} ({by})": {"least_ms": float(least), "median_ms": float(typical)}
        for what, by, least, typical in rows
    }
    labels = [open_manifest(name).label for name in ("facings-detector-live", "facings-embedder")]
    load = [round(each, 1) for each in os.getloadavg()]
    write_result(
        "web-bench", {"data": "/bench, headless Chromium", "load": load} | measured, labels
    )
