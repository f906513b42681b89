"""Render shelves without end, the same ones whatever the number of processes."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from multiprocessing.pool import AsyncResult

import cv2
import numpy as np

from facings_train.synthetic.package import SpriteCache
from facings_train.synthetic.products import SyntheticProduct, make_products
from facings_train.synthetic.revolved import GLASS
from facings_train.synthetic.scene import render_shelf
from facings_train.synthetic.style import TRAINING, ShelfStyle
from facings_train.synthetic.truth import RenderedShelf

PICTURES_PER_STORE = 100
"""After so many pictures a fresh set of products is invented."""
CHUNK = 5
"""Pictures rendered by one process in a row; divides `PICTURES_PER_STORE`."""
AHEAD = 3
"""Chunks a process may be ahead of the reader: bounds memory when training is slower."""


def iter_shelves(
    seed: int,
    count: int,
    *,
    families: int = 60,
    size_wh: tuple[int, int] = (1280, 960),
    workers: int = 1,
    style: ShelfStyle = TRAINING,
) -> Iterator[RenderedShelf]:
    """Render `count` shelves in a fixed order.

    Args:
        seed: same seed, same pictures.
        count: how many.
        families: in each of the product sets, of which a fresh one serves every 100 pictures.
        size_wh: of the pictures in pixels.
        workers: processes; 1 or fewer renders in this one. It does not change the pictures.
            They are spawned, so a script must call this under `if __name__ == "__main__"`.
        style: how they are taken.
    """
    jobs = [
        (seed, start, min(CHUNK, count - start), families, size_wh, style)
        for start in range(0, count, CHUNK)
    ]
    if workers <= 1:
        for job in jobs:
            yield from _render_chunk(*job)
        return
    # Spawned, not forked: a trainer's threads and its GPU must not be copied.
    with multiprocessing.get_context("spawn").Pool(workers, initializer=_start_worker) as pool:
        pending: deque[AsyncResult[list[RenderedShelf]]] = deque()
        for job in jobs:
            pending.append(pool.apply_async(_render_chunk, job))
            if len(pending) >= AHEAD * workers:
                yield from pending.popleft().get()
        while pending:
            yield from pending.popleft().get()


def _start_worker() -> None:
    cv2.setNumThreads(1)


@lru_cache(maxsize=1)
def _store(
    seed: int, number: int, families: int, glass: float
) -> tuple[tuple[SyntheticProduct, ...], SpriteCache]:
    products = make_products(store_seed(seed, number), families)
    return tuple(change_glass(products, seed, glass)), SpriteCache()


def change_glass(
    products: Sequence[SyntheticProduct], seed: int, share: float
) -> Iterator[SyntheticProduct]:
    """Put a share of the families into dark, clear or white bottles and jars."""
    for product in products:
        rng = np.random.default_rng([seed, product.look.art_seed])
        if share > 0 and rng.random() < share:
            glass = str(rng.choice(tuple(GLASS)))
            yield replace(product, look=replace(product.look, glass=glass))
        else:
            yield product


def store_seed(seed: int, number: int) -> int:
    """Seed of the `number`-th product set of a stream."""
    return seed * 1_000_003 + number


def _render_chunk(
    seed: int, start: int, count: int, families: int, size_wh: tuple[int, int], style: ShelfStyle
) -> list[RenderedShelf]:
    products, sprites = _store(seed, start // PICTURES_PER_STORE, families, style.glass)
    return [
        render_shelf(
            products, seed * 10_000_019 + index, size_wh=size_wh, style=style, sprites=sprites
        )
        for index in range(start, start + count)
    ]
