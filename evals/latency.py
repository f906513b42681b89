"""Time of the networks on this machine, as ratios to the embedder's own at one thread.

    .venv/bin/python evals/latency.py

The embedder is EfficientNet-Lite0 at 224 px with a small last layer, so its time stands for that
net's. All figures come from one run, sizes in turn, best of ROUNDS.
Writes evals/results/latency.json.
"""

from __future__ import annotations

import time

import numpy as np

from facings.detect import Detector
from facings.embed import Embedder
from facings.models import open_model
from facings.session import Session
from results_file import write_result

ROUNDS = 12
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


def measure(threads: int) -> dict[str, float]:
    """Milliseconds of the embedder and of the detector at each size."""
    embedder, embed_session = open_model("facings-embedder", threads)
    detector, detect_session = open_model("facings-detector", threads)
    columns, rows = embedder.input.size_wh
    times = {"embedder 224": best_ms(embed_session, embedder.input.name, (1, 3, rows, columns))}
    for width, height in DETECTOR_SIZES_WH:
        shape = (1, 3, height, width)
        times[f"detector {width}x{height}"] = best_ms(detect_session, detector.input.name, shape)
    return times


def main() -> None:
    """Measure at one and two threads, and write the result."""
    times = {threads: measure(threads) for threads in (1, 2)}
    base = times[1]["embedder 224"]
    write_result(
        "latency",
        {
            "unit": "ms, best of 12; ratio to the embedder at one thread",
            "threads": {
                str(threads): {
                    name: {"ms": round(took, 2), "ratio": round(took / base, 2)}
                    for name, took in of_threads.items()
                }
                for threads, of_threads in times.items()
            },
        },
        [Detector.load().manifest.label, Embedder.load().manifest.label],
    )


if __name__ == "__main__":
    main()
