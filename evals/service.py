"""A phone photo of a real package, sent to the service: what a shopper hears about it.

    .venv/bin/python evals/service.py ../shared/data/grocery-store

Serves the 20 packaged products of grocery-store (see grocery_store.py), with 50 sorts of fruit and
vegetables beside them; sends test photos to POST /v1/scan with the profile of a person who avoids
milk, eats vegan and wants little sugar. Writes evals/results/service.json: for how many photos the
answer holds the right GTIN with its ingredients, an allergen that is known, nutrition, Nutri-Score
(its grade, or what lacks to tell) and a verdict with its reasons, and one answer in full.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from fastapi.testclient import TestClient
from rich.progress import track

from facings.client import FacingsClient
from facings.main_product import main_index
from facings.server.app import create_app
from facings.server.schemas.frame import FacingOut, FrameOut, OptionsIn
from facings.server.schemas.profile import AvoidIn, LimitIn, ProfileIn
from facings.server.settings import ServerSettings
from facings.types import Detections
from grocery_store import open_recognizer, product_of, read_csv
from results_file import write_result

PHOTOS_A_PRODUCT = 5
TAGS = {  # Open Food Facts' category tags of the data set's own categories
    "Juice": ("en:beverages", "en:fruit-juices"),
    "Milk": ("en:beverages", "en:milks"),
    "Oat-Milk": ("en:beverages", "en:plant-based-milk-alternatives"),
    "Soy-Milk": ("en:beverages", "en:plant-based-milk-alternatives"),
    "Sour-Cream": ("en:sour-creams",),
    "Sour-Milk": ("en:soured-milks",),
    "Soyghurt": ("en:plant-based-yogurts",),
    "Yoghurt": ("en:yogurts",),
}
WISHES = OptionsIn(
    include=frozenset({"product", "knowledge", "timing"}),
    profile=ProfileIn(
        avoid=(AvoidIn(code="AM"),),
        diets=("vegan",),
        limits=(LimitIn(nutrient="sugars_g", most=5),),
        worst_grade="C",
    ),
)


def main_facing(frame: FrameOut) -> FacingOut | None:
    """Choose the facing over the middle of a photo; None when none was found there."""
    if not frame.facings or not frame.width or not frame.height:
        return None
    boxes = np.array([facing.box_xyxy for facing in frame.facings], np.float32)
    scores = np.array([facing.score for facing in frame.facings], np.float32)
    main = main_index(Detections(boxes, scores), (frame.width, frame.height))
    return None if main is None else frame.facings[main]


def told(facing: FacingOut | None, gtin: str) -> dict[str, bool]:
    """Say what of all that a shopper wants to know is in the answer."""
    product = facing.product if facing and facing.gtin == gtin else None
    known = product.knowledge if product else None
    levels = {each.level for each in known.allergens} if known else set()
    score = known.nutri_score if known else None
    return {
        "gtin": product is not None,
        "ingredients": bool(product and product.ingredients),
        "allergens": bool(levels - {"unknown"}),
        "nutrition": bool(product and product.nutrition_per_100),
        "nutri_score": bool(score and score.best_grade and score.reason),
        "verdict": bool(product and product.verdict and product.verdict.reasons),
    }


def photos_of(folder: Path, packaged: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """List the first test photos of each packaged product."""
    rows = [row for row in read_csv(folder / "photos.csv") if row["split"] == "test"]
    return [
        row
        for item in packaged
        for row in [each for each in rows if each["class_id"] == item["class_id"]][
            :PHOTOS_A_PRODUCT
        ]
    ]


def main() -> None:
    """Serve, ask, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the data set's folder")
    folder: Path = parser.parse_args().folder
    if not (folder / "products.csv").exists():
        raise SystemExit(f"{folder} has no products.csv: get the data set first (docs/data/)")
    items = read_csv(folder / "products.csv")
    products = {
        row["class_id"]: product_of(row, folder)
        | ({"category_tags": TAGS[row["coarse"]]} if row["coarse"] in TAGS else {})
        for row in items
    }
    photos = photos_of(folder, [row for row in items if row["group"] == "Packages"])
    answers: list[tuple[dict[str, bool], float, FacingOut | None]] = []
    with (
        tempfile.TemporaryDirectory() as home,
        open_recognizer(Path(home), list(products.values())) as recognizer,
    ):
        models = [recognizer.detector.manifest.label, recognizer.embedder.manifest.label]
        with TestClient(
            create_app(recognizer, Path(home), ServerSettings(open_to_all=True))
        ) as http:
            client = FacingsClient(http=http)
            for row in track(photos, "asking"):
                started = time.perf_counter()
                facing = main_facing(client.scan(folder / row["file"], WISHES))
                took_ms = 1000 * (time.perf_counter() - started)
                gtin = str(products[row["class_id"]]["gtin"])
                answers.append((told(facing, gtin), took_ms, facing))
    complete = [facing for found, _, facing in answers if all(found.values()) and facing]
    write_result(
        "service",
        {
            "data": "grocery-store, test split of the 20 packaged products",
            "n": len(answers),
            "asked": json.loads(WISHES.model_dump_json()),
            "told": {name: sum(found[name] for found, _, _ in answers) for name in answers[0][0]},
            "everything": len(complete),
            "median_latency_ms": round(median(took for _, took, _ in answers), 1),
            "an answer": json.loads(complete[0].model_dump_json(exclude_none=True)),
        },
        models,
    )


if __name__ == "__main__":
    main()
