"""Building, adding while searching, optimising while searching, and being killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from facings.retrieve.edge import EdgeIndex
from facings.retrieve.sidecar import read_sidecar
from facings.types import Embeddings
from measure import Stopwatch, disk_mb, memory_mb
from vectors import DIM, EMBEDDER, Floats, Gallery, gtin_of, labels_of, make_gallery, make_queries

THRESHOLDS = {
    "accept": 0.68, "sure": 0.9, "sharpness": 40.0,
    "size_weight": 0.3, "artwork_weight": 0.0, "words_weight": 0.0,
}  # fmt: skip
ADDED = 25_000
"""Pictures added to a built index: more than are compared one by one."""
_KILL_AFTER = 20_000
_GROWN_FROM = 10**8
"""Ids of pictures added to a whole index begin here."""


def build(folder: Path, gallery: Gallery) -> dict[str, object]:
    """Fill an index and build its graph, as `facings index build` does."""
    started = time.perf_counter()
    index = EdgeIndex.stage(folder, EMBEDDER, DIM, THRESHOLDS)
    for batch in gallery.batches():
        index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
    ingested = time.perf_counter()
    index.optimize()
    optimised = time.perf_counter()
    index.publish()
    stats_watch = Stopwatch()
    stats_watch.time(index.stats)
    index.close()
    return {
        "ingest_s": round(ingested - started, 1),
        "optimize_s": round(optimised - ingested, 1),
        "disk_mb": disk_mb(folder),
        "memory_mb": memory_mb(),
        "stats_s": round(stats_watch.took_ms[0] / 1000, 2),
    }


def measure_changes(folder: Path, gallery: Gallery) -> dict[str, object]:
    """Add while searching; then build the graph over it while searching and adding."""
    index = EdgeIndex.open(folder, EMBEDDER)
    first_id = index.stats().picture_count
    queries, _ = make_queries(len(gallery.vectors), 6000, seed=7)
    fresh, products = make_queries(len(gallery.vectors), ADDED, seed=8)
    inserts = Stopwatch()

    def add(place: int, count: int) -> None:
        portion = slice(place, place + count)
        ids = range(first_id + place, first_id + place + len(fresh[portion]))
        of_these = products[portion].tolist()
        inserts.time(
            index.add,
            ids,
            [gtin_of(product) for product in of_these],
            Embeddings(fresh[portion], EMBEDDER),
            [labels_of(product) for product in of_these],
        )

    def add_little_by_little() -> None:
        for place in range(0, 2000, 5):
            add(place, 5)

    adder = threading.Thread(target=add_little_by_little)
    while_adding = _search_until_done(index, queries, adder)
    visible = _found(index, fresh[:200], first_id)
    for place in range(2000, ADDED, 500):
        add(place, 500)
    waiting = index.waiting_count()
    before = _search_times(index, queries[:200])
    optimiser = threading.Thread(target=index.optimize)
    started = time.perf_counter()
    while_optimising = _search_until_done(index, queries, optimiser)
    optimised_s = time.perf_counter() - started
    after = _search_times(index, queries[:200])
    kept = index.stats().picture_count == first_id + ADDED
    still_waiting = index.waiting_count()
    index.close()
    return {
        "insert_of_5_while_searching": _first(inserts, 400).summary(),
        "search_while_inserting": while_adding.summary(),
        "just_inserted_found_first": visible,
        "waiting_for_the_graph": waiting,
        "search_while_they_wait": before.summary(),
        "optimize_beside_s": round(optimised_s, 1),
        "search_while_optimising": while_optimising.summary(),
        "search_afterwards": after.summary(),
        "waiting_afterwards": still_waiting,
        "all_kept": kept,
    }


def measure_kills(work: Path, count: int) -> dict[str, object]:
    """Kill the process, children too, while it adds, and while it builds the graph.

    Small indexes of its own, and a copy of the one of `count` pictures that was built before.
    """
    found: dict[str, object] = {
        "during_ingest": _kill(work / "killed-1", "ingest"),
        "during_optimize": _kill(work / "killed-2", "optimize"),
        "during_optimize_beside": _kill(work / "killed-3", "beside"),
    }
    if count > 2 * ADDED:
        for moment, name in (("grow", "during_ingest"), ("grow-beside", "during_optimize_beside")):
            copy = work / "killed-whole"
            shutil.copytree(work / "index", copy)
            found[f"{name}, whole"] = _kill(copy, moment)
            shutil.rmtree(copy)
    return found


def victim(folder: Path, moment: str) -> None:
    """Do what is going to be killed, saying on stdout what is acknowledged."""
    if moment.startswith("grow"):
        _grow(folder, moment)
        return
    gallery = make_gallery(2 * ADDED)
    index = EdgeIndex.create(folder, EMBEDDER, DIM, THRESHOLDS)
    for batch in gallery.batches(500):
        if moment != "ingest" and batch.picture_ids[0] >= ADDED:
            break
        index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
        print(int(batch.picture_ids[-1]) + 1, flush=True)
    if moment == "ingest":
        return
    if moment == "beside":
        index.optimize()
        for batch in gallery.batches(500, ADDED):
            index.add(batch.picture_ids, batch.gtins, batch.embeddings, batch.labels)
            print(int(batch.picture_ids[-1]) + 1, flush=True)
    print("optimising", flush=True)
    index.optimize()


def _grow(folder: Path, moment: str) -> None:
    """Add to the index that is there, then build the graph over what was added."""
    index = EdgeIndex.open(folder, EMBEDDER)
    for batch in _grown().batches(500):
        ids = _GROWN_FROM + batch.picture_ids
        index.add(ids, batch.gtins, batch.embeddings, batch.labels)
        print(int(batch.picture_ids[-1]) + 1, flush=True)
    if moment == "grow-beside":
        print("optimising", flush=True)
        index.optimize()


def _grown() -> Gallery:
    """Pictures that are in no whole index yet."""
    return Gallery(*make_queries(ADDED, ADDED, seed=11))


def _kill(folder: Path, moment: str) -> dict[str, object]:
    before = read_sidecar(folder).stats.picture_count if moment.startswith("grow") else 0
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--victim", moment]
    process = subprocess.Popen(  # noqa: S603  our own script
        [*command, "--work", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    acknowledged = 0
    for line in process.stdout:
        if line.strip() == "optimising":
            time.sleep(3.0 if moment != "grow-beside" else 20.0)
            break
        acknowledged = int(line)
        if moment in ("ingest", "grow") and acknowledged >= _KILL_AFTER:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    return _what_is_left(folder, before, acknowledged)


def _what_is_left(folder: Path, before: int, acknowledged: int) -> dict[str, object]:
    """Open what was killed, and look for what it had acknowledged.

    Args:
        before: pictures in a whole index; 0 where all of it was added by the victim.
    """
    first_id, added = (_GROWN_FROM, _grown()) if before else (0, make_gallery(2 * ADDED))
    started = time.perf_counter()
    with EdgeIndex.open(folder, EMBEDDER) as index:
        opened_s = time.perf_counter() - started
        ids = np.concatenate([batch.picture_ids for batch in index.pictures()])
        expected = [np.arange(before), first_id + np.arange(acknowledged)]
        return {
            "acknowledged": before + acknowledged,
            "kept": len(ids),
            "lost": len(np.setdiff1d(np.concatenate(expected), ids)),
            "found_by_search": _found(index, added.vectors[:acknowledged:197], first_id, 197),
            "open_s": round(opened_s, 2),
            "writable": _is_writable(index),
        }


def _is_writable(index: EdgeIndex) -> bool:
    picture, _ = make_queries(100, 1, seed=9)
    index.add([10**9], [gtin_of(1)], Embeddings(picture, EMBEDDER))
    return index.nearest_pictures(Embeddings(picture, EMBEDDER), 1)[0][0].picture_id == 10**9


def _found(index: EdgeIndex, vectors: Floats, first_id: int, step: int = 1) -> str:
    hits = index.nearest_pictures(Embeddings(vectors, EMBEDDER), 1)
    right = sum(found[0].picture_id == first_id + n * step for n, found in enumerate(hits))
    return f"{right} of {len(vectors)}"


def _search_times(index: EdgeIndex, queries: Floats) -> Stopwatch:
    watch = Stopwatch()
    for query in queries:
        watch.time(index.search, Embeddings(query[None], EMBEDDER), 10)
    return watch


def _search_until_done(index: EdgeIndex, queries: Floats, other: threading.Thread) -> Stopwatch:
    watch = Stopwatch()
    other.start()
    number = 0
    while other.is_alive():
        query = Embeddings(queries[number % len(queries)][None], EMBEDDER)
        watch.time(index.search, query, 10)
        number += 1
    other.join()
    return watch


def _first(watch: Stopwatch, count: int) -> Stopwatch:
    part = Stopwatch()
    part.took_ms, part.cpu_ms = watch.took_ms[:count], watch.cpu_ms[:count]
    return part
