"""Imports of the real catalogue files, of a synthesised one, and lookups of a shelf's products.

    .venv/bin/python evals/imports.py ../shared/data/catalogue

Real: Open Food Facts (ODbL; the official columns, and a French extract of 2017) and USDA FoodData
Central branded foods (public domain). Every row is a record or has its reason. Synthesised: rows of
the official form with the text of the real ones and numbers of our own, to see how fast many are.
Lookups: 24 GTINs at random, as one frame asks, on SQLite, from the database of all these files.
Writes evals/results/imports.json.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from facings.catalogue.bulk import import_feed
from facings.catalogue.feeds.choose import form_of, open_feed
from facings.catalogue.gtin import check_digit
from facings.catalogue.records import Records
from results_file import write_result

FILES = (
    "off_official_columns_sample.tsv",
    "off_products_fr_2017.csv",
    "usda_branded_food_sample.csv",
)
LOOKUPS = 2000
GTINS = 24


def main() -> None:
    """Import, look up, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    arguments = parser.parse_args()
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        with Records.open(f"sqlite:///{folder}/facings.db") as records:
            for name in FILES:
                result[name] = _import(arguments.folder / name, records, folder)
                again = _import(arguments.folder / name, records, folder)
                result[f"{name}, second run"] = {
                    key: again[key] for key in ("added", "updated", "unchanged", "rows_a_second")
                }
            before_mib = _peak_mib()
            many = folder / "many.tsv"
            _synthesise(arguments.folder / FILES[0], many, arguments.rows)
            result["synthesised"] = _import(many, records, folder) | {
                "file_mib": round(many.stat().st_size / 2**20, 1),
                "peak_memory_mib_before": before_mib,
                "peak_memory_mib_after": _peak_mib(),
            }
            result["lookup_of_24_gtins"] = _look_up(records)
    write_result("imports", result, models=())


def _import(file: Path, records: Records, room: Path) -> dict[str, object]:
    form = form_of(file)
    assert form != "facings"
    rejects = room / f"{file.name}.rejects.csv"
    started, cpu = time.perf_counter(), time.process_time()
    report = import_feed(open_feed(file, form), records, rejects)
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    with rejects.open(encoding="utf-8", newline="") as stream:
        reasons = Counter(
            re.sub(r'"?\d+"?', "N", line["reason"]) for line in csv.DictReader(stream)
        )
    print(file.name, report, f"{report.read / took_s:.0f} rows a second")
    return {
        "read": report.read,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "reasons": dict(reasons.most_common()),
        "source": report.source,
        "rows_a_second": round(report.read / took_s),
        "rows_a_cpu_second": round(report.read / cpu_s),
    }


def _synthesise(real: Path, file: Path, count: int) -> None:
    """Write rows of the official form: the real ones' cells under numbers that are new."""
    lines = real.read_text(encoding="utf-8").splitlines()
    named = [line.split("\t", 1)[1] for line in lines[1:] if line.split("\t")[10]]
    with file.open("w", encoding="utf-8") as stream:
        stream.write(lines[0] + "\n")
        for number in range(count):
            body = f"400{number:09d}"
            stream.write(f"{body}{check_digit(body)}\t{named[number % len(named)]}\n")


def _look_up(records: Records) -> dict[str, object]:
    gtins, chance = records.gtins(), random.Random(0)  # noqa: S311 (which products does not matter)
    took_ms: list[float] = []
    for _ in range(LOOKUPS):
        wanted = chance.sample(gtins, GTINS)
        started = time.perf_counter()
        found = records.products(wanted)
        took_ms.append((time.perf_counter() - started) * 1000)
        assert len(found) == GTINS
    took_ms.sort()
    picked = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    figures = {name: round(took_ms[int(at * LOOKUPS)], 3) for name, at in picked.items()}
    print(figures)
    return {"products": len(gtins), "lookups": LOOKUPS, "gtins_each": GTINS, **figures}


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
