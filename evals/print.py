"""Print read in a browser, and by rapidocr, on facings that are ambiguous otherwise.

    PYTHONPATH=web/e2e .venv/bin/python evals/print.py work/fresh-511 [STORE ...]

Each argument is a store rendered as for evals/families.py. Every facing found is decided by what a
phone has, then with pictures compared by blocks, as a phone that reaches the service does, then
with the lines that each reader reads on what is ambiguous still: the browser's networks, in the
steps of web/e2e/print_reader.py, and rapidocr; and once read, but not compared, as offline. With
--packages, the folder of grocery-store, words of the names of real packages are looked for on three
photos of each (training split), too. Writes evals/results/print.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from print_reader import MODELS, BrowserReader
from rich.progress import track

from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.end_to_end import read_shelf_truths
from facings.evidence.words import (
    PrintReader,
    RapidReader,
    fold_print,
    lines_on,
    share_read,
    weigh_words,
)
from facings.main_product import gallery_crop
from facings.rerank import rerank
from facings_train.embedder.observe import Gallery, open_gallery
from families import Look, compare_by_blocks, look
from grocery_store import read_csv, spread
from results_file import write_result

PHOTOS_A_PACKAGE = 3
MOSTLY = 0.6
"""Share of a word from which it counts as read: a letter of ten may be wrong."""


class Reading:
    """What came of one reader."""

    def __init__(self, reader: PrintReader | None, *, compares: bool) -> None:
        self._reader = reader
        self._compares = compares
        self._count: Counter[str] = Counter()
        self._read = 0
        self._took_ms = 0.0

    def read(self, seen: Look, thresholds: dict[str, float], gallery: Gallery) -> None:
        """Compare and read what is ambiguous, and count what every facing is then said to be."""
        if self._compares:
            seen, _, _ = compare_by_blocks(seen, thresholds, gallery)
        unread = rerank(seen.candidates, seen.evidence, thresholds)
        started = time.perf_counter()
        words = weigh_words(unread, gallery.labels, lines_on(seen.crops, self._reader))
        self._took_ms += 1000 * (time.perf_counter() - started)
        self._read += sum(match.state == "ambiguous" for match in unread)
        evidence = replace(seen.evidence, words=words)
        for match, gtin in zip(
            rerank(seen.candidates, evidence, thresholds), seen.gtins, strict=True
        ):
            if gtin is None:
                continue
            self._count["n"] += 1
            self._count["right first"] += [each.gtin for each in match.alternatives[:1]] == [gtin]
            self._count["recognised rightly"] += match.gtin == gtin
            self._count["recognised wrongly"] += match.gtin not in (gtin, None)

    def to_dict(self) -> dict[str, object]:
        """Counts, and the time that one facing took."""
        of_one = round(self._took_ms / max(self._read, 1), 1) if self._reader else None
        return dict(self._count) | {"read": self._read if self._reader else 0, "ms each": of_one}


def read_packages(folder: Path, readers: Mapping[str, PrintReader]) -> dict[str, object]:
    """Count the words of packages' names that are read on photos of them, by reader."""
    rows = read_csv(folder / "products.csv")
    names = {row["class_id"]: row["name"] for row in rows if row["group"] == "Packages"}
    photos = [row for row in read_csv(folder / "photos.csv") if row["class_id"] in names]
    shown = spread([row for row in photos if row["split"] == "train"], PHOTOS_A_PACKAGE)
    found, words_asked = Counter[str](), 0
    for photo in track(shown, folder.name):
        crop = gallery_crop(read_picture(folder / photo["file"]))
        words = [fold_print(word) for word in names[photo["class_id"]].split("-")]
        asked = [frozenset({word}) for word in words if len(word) > 2]
        words_asked += len(asked)
        for name, reader in readers.items():
            lines = [fold_print(line) for line in reader.read(crop)]
            found[name] += sum(share_read(word, lines) > MOSTLY for word in asked)
    return {"photos": len(shown), "words": words_asked, "read": dict(found)}


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--packages", type=Path, help="folder of grocery-store")
    parser.add_argument("--result", default="print", help="name of the result file")
    arguments = parser.parse_args()
    packages: Path | None = arguments.packages
    detector, embedder = Detector.load(), Embedder.load()
    thresholds = dict(embedder.manifest.thresholds)
    browser = BrowserReader()
    readers: dict[str, PrintReader] = {
        "the browser's networks": browser,
        "rapidocr": RapidReader(),
    }
    readings = {
        "nothing compared or read": Reading(None, compares=False),
        "the browser's networks, nothing compared": Reading(browser, compares=False),
        "nothing read": Reading(None, compares=True),
    }
    readings |= {name: Reading(reader, compares=True) for name, reader in readers.items()}
    for store in arguments.stores:
        with tempfile.TemporaryDirectory() as home:
            gallery = open_gallery(store, embedder, Path(home), lambda _product: False)
        for truth in track(read_shelf_truths(store / "shelves" / "truth.json"), store.name):
            seen = look(truth, detector, embedder, gallery)
            for reading in readings.values():
                reading.read(seen, thresholds, gallery)
    stored = [json.loads((MODELS / f"facings-print-{each}.json").read_text()) for each in
              ("finder", "reader")]  # fmt: skip
    write_result(
        arguments.result,
        {"data": f"{len(arguments.stores)} rendered stores, unseen products"}
        | {name: reading.to_dict() for name, reading in readings.items()}
        | ({"real packages": read_packages(packages, readers)} if packages else {}),
        [detector.manifest.label, embedder.manifest.label]
        + [
            f"{each['name']} v{each['version']} ({each['stored']['sha256'][:8]})" for each in stored
        ],
    )


if __name__ == "__main__":
    main()
