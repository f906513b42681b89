"""Searches against numpy's exact one, in one process on one core: time, recall, filters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from facings.retrieve.edge import EdgeIndex
from facings.scope import Scope
from facings.types import Candidates, Embeddings
from measure import Stopwatch, forget_cached, memory_mb, use_one_core
from vectors import EMBEDDER, Floats, Gallery, gtin_of, labels_of, make_queries

Ints = NDArray[np.int64]
Key = TypeVar("Key", int, str)

FRAME = 24
K = 10
PICTURES = 50
"""Pictures that a search for K products asks for."""
WARM_UP = 3000
SCOPES = {
    "retailer, 10 %": Scope(retailer="retailer-3"),
    "category, 1 %": Scope(category="category-7"),
    "active, 95 %": Scope(active=True),
    "retailer and category, 0.1 %": Scope(retailer="retailer-3", category="category-7"),
}


def exact_pictures(vectors: Floats, queries: Floats, limit: int) -> list[Ints]:
    """Find the nearest pictures as numpy does it: all products, the best few, those in order."""
    similarities = queries @ vectors.T
    best = np.argpartition(-similarities, limit, axis=1)[:, :limit]
    return [row[np.argsort(-s[row])] for row, s in zip(best, similarities, strict=True)]


def measure_search(folder: Path, gallery: Gallery, query_count: int) -> dict[str, object]:
    """Open the index cold, ask until it is warm, and compare with numpy."""
    use_one_core()
    forget_cached(folder)
    started = time.perf_counter()
    index = EdgeIndex.open(folder, EMBEDDER)
    opened_s = time.perf_counter() - started
    queries, products = make_queries(len(gallery.vectors), query_count)
    cold, cold_frame = Stopwatch(), Stopwatch()
    for query in queries[:100]:
        cold.time(index.search, _one(query), K)
    for start in range(100, 100 + 20 * FRAME, FRAME):
        cold_frame.time(index.search, _frame(queries, start), K)
    for query in make_queries(len(gallery.vectors), WARM_UP, seed=1)[0]:
        index.search(_one(query), K)
    found = _warm(index, gallery, queries)
    found |= {
        "open_s": round(opened_s, 2),
        "memory_mb": memory_mb(),
        "cold": {"single": cold.summary(), "frame_of_24": cold_frame.summary()},
        "recall": _recall(index, gallery, queries, products),
        "filters": {
            name: _filtered(index, gallery, queries[:200], scope) for name, scope in SCOPES.items()
        },
    }
    index.close()
    return found


def _warm(index: EdgeIndex, gallery: Gallery, queries: Floats) -> dict[str, object]:
    """Time both in turns, each query once, so that what else the machine does hits both."""
    base = np.ascontiguousarray(gallery.vectors)
    half = len(queries) // 2
    dot = Stopwatch()
    for query in queries[:half:10]:
        dot.time(np.dot, base, query)
    single = _in_turns(index, base, [_one(query) for query in queries[:half]], Turn(120, 20, 10))
    starts = range(half, len(queries) - FRAME, FRAME)
    frame = _in_turns(index, base, [_frame(queries, start) for start in starts], Turn(10, 2, 3))
    return {
        "warm": {"single": single.ours.summary(), "frame_of_24": frame.ours.summary()},
        "just after numpy": {
            "single": single.after.summary(),
            "frame_of_24": frame.after.summary(),
        },
        "numpy": {
            "single": single.numpy.summary(),
            "frame_of_24": frame.numpy.summary(),
            "single_product_only": dot.summary(),
        },
        "ratio_to_numpy": {
            "single": _ratio(single.numpy, single.ours),
            "single_product_only": _ratio(dot, single.ours),
            "frame_of_24": _ratio(frame.numpy, frame.ours),
        },
    }


@dataclass(frozen=True)
class Turn:
    """How searches and numpy's take turns."""

    searches: int
    after: int
    """Of these, how many come first: numpy has sent a gigabyte through the caches, which nobody
    does between two searches, and they are timed apart."""
    numpy_every: int
    """Which of the queries numpy is asked, too, once the index has answered its turn."""


@dataclass(frozen=True)
class Turns:
    """What both took, and what the index took just after numpy."""

    ours: Stopwatch
    after: Stopwatch
    numpy: Stopwatch


def _in_turns(index: EdgeIndex, base: Floats, asked: Sequence[Embeddings], turn: Turn) -> Turns:
    took = Turns(Stopwatch(), Stopwatch(), Stopwatch())
    for start in range(0, len(asked), turn.searches):
        now = asked[start : start + turn.searches]
        for number, each in enumerate(now):
            watch = took.after if number < turn.after else took.ours
            watch.time(index.search, each, K)
        for each in now[:: turn.numpy_every]:
            took.numpy.time(exact_pictures, base, each.vectors, PICTURES)
    return took


def _recall(
    index: EdgeIndex, gallery: Gallery, queries: Floats, products: Ints
) -> dict[str, float]:
    expected = _exact(gallery.vectors, queries, PICTURES * 4)
    pictures = [
        [hit.picture_id for hit in hits]
        for hits in index.nearest_pictures(Embeddings(queries, EMBEDDER), K)
    ]
    found = index.search(Embeddings(queries, EMBEDDER), K)
    gtins = [[each.gtin for each in per_crop] for per_crop in found.per_crop]
    truth = [_first_products(gallery.product_of[row], K) for row in expected]
    return {
        "pictures@1": _share([e[:1].tolist() for e in expected], [p[:1] for p in pictures]),
        "pictures@10": _share([e[:K].tolist() for e in expected], pictures),
        "products@1": _share([t[:1] for t in truth], [g[:1] for g in gtins]),
        "products@10": _share(truth, gtins),
        "right product first": _right(found, products),
        "right product first, exact": round(
            float(np.mean(gallery.product_of[[row[0] for row in expected]] == products)), 4
        ),
    }


def _filtered(
    index: EdgeIndex, gallery: Gallery, queries: Floats, scope: Scope
) -> dict[str, object]:
    covered = np.flatnonzero(
        np.array([scope.covers(labels_of(int(p))) for p in np.unique(gallery.product_of)])[
            gallery.product_of
        ]
    )
    if len(covered) <= PICTURES:
        return {"pictures": len(covered)}
    watch, frame_watch = Stopwatch(), Stopwatch()
    for query in queries:
        watch.time(index.search, _one(query), K, scope)
    for start in range(0, len(queries) - FRAME, FRAME):
        frame_watch.time(index.search, _frame(queries, start), K, scope)
    inside = gallery.vectors[covered]
    expected = [covered[row].tolist() for row in _exact(inside, queries, K)]
    hits = index.nearest_pictures(Embeddings(queries, EMBEDDER), K, scope)
    return {
        "pictures": len(covered),
        "single": watch.summary(),
        "frame_of_24": frame_watch.summary(),
        "recall@10": _share(expected, [[hit.picture_id for hit in found] for found in hits]),
    }


def _exact(vectors: Floats, queries: Floats, limit: int) -> list[Ints]:
    limit = min(limit, len(vectors) - 1)
    return [
        row
        for start in range(0, len(queries), FRAME)
        for row in exact_pictures(vectors, queries[start : start + FRAME], limit)
    ]


def _first_products(products: Ints, k: int) -> list[str]:
    return [gtin_of(int(product)) for product in list(dict.fromkeys(products.tolist()))[:k]]


def _right(found: Candidates, products: Ints) -> float:
    pairs = zip(found.per_crop, products.tolist(), strict=True)
    return round(float(np.mean([hits[0].gtin == gtin_of(product) for hits, product in pairs])), 4)


def _share(expected: Sequence[Sequence[Key]], found: Sequence[Sequence[Key]]) -> float:
    """Share of what was expected that was found."""
    shared = [len(set(e) & set(f)) / len(e) for e, f in zip(expected, found, strict=True)]
    return round(float(np.mean(shared)), 4)


def _ratio(base: Stopwatch, ours: Stopwatch) -> dict[str, float]:
    """Say how many times faster we are than numpy, by the clock and computed."""
    return {
        "clock": round(float(np.median(base.took_ms) / np.median(ours.took_ms)), 1),
        "cpu": round(float(np.median(base.cpu_ms) / np.median(ours.cpu_ms)), 1),
    }


def _one(query: Floats) -> Embeddings:
    return Embeddings(query[None], EMBEDDER)


def _frame(queries: Floats, start: int) -> Embeddings:
    return Embeddings(queries[start : start + FRAME], EMBEDDER)
