"""Time of the networks in a browser's WebAssembly, as ratios to EfficientNet-Lite0 at 224 px.

    .venv-training/bin/python -m facings_train.embedder.baseline lite0 work/lite0-224.onnx
    .venv/bin/python evals/latency_wasm.py work/lite0-224.onnx

In headless Chromium with the web client's own runtime and weights (`npm ci` in web/ before), at
one and at two threads; all figures of one run, networks in turn, best of ROUNDS.
Writes evals/results/latency-wasm.json.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from facings.models import open_manifest
from results_file import write_result

WEB = Path(__file__).parents[1] / "web"
RUNTIME = WEB / "node_modules" / "onnxruntime-web" / "dist"
ROUNDS = 8
BASELINE = "EfficientNet-Lite0 224x224"
DETECTOR_SIZES_WH = ((416, 416), (640, 640), (1280, 960))
MEASURE = """
async ([file, width, height, threads, rounds]) => {
  const ort = await import('./ort.wasm.bundle.min.mjs')
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = location.origin + '/'
  const session = await ort.InferenceSession.create(file, { graphOptimizationLevel: 'all' })
  const values = Float32Array.from({ length: 3 * width * height }, () => Math.random() - 0.5)
  const image = new ort.Tensor('float32', values, [1, 3, height, width])
  const feeds = { [session.inputNames[0]]: image }
  await session.run(feeds)
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await session.run(feeds)
    best = Math.min(best, performance.now() - started)
  }
  await session.release()
  return best
}
"""


class Isolated(SimpleHTTPRequestHandler):
    """Files with the headers that give a page threads."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def end_headers(self) -> None:
        """Isolate the page from other origins."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def networks(lite0: Path) -> dict[str, tuple[Path, tuple[int, int]]]:
    """Name to file and input size (width, height)."""
    weights = {each.name.rpartition("-")[0]: each for each in (WEB / "models").glob("*.onnx")}
    by_name = {name.partition("-")[2].partition("-")[0]: file for name, file in weights.items()}
    columns, rows = open_manifest("facings-embedder").input.size_wh
    return {
        BASELINE: (lite0, (224, 224)),
        f"embedder {columns}x{rows}": (by_name["embedder"], (columns, rows)),
        **{
            f"detector {width}x{height}": (by_name["detector"], (width, height))
            for width, height in DETECTOR_SIZES_WH
        },
    }


def measure(page: Page, folder: Path, lite0: Path, threads: int) -> dict[str, float]:
    """Milliseconds of each network."""
    times = {}
    for name, (file, (width, height)) in networks(lite0).items():
        shutil.copy(file, folder / file.name)
        given = [file.name, width, height, threads, ROUNDS]
        times[name] = float(page.evaluate(MEASURE, given))
    return times


def main() -> None:
    """Measure at one and two threads, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lite0", type=Path, help="graph of EfficientNet-Lite0 at 224 px")
    lite0: Path = parser.parse_args().lite0
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        (folder / "index.html").write_text("<!doctype html><title>times</title>")
        for file in RUNTIME.glob("ort.wasm.bundle.min.mjs"):
            shutil.copy(file, folder)
        for file in RUNTIME.glob("ort-wasm-simd-threaded.*"):
            shutil.copy(file, folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Isolated, directory=scratch))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        times = {}
        for threads in (1, 2):
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            times[threads] = measure(page, folder, lite0, threads)
            page.close()
        version = browser.version
        browser.close()
        server.shutdown()
    base = times[1][BASELINE]
    write_result(
        "latency-wasm",
        {
            "browser": f"Chromium {version}, headless",
            "unit": f"ms, best of {ROUNDS}; ratio to {BASELINE} at one thread",
            "threads": {
                str(threads): {
                    name: {"ms": round(took, 2), "ratio": round(took / base, 2)}
                    for name, took in of_threads.items()
                }
                for threads, of_threads in times.items()
            },
        },
        [open_manifest(name).label for name in ("facings-detector-live", "facings-embedder")],
    )


if __name__ == "__main__":
    main()
