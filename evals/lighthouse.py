"""What Lighthouse says of every page of the web client: accessibility and best practices.

    make lighthouse

Each page is opened as `facings serve` offers it over the demo store, once as on a phone and once as
on a desk, in a browser that has begun a round of collection and sent one shelf picture, so that no
page is empty. Sheets, which have no address, are held to axe in web/e2e. Writes
evals/results/lighthouse.json; fails below the bars.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from results_file import write_result
from served import CHROMIUM_ARGUMENTS, ROOT, WEB, chromium, free_port, serve

BARS = {"accessibility": 100, "best-practices": 95}
SHOWN = (*BARS, "performance")
"""Performance is the machine's affair, and has no bar."""
SHELF = ROOT / "demo" / "store" / "shelves" / "shelf-010.jpg"
FORMS: dict[str, tuple[str, ...]] = {"phone": (), "desk": ("--preset=desktop",)}


def begin_a_round(page: Page, url: str) -> str:
    """Photograph a shelf in an invented shop and send it; the round's id."""
    page.set_default_timeout(120_000)
    page.goto(f"{url}/collect")
    page.get_by_label("Which shop").fill("Lighthouse")
    page.get_by_label("Who takes the pictures").fill("ann")
    page.get_by_label("Who allowed it").fill("the owner, for search and training")
    page.get_by_label("Aisles to cover").fill("tea")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="tea").wait_for()
    round_id = page.url.rpartition("/")[2]
    page.get_by_role("link", name="tea").click()
    bay = page.locator("label.way", has_text="The whole bay").locator("input")
    bay.set_input_files(SHELF)
    page.get_by_role("button", name="Keep it").click()
    page.locator("li[data-state=sent]").wait_for()
    return round_id


def pages_of(page: Page, url: str) -> dict[str, str]:
    """Name to address of every page that has one."""
    round_id = begin_a_round(page, url)
    page.goto(f"{url}/collect#label/{round_id}")
    page.locator("main a[href*='#label/']").first.wait_for()
    picture = page.locator("main a[href*='#label/']").first.get_attribute("href") or ""
    return {
        "shopper's app": f"{url}/",
        "measuring this device": f"{url}/bench",
        "collect: begin": f"{url}/collect",
        "collect: round": f"{url}/collect#round/{round_id}",
        "collect: aisle": f"{url}/collect#aisle/{round_id}/tea",
        "collect: pictures to label": f"{url}/collect#label/{round_id}",
        "collect: label a picture": f"{url}/collect{picture}",
    }


def audit(program: Path, address: str, port: int, words: tuple[str, ...]) -> dict[str, Any]:
    """Run Lighthouse on one page in the browser at a port; its report."""
    command = [
        *("node", str(program), address, f"--port={port}", "--quiet", "--output=json"),
        *("--disable-storage-reset", f"--only-categories={','.join(SHOWN)}", *words),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"Lighthouse failed on {address}: {done.stderr.strip()[-400:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def judged(report: dict[str, Any]) -> dict[str, object]:
    """Scores of the categories, and what has a bar and was found wanting."""
    categories, audits = report["categories"], report["audits"]
    wanting = [
        f"{each['id']}: {audits[each['id']]['title']}"
        for name in BARS
        for each in categories[name]["auditRefs"]
        if each["weight"] > 0 and (audits[each["id"]]["score"] or 0) < 1
        if audits[each["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
    ]
    scores = {name: round(100 * categories[name]["score"]) for name in SHOWN}
    return {**scores, **({"found": wanting} if wanting else {})}


def main() -> None:
    """Look at every page and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="lighthouse/cli/index.js")
    program: Path = parser.parse_args().program
    port = free_port()
    found: dict[str, dict[str, dict[str, object]]] = {}
    version = ""
    with (
        tempfile.TemporaryDirectory() as scratch,
        serve(WEB, Path(scratch)) as url,
        sync_playwright() as playwright,
    ):
        context = playwright.chromium.launch_persistent_context(
            str(Path(scratch) / "profile"),
            executable_path=chromium(),
            args=[*CHROMIUM_ARGUMENTS, f"--remote-debugging-port={port}"],
        )
        for name, address in pages_of(context.pages[0], url).items():
            for form, words in FORMS.items():
                report = audit(program, address, port, words)
                found.setdefault(name, {})[form] = judged(report)
                version = report["lighthouseVersion"]
        context.close()
    write_result("lighthouse", {"lighthouse": version, "bars": BARS, "pages": found}, [])
    below = [
        f"{name} ({form}): {category}"
        for name, forms in found.items()
        for form, scores in forms.items()
        for category, bar in BARS.items()
        if int(str(scores[category])) < bar
    ]
    if below:
        raise SystemExit(f"below the bar: {', '.join(below)}")


if __name__ == "__main__":
    main()
