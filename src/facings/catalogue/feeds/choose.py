"""Which kind of file it is, by its name and its header."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from facings.catalogue.feeds.feed import Feed
from facings.catalogue.feeds.files import header_of
from facings.catalogue.feeds.open_food_facts import OpenFoodFacts
from facings.catalogue.feeds.usda import UsdaBranded
from facings.errors import ImportRejected

Form = Literal["facings", "openfoodfacts", "usda"]


def form_of(file: Path) -> Form:
    """Tell the form of a product file.

    Raises:
        ImportRejected: it is missing, empty, or of no form that is known.
    """
    suffixes = {suffix.lower() for suffix in file.suffixes}
    if ".json" in suffixes:
        return "facings"
    if suffixes & {".jsonl", ".ndjson", ".parquet"}:
        return "openfoodfacts"
    if file.is_dir():
        return "usda"
    if not suffixes & {".csv", ".tsv", ".txt"}:
        raise ImportRejected(
            f"{file} is no .json, .jsonl, .csv, .tsv or .parquet file",
            hint="the forms are described in docs/reference/import-format.md",
        )
    columns = {column.lower() for column in header_of(file)}
    if "gtin_upc" in columns:
        return "usda"
    return "openfoodfacts" if {"code", "product_name"} <= columns else "facings"


def open_feed(file: Path, form: Literal["openfoodfacts", "usda"]) -> Feed:
    """Open a public data set's file."""
    return UsdaBranded.open(file) if form == "usda" else OpenFoodFacts.open(file)
