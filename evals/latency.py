"""Time of the networks on this machine, as ratios to EfficientNet-Lite0 at 224 px, one thread.

    .venv-training/bin/python -m facings_train.embedder.baseline lite0 work/lite0-224.onnx
    .venv/bin/python evals/latency.py work/lite0-224.onnx

All figures come from one run, networks in turn, best of ROUNDS. Memory is the most that a process
holds which imports the runtime, opens one detector and runs it once.
Writes evals/results/latency.json.
"""

from __future__ import annotations

import argparse
import re
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from facings.models import open_manifest, open_model
from facings.session import OnnxSession, Session
from results_file import write_result

ROUNDS = 12
BASELINE = "EfficientNet-Lite0 224x224"
DETECTORS = {"live detector": "facings-detector-live", "photo detector": "facings-detector"}
DETECTOR_SIZES_WH = ((416, 416), (640, 640), (1280, 960))


def best_ms(session: Session, name: str, shape: tuple[int, int, int, int]) -> float:
    """Least time of one call, in milliseconds, after one that warms up."""
    tensor = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    session.run({name: tensor})
    took_ms = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        session.run({name: tensor})
        took_ms.append((time.perf_counter() - started) * 1000)
    return min(took_ms)


def measure(lite0: Path, threads: int) -> dict[str, float]:
    """Milliseconds of the baseline, the embedder, and the detector at each size."""
    embedder, embed_session = open_model("facings-embedder", threads)
    columns, rows = embedder.input.size_wh
    times = {
        BASELINE: best_ms(OnnxSession.open(lite0, threads), "image", (1, 3, 224, 224)),
        f"embedder {columns}x{rows}": best_ms(
            embed_session, embedder.input.name, (1, 3, rows, columns)
        ),
    }
    for kind, name in DETECTORS.items():
        detector, session = open_model(name, threads)
        for width, height in DETECTOR_SIZES_WH:
            shape = (1, 3, height, width)
            times[f"{kind} {width}x{height}"] = best_ms(session, detector.input.name, shape)
    return times


def peak_mib(name: str, size_wh: tuple[int, int]) -> float:
    """Most memory this process has held, in MiB, after one run of a detector; Linux."""
    manifest, session = open_model(name, 1)
    session.run({manifest.input.name: np.zeros((1, 3, size_wh[1], size_wh[0]), np.float32)})
    # ru_maxrss would count what the parent held when it forked.
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) / 1024


def peaks_mib() -> dict[str, float]:
    """Peak memory of each detector at each size, each in a process of its own."""
    peaks: dict[str, float] = {}
    for kind, name in DETECTORS.items():
        for width, height in DETECTOR_SIZES_WH:
            with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
                peak = fresh.submit(peak_mib, name, (width, height)).result()
            peaks[f"{kind} {width}x{height}"] = round(peak)
    return peaks


def main() -> None:
    """Measure at one and two threads, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lite0", type=Path, help="graph of EfficientNet-Lite0 at 224 px")
    lite0: Path = parser.parse_args().lite0
    times = {threads: measure(lite0, threads) for threads in (1, 2)}
    base = times[1][BASELINE]
    write_result(
        "latency",
        {
            "unit": f"ms, best of {ROUNDS}; ratio to {BASELINE} at one thread",
            "threads": {
                str(threads): {
                    name: {"ms": round(took, 2), "ratio": round(took / base, 2)}
                    for name, took in of_threads.items()
                }
                for threads, of_threads in times.items()
            },
            "peak memory, MiB": peaks_mib(),
        },
        [open_manifest(name).label for name in (*DETECTORS.values(), "facings-embedder")],
    )


if __name__ == "__main__":
    main()
