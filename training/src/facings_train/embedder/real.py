"""Cut crops out of real pictures, for the embedder to learn how photographs look.

    python -m facings_train.embedder.real PICTURES OUT

Two kinds. Photos of grocery-store's packaged products (train split), cut to the product, with their
catalogue pictures: products with a name. And facings that the detector is sure of in pictures of
shelves and in the walk's frames: nobody says what they are, so each is a product of its own, seen
twice by augmentation, and the crops of one picture are one family, of which a batch takes one.
Brands in UNSEEN_BRANDS are left out, whole scenes that are held out and evaluation frames too.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.progress import track

from facings.capture import read_picture, read_video
from facings.detect import Detector
from facings.main_product import MainProductCrop
from facings.rectify import rectify
from facings.types import Frame
from facings_train.embedder.data import CropRow, write_table
from facings_train.embedder.render import write_picture
from facings_train.real.pictures import is_held_out, origin_of

UNSEEN_BRANDS = ("Alpro", "Tropicana")
"""Left out of every training, to judge by (evals/grocery_store.py)."""
VIDEO = "video/store_walk.ts"
EVERY_FRAME = 9
HELD_OUT_FRAMES = 100
"""The walk's first frames show the scene that is held out."""
SURE = 0.7
LEAST_PX = 40
FACINGS_A_PICTURE = 10


def shelf_pictures(pictures: Path) -> Iterator[Frame]:
    """Pictures of shelves and frames of the walk that may be trained on."""
    for file in sorted((pictures / "shelves" / "images").iterdir()):
        key = f"shelves/images/{file.name}"
        if not is_held_out(key):
            yield read_picture(file, name=key)
    for number, frame in enumerate(read_video(pictures / VIDEO, every_ms=0)):
        if number % EVERY_FRAME or number < HELD_OUT_FRAMES:
            continue
        key = f"{VIDEO}#{number}"
        try:
            origin_of(key)
        except ValueError:  # shows what an evaluation frame shows
            continue
        yield Frame(frame.image, key)


def cut_facings(pictures: Path, out: Path, detector: Detector) -> Iterator[CropRow]:
    """Crops of unnamed facings, at most FACINGS_A_PICTURE of each picture."""
    rng = np.random.default_rng(1)
    for number, frame in enumerate(track(list(shelf_pictures(pictures)), "shelves")):
        found = detector.detect(frame, SURE)
        large = [crop for crop in rectify(frame, found).images if min(crop.shape[:2]) >= LEAST_PX]
        for at in rng.permutation(len(large))[:FACINGS_A_PICTURE]:
            file = out / "facings" / f"{number:04d}-{at:03d}.jpg"
            write_picture(file, large[at])
            yield CropRow(file, file.stem, f"picture-{number}", "cut")


def cut_packages(grocery_store: Path, out: Path, detector: Detector) -> Iterator[CropRow]:
    """Crops of named packages, and their catalogue pictures."""
    with (grocery_store / "products.csv").open(encoding="utf-8", newline="") as lines:
        products = [row for row in csv.DictReader(lines) if row["group"] == "Packages"]
    with (grocery_store / "photos.csv").open(encoding="utf-8", newline="") as lines:
        photos = [row for row in csv.DictReader(lines) if row["split"] == "train"]
    cut = MainProductCrop(detector)
    for product in track(products, "packages"):
        if product["name"].startswith(UNSEEN_BRANDS):
            continue
        name = product["name"]
        files = [(product["iconic"], "catalogue")]
        files += [(row["file"], "cut") for row in photos if row["class_id"] == product["class_id"]]
        for source, role in files:
            frame = read_picture(grocery_store / source, name=source)
            if is_held_out(f"grocery-store/{source}"):
                continue
            file = out / "packages" / f"{Path(source).stem}.jpg"
            write_picture(file, frame.image if role == "catalogue" else cut(frame))
            yield CropRow(file, name, name, role)


def main() -> None:
    """Cut, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, help="folder of the real pictures")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    detector = Detector.load()
    packages = list(cut_packages(given.pictures / "grocery-store", given.out, detector))
    write_table(given.out / "packages.csv", packages)
    write_table(given.out / "facings.csv", cut_facings(given.pictures, given.out, detector))


if __name__ == "__main__":
    main()
