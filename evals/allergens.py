"""Allergens read from ingredient lists, against what the same packs declare.

    .venv/bin/python evals/allergens.py ../shared/data/catalogue/usda_branded_food_sample.csv

USDA FoodData Central branded foods (public domain). Packs that end their list with "CONTAINS: ..."
declare the allergens of FALCPA; what comes before is read by `facings.catalogue.allergens` alone.
The declaration is read by the plain list of words here, not by the code it judges.
Writes evals/results/allergens.json; `--disagreements` prints every one.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from facings.catalogue.allergen_codes import ALLERGENS, FDA_9
from facings.catalogue.allergens import Allergens, allergens_from_text
from results_file import write_result

DECLARED = {
    "UW": "wheat",
    "AC": "shellfish crustacean crustaceans shrimp crab lobster",
    "AE": "egg eggs",
    "AF": "fish salmon tuna cod pollock anchovy anchovies tilapia flounder bass haddock",
    "AP": "peanut peanuts",
    "AY": "soy soya soybean soybeans",
    "AM": "milk dairy",
    "AN": "tree nuts nut almond almonds walnut walnuts pecan pecans cashew cashews pistachios"
    " hazelnuts",
    "AS": "sesame",
}
FILLERS = "and ingredients ingredient products seeds seed derivatives their coconut sulfites the"
CODE_OF_WORD = {word: code for code, words in DECLARED.items() for word in words.split()}
STATEMENT = re.compile(
    r"(?<!\bMAY )(?<!\bALSO )(?<![(\[,] )(?<![(\[,])\bCONTAINS\b"
    r"\s*:?\s*([A-Z ,&/()]+?)\s*(?=[.;]|$)",
    re.IGNORECASE,
)
OIL_ONLY = {"soybean", "soybean oil", "soybeans"}


@dataclass(frozen=True, slots=True)
class Pack:
    """One ingredient list, split."""

    list_text: str
    declaration: str
    declared: frozenset[str]


def packs(file: Path) -> Iterator[Pack]:
    """Read the packs whose list ends in a declaration of allergens and nothing else."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for found in STATEMENT.finditer(row["ingredients"]):
                words = re.findall(r"[a-z]+", found[1].lower())
                codes = frozenset(CODE_OF_WORD[word] for word in words if word in CODE_OF_WORD)
                before = row["ingredients"][: found.start()]
                known = all(word in CODE_OF_WORD or word in FILLERS.split() for word in words)
                if known and codes and len(before) > 15:
                    yield Pack(before, found[0], codes)
                    break


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--disagreements", action="store_true")
    arguments = parser.parse_args()
    counts: dict[str, Counter[str]] = {code: Counter() for code in FDA_9}
    total = agreed = 0
    for pack in packs(arguments.file):
        found = Allergens(allergens_from_text(pack.list_text))
        total += 1
        agreed += all((found.level(c) == "contains") == (c in pack.declared) for c in FDA_9)
        for code in FDA_9:
            seen, said = found.level(code) == "contains", code in pack.declared
            words = [each.word.lower() for each in found.because(code)] if seen else []
            key = {(True, True): "both", (True, False): "list only", (False, True): "declared only"}
            if seen or said:
                counts[code][key[seen, said]] += 1
                counts[code]["oil only"] += (not said) and set(words) <= OIL_ONLY
            if arguments.disagreements and seen != said:
                shown = words if seen else pack.list_text[-200:]
                print(f"{ALLERGENS[code].name}: {key[seen, said]}: {pack.declaration} <- {shown}")
    write_result(
        "allergens",
        {
            "data": "USDA FoodData Central branded foods, 9,541 rows",
            "n": total,
            "packs in full agreement": agreed,
            "allergens": {ALLERGENS[code].name: report(count) for code, count in counts.items()},
        },
        [],
    )


def report(count: Counter[str]) -> dict[str, object]:
    """Give counts, precision and recall; None where there is nothing to divide by."""
    both, more, less = count["both"], count["list only"], count["declared only"]
    return {
        "both": both,
        "list only": more,
        "of these soybean oil alone": count["oil only"],
        "declared only": less,
        "precision": round(both / (both + more), 3) if both + more else None,
        "recall": round(both / (both + less), 3) if both + less else None,
    }


if __name__ == "__main__":
    main()
