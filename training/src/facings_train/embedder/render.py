"""Render the crops that the embedder learns from.

python -m facings_train.embedder.render OUT --seed 11 --families 1000 --views 10
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
from rich.progress import track

from facings.types import ByteImage
from facings_train.embedder.data import CropRow, write_table
from facings_train.synthetic.package import SpriteCache
from facings_train.synthetic.products import SyntheticProduct, make_products
from facings_train.synthetic.views import (
    CATALOGUE_VIEWS,
    CROP_SIDE_PX,
    catalogue_picture,
    render_package_views,
)

FAMILIES_PER_STORE = 50


def render_store(folder: Path, seed: int, views: int) -> list[CropRow]:
    """Render the crops of one small store; the table rows of its pictures."""
    cv2.setNumThreads(1)
    rows = []
    products = make_products(seed, FAMILIES_PER_STORE)
    for i, product in enumerate(products):
        key = f"{seed}-{i:04d}"
        # A cache of its own: the drawings of a whole store take gigabytes.
        sprites = SpriteCache()
        beside = (products[i - 1], products[(i + 1) % len(products)])
        shots = [catalogue_picture(product, view, sprites=sprites) for view in CATALOGUE_VIEWS]
        photos = render_package_views(
            product, seed * 10_007 + i, views, neighbours=beside, sprites=sprites
        )
        for kind, pictures in (("catalogue", shots), ("cut", photos)):
            for k, picture in enumerate(pictures):
                file = folder / f"{seed}/{key}-{kind}-{k}.jpg"
                write_picture(file, picture)
                rows.append(CropRow(file, key, family_key(product, seed), kind))
    return rows


def family_key(product: SyntheticProduct, seed: int) -> str:
    """Name a family uniquely over all stores."""
    return f"{seed}-{product.family}"


def write_picture(file: Path, image: ByteImage) -> None:
    """Write a JPEG of at most `CROP_SIDE_PX`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    scale = min(1.0, CROP_SIDE_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(file), small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


def main() -> None:
    """Render store after store, each in a process, and write the table last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--families", type=int, default=1000)
    parser.add_argument("--views", type=int, default=10, help="photos of each product")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stores = range(arguments.families // FAMILIES_PER_STORE)
    seeds = [arguments.seed * 1000 + store for store in stores]
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        jobs = [pool.submit(render_store, arguments.out, seed, arguments.views) for seed in seeds]
        rows = [row for job in track(jobs, "rendering") for row in job.result()]
    write_table(arguments.out / "crops.csv", rows)


if __name__ == "__main__":
    main()
