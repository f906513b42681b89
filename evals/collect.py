"""Real products collected one after the other: how long until a scan finds each.

    python evals/collect.py --home demo/home --data ../shared/data/grocery-store

Each is bound to its number by a drawn barcode and one catalogue picture, as `facings collect` does
it, on top of the demo catalogue; then photos of it, taken by others, are scanned. The time is the
machine's, from the session's begin to the first scan's answer; a person adds what three
photographs take.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image

from facings.catalogue.enrol import enrol_into
from facings.collect.binding import bind
from facings.collect.eyes import open_eyes
from facings.collect.field import FieldFolder, Session, now
from facings.recognizer import Recognizer
from results_file import write_result

PHOTOS = 5


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one product."""

    name: str
    faults: tuple[str, ...]
    """Of its catalogue picture."""
    seconds: float
    """Until the first scan was answered."""
    found: int
    """Photos in which a scan told it."""
    photos: int


def main() -> None:
    """Collect every product with a number, and scan the first of its test photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    said = parser.parse_args()
    products = [row for row in _rows(said.data / "products.csv") if row["gtin"]]
    photos = [row for row in _rows(said.data / "photos.csv") if row["split"] == "test"]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        home = shutil.copytree(said.home, Path(scratch) / "home")
        with Recognizer.open(home) as recognizer:
            for product in products:
                of_product = [r for r in photos if r["class_id"] == product["class_id"]][:PHOTOS]
                files = [said.data / each["file"] for each in of_product]
                rows.append(_collect(product, said.data, files, recognizer, home))
                print(rows[-1])
    seconds = [row.seconds for row in rows]
    results = {
        "products": [asdict(row) for row in rows],
        "seconds_median": round(float(np.median(seconds)), 2),
        "seconds_most": round(max(seconds), 2),
        "found_in_a_photo": sum(row.found > 0 for row in rows),
        "photos_found": sum(row.found for row in rows),
        "photos": sum(row.photos for row in rows),
        "n": len(rows),
    }
    write_result("collect", results, ("facings-detector", "facings-embedder"))


def _collect(
    product: dict[str, str], data: Path, photos: list[Path], recognizer: Recognizer, home: Path
) -> Collected:
    start = time.perf_counter()
    folder = FieldFolder(home / "collect", open_eyes(recognizer.detector, recognizer.reader))
    session = Session(product["class_id"], "Shop", "ann", "measured only", now())
    folder.begin(session)
    folder.add(session.id, "code", "barcode", _barcode(product["gtin"]))
    front = folder.add(session.id, "front", "product", (data / product["iconic"]).read_bytes())

    def enrol(gtin: str, files: list[Path]) -> None:
        enrol_into(
            recognizer.index,
            gtin,
            files,
            name=product["name"],
            records=recognizer.records,
            embedder=recognizer.embedder,
        )

    bound = bind(folder, session.id, ["code", "front"], None, enrol)
    found = 0
    seconds = 0.0
    for photo in photos:
        facings = recognizer.scan(photo).facings
        found += any(each.match.gtin == bound.gtin for each in facings)
        seconds = seconds or time.perf_counter() - start
    faults = front.capture.faults
    return Collected(product["name"], faults, round(seconds, 2), found, len(photos))


def _barcode(gtin: str) -> bytes:
    drawn = zxingcpp.create_barcode(gtin, zxingcpp.BarcodeFormat.EAN13).to_image(scale=4)
    picture = Image.new("L", (1280, 720), 235)
    picture.paste(Image.fromarray(np.asarray(drawn)), (400, 260))
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


if __name__ == "__main__":
    main()
