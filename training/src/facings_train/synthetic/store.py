"""Write a whole demonstration store: products, catalogue pictures, shelves with truth, crops."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import Progress

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.package import SpriteCache
from facings_train.synthetic.products import SyntheticProduct, make_products
from facings_train.synthetic.scene import render_shelf
from facings_train.synthetic.style import CAREFUL
from facings_train.synthetic.truth import RenderedShelf
from facings_train.synthetic.views import CATALOGUE_VIEWS, catalogue_picture

SHELF_SIZE_WH = (1600, 1200)
CROPS_PER_SHELF = 15
CLEAR_SHARE = 0.6
"""Facings of which at least so much shows are cut out as crops."""
CROWD_SHARE = 0.35
"""Facings of which less shows are ignored in evaluation (COCO's iscrowd)."""
JPEG_QUALITY = 90
SOURCE = "Facings demonstration store, generated, Apache-2.0"


def write_store(
    folder: Path | str, *, seed: int = 7, families: int = 80, shelves: int = 12, workers: int = 2
) -> None:
    """Write a store that never existed, byte for byte the same for the same arguments.

    Args:
        folder: must not exist; appears complete or not at all.
        seed: of the products, the shelves and the crops.
        families: lines of 2 to 6 products.
        shelves: pictures of shelves.
        workers: processes; does not change a byte.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(f"{target} exists already; remove it or name another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _fill(draft, seed, families, shelves, workers)
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _fill(folder: Path, seed: int, families: int, shelves: int, workers: int) -> None:
    for name in ("pictures", "shelves", "crops"):
        (folder / name).mkdir()
    products = make_products(seed, families)
    _write_json(folder / "products.json", [product_record(product) for product in products])
    jobs: list[tuple[str, Path, int, int, int]] = [
        ("shelf", folder, seed, families, number) for number in range(shelves)
    ]
    jobs += [("pictures", folder, seed, families, number) for number in range(len(products))]
    truths: list[RenderedShelf] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Generating the store", total=len(jobs))
        for shelf in _run(jobs, workers):
            progress.advance(task)
            if shelf is not None:
                truths.append(shelf)
    _write_json(folder / "shelves" / "truth.json", coco_truth(truths))
    _write_crops(folder, truths, seed)
    _write_csv(
        folder / "gallery.csv",
        [
            (f"pictures/{natural_gtin(product.gtin)}-{view}.jpg", product.gtin)
            for product in products
            for view in CATALOGUE_VIEWS
        ],
    )


def _run(
    jobs: list[tuple[str, Path, int, int, int]], workers: int
) -> Iterable[RenderedShelf | None]:
    if workers <= 1:
        yield from map(_do, jobs)
        return
    with get_context("spawn").Pool(workers, initializer=_start_worker) as pool:
        yield from pool.imap(_do, jobs)


def _start_worker() -> None:
    cv2.setNumThreads(1)


_STORES: dict[tuple[int, int], tuple[tuple[SyntheticProduct, ...], SpriteCache]] = {}
"""One store a process: its products are the same in every process."""


def _do(job: tuple[str, Path, int, int, int]) -> RenderedShelf | None:
    kind, folder, seed, families, number = job
    if (seed, families) not in _STORES:
        _STORES[seed, families] = (make_products(seed, families), SpriteCache())
    products, sprites = _STORES[seed, families]
    if kind == "pictures":
        product = products[number]
        own = SpriteCache()
        for view in CATALOGUE_VIEWS:
            name = f"{natural_gtin(product.gtin)}-{view}.jpg"
            _write_jpeg(folder / "pictures" / name, catalogue_picture(product, view, sprites=own))
        return None
    shelf = render_shelf(
        products, seed * 1009 + number, size_wh=SHELF_SIZE_WH, style=CAREFUL, sprites=sprites
    )
    _write_jpeg(folder / "shelves" / shelf_name(number), shelf.image)
    return shelf


def shelf_name(number: int) -> str:
    """File name of a shelf picture."""
    return f"shelf-{number:03d}.jpg"


def natural_gtin(gtin: str) -> str:
    """The 13 digits printed under the barcode."""
    return gtin[1:]


def product_record(product: SyntheticProduct) -> dict[str, object]:
    """A product in the documented import form."""
    gtin = natural_gtin(product.gtin)
    return {
        "gtin": gtin,
        "name": product.name,
        "brand": product.brand,
        "variant": product.variant,
        "net_content": product.net_content,
        "category": product.category,
        "ingredients": product.ingredients,
        "allergens": dict(product.allergens),
        "nutrition_per_100": dict(product.nutrition_per_100),
        "price_cents": product.price_cents,
        "currency": product.currency,
        "size_mm": [product.width_mm, product.height_mm],
        "offers": [asdict(offer) for offer in product.offers],
        "reviews": [asdict(review) for review in product.reviews],
        "source": SOURCE,
        "pictures": [
            {"file": f"pictures/{gtin}-{view}.jpg", "view": view} for view in CATALOGUE_VIEWS
        ],
    }


def coco_truth(shelves: Sequence[RenderedShelf]) -> dict[str, object]:
    """The truth of shelf pictures as COCO, boxes as x, y, width, height."""
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, shelf in enumerate(shelves, start=1):
        images.append(
            {
                "id": number,
                "file_name": shelf_name(number - 1),
                "width": shelf.image.shape[1],
                "height": shelf.image.shape[0],
                "shelf_lines_xyxy": _rounded(shelf.shelf_lines_xyxy),
                "gap_boxes_xyxy": _rounded(shelf.gap_boxes_xyxy),
            }
        )
        for entry in (*_product_entries(shelf), *_tag_entries(shelf)):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **entry})
    return {
        "info": {"description": "Facings demonstration shelves, generated", "version": "1"},
        "licenses": [{"id": 1, "name": "Apache-2.0"}],
        "categories": [{"id": 1, "name": "product"}, {"id": 2, "name": "price_tag"}],
        "images": images,
        "annotations": annotations,
    }


def _product_entries(shelf: RenderedShelf) -> list[dict[str, object]]:
    return [
        {
            "category_id": 1,
            **_coco_box(shelf.boxes_xyxy[i]),
            "iscrowd": int(shelf.visible_share[i] < CROWD_SHARE),
            "gtin": shelf.gtins[i],
            "quad": _rounded(shelf.quads[i]),
            "visible_share": round(float(shelf.visible_share[i]), 3),
            "shelf_index": int(shelf.shelf_index[i]),
            "position_index": int(shelf.position_index[i]),
        }
        for i in range(len(shelf.gtins))
    ]


def _tag_entries(shelf: RenderedShelf) -> list[dict[str, object]]:
    return [
        {"category_id": 2, **_coco_box(box), "iscrowd": 0} for box in shelf.price_tag_boxes_xyxy
    ]


def _coco_box(box_xyxy: FloatArray) -> dict[str, object]:
    left, top, right, bottom = (round(float(value), 1) for value in box_xyxy)
    width, height = round(right - left, 1), round(bottom - top, 1)
    return {"bbox": [left, top, width, height], "area": round(width * height, 1)}


def _rounded(values: FloatArray) -> list[object]:
    rounded: list[object] = np.round(values.astype(float), 1).tolist()
    return rounded


def _write_crops(folder: Path, shelves: Sequence[RenderedShelf], seed: int) -> None:
    rows: list[tuple[str, str]] = []
    for number, shelf in enumerate(shelves):
        rng = np.random.default_rng([seed, number, 0xC209])
        clear = np.flatnonzero(shelf.visible_share >= CLEAR_SHARE)
        for i in sorted(rng.permutation(clear)[:CROPS_PER_SHELF].tolist()):
            name = f"crops/shelf-{number:03d}-{i:03d}.jpg"
            crop = cut_crop(shelf.image, shelf.boxes_xyxy[i], rng)
            if crop is None:
                continue
            _write_jpeg(folder / name, crop)
            rows.append((name, shelf.gtins[i]))
    _write_csv(folder / "queries.csv", rows)


def cut_crop(image: ByteImage, box_xyxy: FloatArray, rng: np.random.Generator) -> ByteImage | None:
    """Cut a box as inexactly as a good detector; None where too little is left."""
    size = np.array([box_xyxy[2] - box_xyxy[0], box_xyxy[3] - box_xyxy[1]] * 2)
    left, top, right, bottom = np.round(box_xyxy + rng.normal(0, 0.015, 4) * size).astype(int)
    height, width = image.shape[:2]
    crop = image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    return np.ascontiguousarray(crop) if min(crop.shape[:2]) >= 12 else None


def _write_jpeg(path: Path, image: ByteImage) -> None:
    ok, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not ok:
        raise ValueError(f"cannot write {path.name}: a picture of shape {image.shape}")
    path.write_bytes(data.tobytes())


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("file", "product_id"))
        writer.writerows(rows)
