"""Frames of 30 facings against 100,000 products over HTTP, beside a bare FastAPI echo.

    python3 -m venv work/locust && work/locust/bin/pip install -r benchmarks/server/requirements.txt
    .venv/bin/python benchmarks/server/load_test.py --locust work/locust/bin/locust  # 3 minutes

Builds a home of 100,000 products with one vector each (random directions, in the embedder's name),
serves it with `facings serve`, and lets Locust send frames of 30 vectors, each near a product's:
first to an echo that gives the same frame back, then to POST /v1/recognise. Locust, service and
database share the machine. Writes benchmarks/server/results/recognise.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facings.catalogue.gtin import check_digit
from facings.catalogue.pictures import PictureFile
from facings.catalogue.records import Records
from facings.client.client import vector_i8
from facings.embed import Embedder
from facings.product import Product
from facings.retrieve.build import build_index
from facings.settings import Settings
from facings.types import Embeddings

HERE = Path(__file__).parent
FACINGS_A_FRAME = 30
FRAMES = 64
NOISE = 0.6
"""Length of what is added to a product's vector: similarity about 0.86."""
PORTS = {"echo": 8311, "recognise": 8312}


def main() -> None:
    """Build, serve, ask, and write what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--phones", type=int, default=4, help="callers at the same time")
    parser.add_argument("--seconds", type=int, default=20, help="of each of the two")
    parser.add_argument("--locust", default="locust", help="the command")
    asked = parser.parse_args()
    measured: dict[str, object] = {
        "name": "recognise",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Locust too",
        "versions": {name: version(name) for name in ("facings", "fastapi", "uvicorn")},
        "products": asked.products,
        "facings_a_frame": FACINGS_A_FRAME,
        "phones": asked.phones,
    }
    with tempfile.TemporaryDirectory(prefix="facings-bench-") as folder:
        work = Path(folder)
        vectors = build_home(work / "home", asked.products)
        measured["frame_bytes"] = write_frames(work / "frames", vectors)
        for name, command in commands(work / "home").items():
            measured["load_before"] = round(os.getloadavg()[0], 1)
            with running(command, PORTS[name]):
                measured[name] = ask(asked.locust, name, work / "frames", asked)
    echo, recognise = measured["echo"], measured["recognise"]
    assert isinstance(echo, dict)
    assert isinstance(recognise, dict)
    measured["share_of_echo"] = round(recognise["frames_a_s"] / echo["frames_a_s"], 3)
    text = json.dumps(measured, indent=2)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "recognise.json").write_text(text + "\n")
    print(text)


def commands(home: Path) -> dict[str, list[str]]:
    """Give the command of each of the two."""
    serve = "import sys; from facings.cli import main; sys.exit(main())"
    port = str(PORTS["recognise"])
    options = ["--port", str(PORTS["echo"]), "--app-dir", str(HERE), "--no-access-log"]
    return {
        "echo": [sys.executable, "-m", "uvicorn", "echo:app", *options],
        "recognise": [
            *(sys.executable, "-c", serve, "--home", str(home)),
            *("serve", "--open", "--port", port),
        ],
    }


def build_home(home: Path, count: int) -> NDArray[np.float32]:
    """Make records and an index; give the vector of each product."""
    embedder = Embedder.load()
    directions = np.random.default_rng(7).standard_normal((count, embedder.dim), dtype=np.float32)
    vectors: NDArray[np.float32] = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    settings = Settings(home=home)
    with Records.open(settings.resolved_database_url) as records:
        for start in range(0, count, 5000):
            places = range(start, min(start + 5000, count))
            products = [Product(gtin_of(place), f"Product {place}") for place in places]
            pictures = {
                gtin_of(place): [PictureFile(f"{place}.jpg", "/none", f"{place:064x}")]
                for place in places
            }
            records.upsert(products, pictures)
        ids = [picture.id for picture in records.pictures()]
        for start in range(0, count, 5000):
            rows = vectors[start : start + 5000]
            records.store_embeddings(ids[start : start + 5000], Embeddings(rows, embedder.id))
        build_index(records, settings.index_folder, embedder.id, embedder.manifest.thresholds)
    return vectors


def gtin_of(place: int) -> str:
    """Give the GTIN-14 of a product that was never made."""
    body = f"09520{place:08d}"
    return body + check_digit(body)


def write_frames(folder: Path, vectors: NDArray[np.float32]) -> int:
    """Write the frames that are sent; the mean length of one."""
    folder.mkdir()
    embedder = Embedder.load().id
    chance = np.random.default_rng(11)
    boxes = [
        [x * 60.0, y * 160.0, x * 60.0 + 50, y * 160.0 + 150] for y in range(3) for x in range(10)
    ]
    total = 0
    for number in range(FRAMES):
        seen = vectors[chance.integers(len(vectors), size=FACINGS_A_FRAME)]
        noise = chance.standard_normal(seen.shape, dtype=np.float32) / np.sqrt(seen.shape[1])
        frame = {
            "embedder": {
                "name": embedder.name,
                "version": embedder.version,
                "sha256": embedder.sha256,
            },
            "facings": [
                {"box_xyxy": box, "vector_i8": vector_i8(vector)}
                for box, vector in zip(boxes, seen + NOISE * noise, strict=True)
            ],
        }
        total += (folder / f"{number:03}.json").write_text(json.dumps(frame))
    return total // FRAMES


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """Run a server while it is asked."""
    environment = os.environ | {"FACINGS_SERVER_RATE_PER_MINUTE": "100000000"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            for _ in range(600):
                if answers(port):
                    break
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def answers(port: int) -> bool:
    """Say whether anything is there; a 404 is something."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def ask(locust: str, name: str, frames: Path, asked: argparse.Namespace) -> dict[str, object]:
    """Let Locust send frames; frames a second and how long they took."""
    path = "/echo" if name == "echo" else "/v1/recognise"
    command = [
        *(locust, "-f", str(HERE / "locustfile.py"), "--headless", "--json", "--only-summary"),
        *("-u", str(asked.phones), "-r", str(asked.phones), "-t", f"{asked.seconds}s"),
        *("-H", f"http://127.0.0.1:{PORTS[name]}"),
    ]
    environment = os.environ | {"FRAME_PATH": path, "FRAMES": str(frames)}
    done = subprocess.run(  # noqa: S603  our own command
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    [stats] = json.loads(done.stdout)
    times_ms = np.repeat(
        np.array([float(took) for took in stats["response_times"]]),
        list(stats["response_times"].values()),
    )
    took_s = stats["last_request_timestamp"] - stats["start_time"]
    return {
        "frames": stats["num_requests"],
        "failures": stats["num_failures"],
        "frames_a_s": round(stats["num_requests"] / took_s, 1),
        "p50_ms": round(float(np.percentile(times_ms, 50)), 1),
        "p99_ms": round(float(np.percentile(times_ms, 99)), 1),
    }


if __name__ == "__main__":
    main()
