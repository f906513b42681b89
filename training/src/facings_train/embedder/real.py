"""List the real pictures that the embedder learns from: grocery-store, without the unseen brands.

    python -m facings_train.embedder.real ../shared/data/grocery-store work/embedder/real

Train and val photos of packages are also cut to their main product, as the runtime cuts them.
Writes `crops.csv` and the cut pictures; 3 minutes on one core.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.retrieval import MainProductCrop
from facings_train.embedder.data import UNSEEN_BRANDS, CropRow, write_table


def seen_items(folder: Path) -> dict[str, dict[str, str]]:
    """Items of grocery-store by class, without the brands kept for judging."""
    with (folder / "products.csv").open(newline="") as lines:
        items = {row["class_id"]: row for row in csv.DictReader(lines)}
    return {i: row for i, row in items.items() if not row["name"].startswith(UNSEEN_BRANDS)}


def grocery_store_rows(folder: Path) -> tuple[CropRow, ...]:
    """Read the train and val split of grocery-store (MIT).

    A family is a kind of item: all juices, all milks, all apples.
    """
    seen = seen_items(folder)
    rows = [
        CropRow(folder / row["iconic"], row["name"], row["coarse"], "catalogue")
        for row in seen.values()
    ]
    with (folder / "photos.csv").open(newline="") as lines:
        for photo in csv.DictReader(lines):
            if photo["split"] != "test" and photo["class_id"] in seen:
                item = seen[photo["class_id"]]
                rows.append(CropRow(folder / photo["file"], item["name"], item["coarse"], "photo"))
    return tuple(rows)


def cut_rows(rows: tuple[CropRow, ...], folder: Path) -> list[CropRow]:
    """Cut photos to their main product and write them to `folder`; the rows of the cuts."""
    folder.mkdir(parents=True, exist_ok=True)
    crop = MainProductCrop(Detector.load(threads=1))
    cuts = []
    for number, row in enumerate(track(rows, "cutting")):
        file = folder / f"{number:05d}.png"
        cv2.imwrite(str(file), crop(read_picture(row.file))[:, :, ::-1])
        cuts.append(CropRow(file, row.product, row.family, "cut"))
    return cuts


def main() -> None:
    """Write the table and the cuts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grocery_store", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rows = grocery_store_rows(arguments.grocery_store)
    packages = {
        item["name"]
        for item in seen_items(arguments.grocery_store).values()
        if item["group"] == "Packages"
    }
    photos = tuple(row for row in rows if row.role == "photo" and row.product in packages)
    cuts = cut_rows(photos, arguments.out / "cuts")
    write_table(arguments.out / "crops.csv", (*rows, *cuts))


if __name__ == "__main__":
    main()
