"""Real packages: 20 products of Swedish shops, known by one catalogue picture each.

    .venv/bin/python evals/grocery_store.py ../shared/data/grocery-store

Imports the packaged products of grocery-store (Klasson et al., WACV 2019, MIT) with what their
information files say, indexes their catalogue pictures with those of 50 fruits and vegetables
beside them, and scans the phone photos of the test split. Writes evals/results/grocery-store.json.
Products of the brands in UNSEEN_BRANDS were never trained on.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from rich.progress import track

from facings.catalogue.gallery import embed_pictures
from facings.catalogue.gtin import check_digit, gtin14
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.evaluate.end_to_end import count_shares, outcome
from facings.evaluate.retrieval import (
    LabelledPicture,
    evaluate_retrieval,
)
from facings.main_product import MainProductCrop, main_index
from facings.recognizer import Recognizer
from facings.retrieve.build import build_index
from facings.scan import Scan
from facings.settings import Settings
from facings.types import Detections, Match
from results_file import write_result

UNSEEN_BRANDS = ("Alpro", "Tropicana")  # left out of every training, to judge by
ONE_FRONT = ("Alpro-Fresh-Soy-Milk", "Alpro-Shelf-Soy-Milk")
"""Cartons with the same front: one has a roof, and is kept cool."""
PHOTOS_A_PACKAGE = (3, 10)  # of the train split, as a shop may add them to its gallery
NUTRIENTS = {
    "energi": "energy_kj",
    "energy": "energy_kj",
    "fett": "fat",
    "fat": "fat",
    "varav mättat fett": "saturated_fat",
    "of which saturated fat": "saturated_fat",
    "kolhydrat": "carbohydrates",
    "carbohydrate": "carbohydrates",
    "varav sockerarter": "sugars",
    "of which sugars": "sugars",
    "fiber": "fiber",
    "protein": "proteins",
    "salt": "salt",
}


def read_csv(file: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def stand_in_gtin(class_id: int) -> str:
    """GTIN under the demonstration prefix 952 for an item whose own is not known."""
    body = f"952{class_id:09d}"
    return gtin14(body + check_digit(body))


def product_of(row: dict[str, str], folder: Path) -> dict[str, object]:
    """One item in the import form, with what its information file says."""
    gtin = gtin14(row["gtin"]) if row["gtin"] else stand_in_gtin(int(row["class_id"]))
    product: dict[str, object] = {
        "gtin": gtin,
        "name": row["name"].replace("-", " "),
        "category": row["coarse"],
        "pictures": [{"file": str((folder / row["iconic"]).resolve()), "view": "front"}],
        "source": "GroceryStoreDataset (MIT)",
    }
    return product | (information(folder / row["information"]) if row["information"] else {})


def information(file: Path) -> dict[str, object]:
    """Name, brand, size, ingredients and nutrition from an information file."""
    text = file.read_text(encoding="utf-8")
    fields = dict(
        re.findall(r"^(Title|Manufacturer and volume|Ingredients): *(.*?) *$", text, re.M)
    )
    nutrition: dict[str, float] = {}
    for name, amount, unit in re.findall(r"^ +(\D+?) ca ([\d.]+) (\w+)", text, re.M):
        if NUTRIENTS.get(name) == "energy_kj" and not unit.startswith("kilojoule"):
            continue
        if name in NUTRIENTS:
            nutrition.setdefault(NUTRIENTS[name], float(amount))
    brand, _, volume = fields["Manufacturer and volume"].partition(" , ")
    return {
        "name": fields["Title"],
        "brand": brand,
        "net_content": volume or None,
        "ingredients": fields.get("Ingredients") or None,
        "nutrition_per_100": nutrition,
    }


def open_recognizer(home: Path, products: list[dict[str, object]]) -> Recognizer:
    """Import the products, embed their pictures and build the index, all in `home`."""
    table = home / "products.json"
    table.write_text(json.dumps(products))
    settings = Settings(home=home)
    embedder = Embedder.load()
    with Records.open(settings.resolved_database_url) as records:
        report = import_products(table, records)
        if report.rejected:
            raise SystemExit(f"rejected: {report.rejected}")
        embed_pictures(records, embedder)
        build_index(records, settings.index_folder, embedder.id, embedder.manifest.thresholds)
    return Recognizer.open(home)


def spread(photos: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    """`count` photos of each class, evenly through what was shot of it."""
    of_class: dict[str, list[dict[str, str]]] = {}
    for row in photos:
        of_class.setdefault(row["class_id"], []).append(row)
    return [rows[len(rows) * i // count] for rows in of_class.values() for i in range(count)]


def main_match(scan: Scan) -> Match | None:
    """Answer for the facing over the middle of a photo; None when none was found there."""
    if not scan.facings:
        return None
    boxes = np.array([facing.box_xyxy for facing in scan.facings], np.float32)
    scores = np.array([facing.score for facing in scan.facings], np.float32)
    main = main_index(Detections(boxes, scores), scan.size_wh)
    return None if main is None else scan.facings[main].match


def hits(
    gallery: Sequence[LabelledPicture], queries: Sequence[LabelledPicture], recognizer: Recognizer
) -> dict[str, object]:
    """hit@k with whole photos and with our own detector's crop of them."""
    detected = MainProductCrop(recognizer.detector).looks
    return {
        name: evaluate_retrieval(
            gallery, queries, recognizer.embedder, looks, recognizer.reader
        ).to_dict()
        for name, looks in (("whole photo", None), ("detected crop", detected))
    }


def scan_all(recognizer: Recognizer, queries: Sequence[LabelledPicture]) -> dict[str, object]:
    """Scan every photo: shares of outcomes with intervals, and milliseconds a stage."""
    outcomes: list[str] = []
    stages: dict[str, list[float]] = {}
    for query in track(queries, "scanning"):
        scan = recognizer.scan(query.file)
        match = main_match(scan)
        outcomes.append(outcome(match, query.product_id) if match else "not found")
        for stage, latency_ms in scan.latency_ms.items():
            stages.setdefault(stage, []).append(latency_ms)
    return {
        "outcomes": count_shares(outcomes),
        "median_latency_ms": {name: round(median(values), 2) for name, values in stages.items()},
    }


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the data set's folder")
    folder: Path = parser.parse_args().folder
    if not (folder / "products.csv").exists():
        raise SystemExit(f"{folder} has no products.csv: get the data set first (docs/data/)")
    items = read_csv(folder / "products.csv")
    products = {row["class_id"]: product_of(row, folder) for row in items}
    packaged = {row["class_id"]: row["name"] for row in items if row["group"] == "Packages"}
    gallery = [
        LabelledPicture(folder / row["iconic"], str(products[row["class_id"]]["gtin"]))
        for row in items
    ]
    of_packages = [row for row in read_csv(folder / "photos.csv") if row["class_id"] in packaged]
    photos = [row for row in of_packages if row["split"] == "test"]
    shot = [row for row in of_packages if row["split"] == "train"]

    def labelled(rows: list[dict[str, str]]) -> list[LabelledPicture]:
        return [
            LabelledPicture(folder / row["file"], str(products[row["class_id"]]["gtin"]))
            for row in rows
        ]

    unseen = [row for row in photos if packaged[row["class_id"]].startswith(UNSEEN_BRANDS)]
    seen = [row for row in photos if row not in unseen]
    told_apart = [row for row in unseen if packaged[row["class_id"]] not in ONE_FRONT]
    with (
        tempfile.TemporaryDirectory() as home,
        open_recognizer(Path(home), list(products.values())) as recognizer,
    ):
        write_result(
            "grocery-store",
            {
                "data": "grocery-store, test split of the 20 packaged products",
                "gallery": f"{len(packaged)} packaged + {len(items) - len(packaged)} produce, "
                "one catalogue picture each",
                "n": len(photos),
                "all products": hits(gallery, labelled(photos), recognizer),
                "seen in training (Arla, Bravo)": hits(gallery, labelled(seen), recognizer),
                "unseen brands (Alpro, Tropicana)": hits(gallery, labelled(unseen), recognizer),
                "... without two cartons that have one front": hits(
                    gallery, labelled(told_apart), recognizer
                ),
                **{
                    f"{whose}, {count} photos a package beside its catalogue picture": hits(
                        [*gallery, *labelled(spread(shot, count))], labelled(rows), recognizer
                    )
                    for count in PHOTOS_A_PACKAGE
                    for whose, rows in (
                        ("unseen brands", unseen),
                        ("... without the two cartons", told_apart),
                    )
                },
                "scan": scan_all(recognizer, labelled(photos)),
            },
            [recognizer.detector.manifest.label, recognizer.embedder.manifest.label],
        )


if __name__ == "__main__":
    main()
