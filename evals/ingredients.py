"""Allergens and analyses read from ingredient lists, against the tags of Open Food Facts.

    .venv/bin/python evals/ingredients.py ../shared/data/catalogue/off_official_columns_sample.tsv

The sample (ODbL, Open Food Facts) has lists in several languages, mostly French. Its tags come from
the same lists and from volunteers, so they are a second opinion, not the truth.
Writes evals/results/ingredients.json; `--disagreements` prints every one.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

from facings.catalogue.allergen_codes import ALLERGENS, EU_14
from facings.catalogue.allergens import Allergens, allergens_from_tags, allergens_from_text
from facings.catalogue.ingredients import analyse
from results_file import write_result

TAGS = {
    "vegan": ("en:vegan", "en:non-vegan"),
    "vegetarian": ("en:vegetarian", "en:non-vegetarian"),
    "palm_oil": ("en:palm-oil", "en:palm-oil-free"),
}
WHERE = {(True, True): "both", (True, False): "text only", (False, True): "tag only"}
SHORTEST = 10
"""Characters a list has at least."""


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--disagreements", action="store_true")
    arguments = parser.parse_args()
    allergens: Counter[str] = Counter()
    analyses: dict[str, Counter[str]] = {name: Counter() for name in TAGS}
    tagged = analysed = 0
    with arguments.file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["ingredients_text"] or ""
            if len(text) < SHORTEST:
                continue
            said = Allergens(allergens_from_tags((row["allergens"] or "").split(",")))
            found = Allergens(allergens_from_text(text))
            tagged += bool(said.levels)
            for code in EU_14 if said.levels else ():
                key = found.level(code) == "contains", said.level(code) == "contains"
                if any(key):
                    allergens[WHERE[key]] += 1
                if arguments.disagreements and key[0] != key[1]:
                    print(f"{ALLERGENS[code].name}: {WHERE[key]}: {text[:200]}")
            tags = (row["ingredients_analysis_tags"] or "").split(",")
            analysed += tags != [""]
            analysis = analyse(text)
            for name, (yes, no) in TAGS.items() if tags != [""] else ():
                theirs = "yes" if yes in tags else "no" if no in tags else "unknown"
                ours = getattr(analysis, name).value
                analyses[name][f"theirs {theirs}, ours {ours}"] += 1
                if arguments.disagreements and {ours, theirs} == {"yes", "no"}:
                    print(f"{name}: theirs {theirs}: {text[:200]}")
    measured = {
        "data": "Open Food Facts, sample of 1,000 rows of the official export",
        "records with allergen tags": tagged,
        "allergens": dict(allergens),
        "records with analysis tags": analysed,
        "analyses": {name: dict(sorted(count.items())) for name, count in analyses.items()},
    }
    write_result("ingredients", measured, [])


if __name__ == "__main__":
    main()
