"""What is asked among many products, and of which gallery: real packages, rendered shelves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from facings.capture import read_picture
from facings.catalogue.gtin import gtin14
from facings.detect import Detector
from facings.evaluate.end_to_end import match_boxes
from facings.evaluate.retrieval import LabelledPicture, read_labelled_pictures
from facings.main_product import MainProductCrop
from facings.rectify import rectify, tilts_deg
from facings.types import ByteImage, FloatArray
from grocery_store import PHOTOS_A_PACKAGE, UNSEEN_BRANDS, product_of, read_csv, spread

CROP_SIDES_PX = (0, 60, 90, 120, 200, 10_000)
TILTS_DEG = (0, 2, 5, 10, 90)
VISIBLE_PERCENT = (35, 60, 80, 95, 101)

Groups = Mapping[str, NDArray[np.bool_]]
"""Name to which of the queries (Q,)."""


@dataclass(frozen=True)
class Asked:
    """Q queries."""

    looks: tuple[tuple[ByteImage, ...], ...]
    """Of each what may show its product best; the one counts that is most like the gallery."""
    products: tuple[str, ...]
    """The right one of each."""
    groups: Groups


@dataclass(frozen=True)
class Sets:
    """Queries, and the galleries in which they are looked up."""

    data: str
    asked: Asked
    galleries: Mapping[str, Sequence[LabelledPicture]]
    brand_of: Mapping[str, str]
    """Product to its brand, of all galleries."""


def real_packages(folder: Path, detector: Detector) -> Sets:
    """Test photos of grocery-store's packages, with every look at each."""
    items = read_csv(folder / "products.csv")
    gtins = {row["class_id"]: str(product_of(row, folder)["gtin"]) for row in items}
    packaged = {row["class_id"]: row["name"] for row in items if row["group"] == "Packages"}
    photos = [row for row in read_csv(folder / "photos.csv") if row["class_id"] in packaged]

    def labelled(rows: Sequence[Mapping[str, str]], column: str) -> list[LabelledPicture]:
        return [LabelledPicture(folder / row[column], gtins[row["class_id"]]) for row in rows]

    test = [row for row in photos if row["split"] == "test"]
    shot = [row for row in photos if row["split"] == "train"]
    catalogue = labelled(items, "iconic")
    cut = MainProductCrop(detector)
    looks = tuple(cut.looks(read_picture(folder / row["file"])) for row in track(test, "cutting"))
    # The second look is the detector's cut; there is but the whole photo where it found nothing.
    cuts = [each[1] if len(each) > 1 else each[0] for each in looks]
    unseen = np.array([packaged[row["class_id"]].startswith(UNSEEN_BRANDS) for row in test])
    return Sets(
        "test photos of grocery-store's 20 packages, each by its best look",
        Asked(
            looks,
            tuple(gtins[row["class_id"]] for row in test),
            {
                "all": unseen | True,
                "brands never trained on": unseen,
                "brands of version 1's training": ~unseen,
                **_by_side(cuts),
            },
        ),
        {
            "one catalogue picture": catalogue,
            **{
                f"{count} photos beside it": [*catalogue, *labelled(spread(shot, count), "file")]
                for count in PHOTOS_A_PACKAGE
            },
        },
        {gtins[row["class_id"]]: row["name"].split("-")[0] for row in items},
    )


def rendered_shelves(stores: Sequence[Path], detector: Detector) -> Sets:
    """Facings that the detector finds on rendered shelves of which every product is known."""
    crops: list[ByteImage] = []
    products: list[str] = []
    tilts: list[float] = []
    visible: list[float] = []
    for store in stores:
        for file, facings in track(_shelves(store), store.name):
            frame = read_picture(file)
            detections = detector.detect(frame)
            truth = np.array([facing["bbox"] for facing in facings], np.float32)
            truth[:, 2:] += truth[:, :2]
            quads = np.array([facing["quad"] for facing in facings], np.float32)
            leans = _leans_deg(quads)
            owners = match_boxes(detections.boxes_xyxy, truth)
            found = rectify(frame, detections).images
            for crop, owner in zip(found, owners.tolist(), strict=True):
                if owner >= 0:
                    crops.append(crop)
                    products.append(gtin14(facings[owner]["gtin"]))
                    tilts.append(float(leans[owner]))
                    visible.append(100 * facings[owner]["visible_share"])
    views = [
        LabelledPicture(each.file, gtin14(each.product_id))
        for store in stores
        for each in read_labelled_pictures(store / "gallery.csv")
    ]
    return Sets(
        f"facings found on {len(stores)} rendered stores of seeds of their own",
        Asked(
            tuple((crop,) for crop in crops),
            tuple(products),
            {
                "all": np.ones(len(crops), np.bool_),
                **_by_side(crops),
                **_between(np.array(tilts), TILTS_DEG, "leaning {} to {} degrees"),
                **_between(np.array(visible), VISIBLE_PERCENT, "{} to {} % visible"),
            },
        ),
        {
            "one catalogue picture": [each for each in views if each.file.stem.endswith("front")],
            "three catalogue pictures": views,
        },
        {gtin: brand for store in stores for gtin, brand in _brands(store)},
    )


def _shelves(store: Path) -> list[tuple[Path, list[dict[str, object]]]]:
    coco = json.loads((store / "shelves" / "truth.json").read_text())
    return [
        (
            store / "shelves" / image["file_name"],
            [
                each
                for each in coco["annotations"]
                if each["image_id"] == image["id"]
                and each["category_id"] == 1
                and not each["iscrowd"]
            ],
        )
        for image in coco["images"]
    ]


def _brands(store: Path) -> Iterator[tuple[str, str]]:
    for product in json.loads((store / "products.json").read_text()):
        yield gtin14(product["gtin"]), product["brand"]


def _leans_deg(quads: FloatArray) -> FloatArray:
    """(N,) degrees by which a front leans or its upper edge slants, the larger."""
    across = quads[:, 1] - quads[:, 0]
    slant = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    return np.asarray(np.maximum(np.abs(tilts_deg(quads)), np.abs(slant)), np.float32)


def _by_side(crops: Sequence[ByteImage]) -> Groups:
    sides = np.array([min(crop.shape[:2]) for crop in crops], np.float64)
    return _between(sides, CROP_SIDES_PX, "shorter side {} to {} px")


def _between(values: NDArray[np.float64], limits: Sequence[int], name: str) -> Groups:
    """Which values lie between each two limits, where any do."""
    groups = {
        name.format(low, high): (values >= low) & (values < high) for low, high in pairwise(limits)
    }
    return {title: rows for title, rows in groups.items() if rows.any()}
