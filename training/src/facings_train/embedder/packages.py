"""Photos of real packages that no embedder was trained on, to find the published bars by.

The two brands of grocery-store's train split that every training leaves out; the test split, by
which the models are judged, is not read. Gallery: one catalogue picture of each of its items.
"""

from __future__ import annotations

import csv
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from facings.catalogue.gtin import check_digit, gtin14
from facings_train.embedder.real import UNSEEN_BRANDS


@dataclass(frozen=True)
class PackagePhoto:
    """A photo of one package."""

    file: Path
    gtin: str  # GTIN-14


def write_catalogue(grocery_store: Path, table: Path) -> None:
    """Write all items as an import file, with their catalogue pictures."""
    table.write_text(
        json.dumps(
            [
                {
                    "gtin": _gtin(row),
                    "name": row["name"].replace("-", " "),
                    "brand": row["name"].partition("-")[0],
                    "category": row["coarse"],
                    "pictures": [
                        {"file": str((grocery_store / row["iconic"]).resolve()), "view": "front"}
                    ],
                    "source": "GroceryStoreDataset (MIT)",
                }
                for row in _rows(grocery_store / "products.csv")
            ]
        )
    )


def unseen_packages(grocery_store: Path) -> list[PackagePhoto]:
    """Development photos of the brands that are left out of every training."""
    gtins = {
        row["class_id"]: _gtin(row)
        for row in _rows(grocery_store / "products.csv")
        if row["name"].startswith(UNSEEN_BRANDS)
    }
    return [
        PackagePhoto(grocery_store / row["file"], gtins[row["class_id"]])
        for row in _rows(grocery_store / "photos.csv")
        if row["split"] == "train" and row["class_id"] in gtins
    ]


def is_item_left_out(product: dict[str, object]) -> bool:
    """A fifth of the items: these brands are too few to leave out lines of them."""
    return zlib.crc32(str(product["name"]).encode()) % 5 == 0


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _gtin(row: dict[str, str]) -> str:
    """Its own number, or one under the demonstration prefix 952 where that is not known."""
    body = f"952{int(row['class_id']):09d}"
    return gtin14(row["gtin"] or body + check_digit(body))
