"""Measure retrieval at one size: see docs/concepts/scale.md for what came out.

    .venv/bin/python benchmarks/retrieval/run.py --count 10000       # a minute
    .venv/bin/python benchmarks/retrieval/run.py --count 1000000     # half an hour

FAISS is measured too where benchmarks/retrieval/requirements.txt is installed. Each part runs in a
process of its own; searches and numpy's share one process on one core. Writes
benchmarks/retrieval/results/COUNT.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bars import measure_bars
from faiss_peer import measure_faiss
from growing import build, measure_changes, measure_kills, victim
from searching import measure_search
from vectors import Gallery, make_gallery

RESULTS = Path(__file__).parent / "results"
PARTS = ("build", "search", "faiss", "bars", "changes", "kills")


def main() -> None:
    """Run every part, or the one that is asked for, and write what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="pictures in the gallery")
    parser.add_argument(
        "--work", type=Path, help="where indexes are made; default: a temporary one"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--victim", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.victim:
        victim(asked.work, asked.victim)
    elif asked.part:
        print(json.dumps(_run(asked.part, asked.work, make_gallery(asked.count))))
    elif asked.work:
        _measure(asked.count, asked.work, asked.parts)
    else:
        with tempfile.TemporaryDirectory(prefix="facings-bench-") as work:
            _measure(asked.count, Path(work), asked.parts)


def _measure(count: int, work: Path, parts: tuple[str, ...]) -> None:
    file = RESULTS / f"{count}.json"
    earlier = json.loads(file.read_text()) if file.exists() and set(parts) != set(PARTS) else {}
    measured = earlier | {
        "name": "retrieval",
        "pictures": count,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "versions": _versions(),
    }
    for part in parts:
        command = [sys.executable, __file__, "--part", part, "--count", str(count)]
        load = os.getloadavg()[0]
        print(f"{part} (load {load:.1f}) ...", file=sys.stderr, flush=True)
        done = subprocess.run(  # noqa: S603  our own script
            [*command, "--work", str(work)], stdout=subprocess.PIPE, text=True, check=True
        )
        measured[part] = {"load_before": round(load, 1), **json.loads(done.stdout)}
        RESULTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(measured, indent=2, ensure_ascii=False))


def _run(part: str, work: Path, gallery: Gallery) -> dict[str, object]:
    folder = work / "index"
    query_count = 2000 if len(gallery.vectors) > 20_000 else 1000
    parts: dict[str, Callable[[], dict[str, object]]] = {
        "build": lambda: build(_empty(folder), gallery),
        "search": lambda: measure_search(folder, gallery, query_count),
        "faiss": lambda: measure_faiss(work / "faiss", gallery, query_count),
        "bars": lambda: {"at": measure_bars(folder, gallery)},
        "changes": lambda: measure_changes(folder, gallery),
        "kills": lambda: measure_kills(work, len(gallery.vectors)),
    }
    return parts[part]()


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _versions() -> dict[str, str]:
    found = {}
    for package in ("facings", "numpy", "qdrant-edge-py", "faiss-cpu"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607  git is where the user has it
        capture_output=True,
        text=True,
        check=True,
        cwd=RESULTS.parent,
    ).stdout.strip()


if __name__ == "__main__":
    main()
