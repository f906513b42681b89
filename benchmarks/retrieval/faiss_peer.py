"""FAISS HNSW with as many links, as a peer: it has no payload, no filter by label, no log."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from facings.retrieve.index import BUILDING_WIDTH, LEAST_WIDTH, LINKS
from measure import Stopwatch, disk_mb, memory_mb, use_one_core
from searching import FRAME, PICTURES, exact_pictures
from vectors import DIM, Gallery, make_queries


def measure_faiss(folder: Path, gallery: Gallery, query_count: int) -> dict[str, object]:
    """Build on all cores, search on one."""
    try:
        import faiss  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        return {"skipped": "faiss-cpu is not installed: see requirements.txt"}
    folder.mkdir(parents=True, exist_ok=True)
    index = faiss.IndexHNSWFlat(DIM, LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILDING_WIDTH
    started = time.perf_counter()
    index.add(gallery.vectors)
    build_s = time.perf_counter() - started
    faiss.write_index(index, str(folder / "hnsw.faiss"))
    use_one_core()
    faiss.omp_set_num_threads(1)
    index.hnsw.efSearch = LEAST_WIDTH
    queries, _ = make_queries(len(gallery.vectors), query_count)
    single, frames = Stopwatch(), Stopwatch()
    for query in queries[:500]:
        index.search(query[None], PICTURES)
    for query in queries[500:]:
        single.time(index.search, query[None], PICTURES)
    for start in range(500, len(queries) - FRAME, FRAME):
        frames.time(index.search, queries[start : start + FRAME], PICTURES)
    _, ids = index.search(queries[:300], 10)
    expected = [
        row[:10]
        for start in range(0, 300, FRAME)
        for row in exact_pictures(gallery.vectors, queries[start : min(start + FRAME, 300)], 10)
    ]
    recall = [
        len(set(a.tolist()) & set(b.tolist())) / 10 for a, b in zip(ids, expected, strict=True)
    ]
    return {
        "index": f"IndexHNSWFlat, M {LINKS}, efConstruction {BUILDING_WIDTH}, "
        f"efSearch {LEAST_WIDTH}, float32",
        "build_s": round(build_s, 1),
        "disk_mb": disk_mb(folder),
        "memory_mb": memory_mb(),
        "warm": {"single": single.summary(), "frame_of_24": frames.summary()},
        "recall": {"pictures@10": round(float(np.mean(recall)), 4)},
    }
