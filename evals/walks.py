"""The walk of the browser's tests along other stores, replayed: what a phone names there.

    PYTHONPATH=web/e2e .venv/bin/python evals/walks.py work/dev-721 [STORE ...]

Each argument is a store rendered by `python -m facings_train.synthetic store OUT --seed N`. It is
imported and served, and a browser looks at every picture of the walk in a time of its own
(web/e2e/walk.py), so that the machine has no say. Needs `make web`, node and Chromium. Writes
evals/results/live-walks.json.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.progress import track
from walk import BAYS, PACE, SIZE_WH, replayed

from facings.models import open_manifest
from results_file import write_result
from served import CHROMIUM_ARGUMENTS, build_engine, chromium, serve

TOLD = (
    "visible for a second",
    "recognised while visible",
    "right",
    "tracks that changed their product",
    "seconds from first sight to name",
    "what became of them",
)


def main() -> None:
    """Walk along every store, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--result", default="live-walks", help="name of the result file")
    arguments = parser.parse_args()
    stores: list[Path] = arguments.stores
    with tempfile.TemporaryDirectory() as folder:
        engine = Path(folder)
        build_engine(engine)
        walks = {store.name: walk_along(store, engine) for store in track(stores, "walking")}
    counts = {name: sum(int(str(each[name])) for each in walks.values()) for name in TOLD[:4]}
    labels = [open_manifest(name).label for name in ("facings-detector-live", "facings-embedder")]
    write_result(
        arguments.result,
        {
            "data": f"{len(stores)} rendered stores, {len(BAYS)} bays each",
            "pace": PACE,
            "in all": counts,
            **walks,
        },
        labels,
    )


def walk_along(store: Path, engine: Path) -> dict[str, object]:
    """Serve one store and replay the walk along it."""
    shutil.rmtree(engine / "walk", ignore_errors=True)
    (engine / "walk").mkdir()
    for name in BAYS:
        shutil.copy(store / "shelves" / name, engine / "walk" / name)
    with tempfile.TemporaryDirectory() as folder:
        home, scratch = Path(folder) / "source", Path(folder) / "served"
        facings = [str(Path(sys.executable).with_name("facings")), "--home", str(home)]
        for words in (["catalogue", "import", str(store / "products.json")], ["index", "build"]):
            subprocess.run([*facings, *words], check=True, capture_output=True)  # noqa: S603
        with serve(engine, scratch, source=home) as url, sync_playwright() as playwright:
            arguments = list(CHROMIUM_ARGUMENTS)
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            width, height = SIZE_WH
            page = browser.new_context(viewport={"width": width, "height": height}).new_page()
            page.set_default_timeout(0)
            page.goto(f"{url}/e2e/engine.html")
            measured = replayed(page, store)
            browser.close()
    return {name: measured[name] for name in TOLD}


if __name__ == "__main__":
    main()
