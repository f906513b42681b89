"""Catalogue pictures of ten thousand invented products, family by family, rendered once.

    .venv/bin/python evals/invented.py work/invented

Products of SEED alone: no model was trained on them. Ten minutes on two idle cores, 0.4 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
from rich.progress import track

from facings.rectify import trim_packshot
from facings_train.synthetic.products import make_products
from facings_train.synthetic.views import catalogue_picture

SEED, STORES, FAMILIES = 541, 45, 65
"""65 families are some 240 products."""
COUNT = 10_000
JPEG_QUALITY = 95


@dataclass(frozen=True)
class Invented:
    """One product that no shop sells."""

    file: Path
    """Its catalogue picture, trimmed to the pack."""
    family: int
    """Products of one family differ in flavour, amount or both."""


def invented_products(folder: Path) -> list[Invented]:
    """The first COUNT of them; what is not in `folder` yet is rendered."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [(folder, number) for number in range(STORES) if not _store(folder, number).exists()]
    if missing:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            rendered = pool.imap_unordered(_render, missing)
            for _ in track(rendered, "inventing", total=len(missing)):
                pass
    products = [
        Invented(file, number * FAMILIES + int(file.stem.split("-")[0]))
        for number in range(STORES)
        for file in sorted(_store(folder, number).glob("*.jpg"))
    ]
    if len(products) < COUNT:
        raise SystemExit(
            f"{folder}: {len(products)} pictures, {COUNT} expected; delete it and run this again"
        )
    return products[:COUNT]


def _store(folder: Path, number: int) -> Path:
    return folder / f"store-{number:02d}"


def _render(job: tuple[Path, int]) -> None:
    """One store, complete or not at all."""
    cv2.setNumThreads(1)
    folder, number = job
    draft = folder / f".draft-{number:02d}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for place, product in enumerate(make_products(SEED * 1000 + number, FAMILIES)):
        picture = cv2.cvtColor(trim_packshot(catalogue_picture(product)), cv2.COLOR_RGB2BGR)
        name = draft / f"{product.family:02d}-{place:03d}.jpg"
        cv2.imwrite(str(name), picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    draft.rename(_store(folder, number))


def main() -> None:
    """Render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    print(f"{len(invented_products(folder)):,} pictures in {folder}")


if __name__ == "__main__":
    main()
