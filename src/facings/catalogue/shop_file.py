"""Chains, shops, prices, offers and store-internal numbers from one JSON file.

The form is documented in docs/reference/import-format.md. Entries are taken one by one; a bad one
comes back with its reason. A second run changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from facings.catalogue.gtin import gtin14
from facings.catalogue.import_row import reason_of
from facings.catalogue.offer_rules import Deal
from facings.catalogue.offers import Offers
from facings.catalogue.prices import Price, Retailer, Shops, Store
from facings.catalogue.records import Records
from facings.catalogue.restricted import RestrictedNumbers
from facings.errors import CatalogueError, ImportRejected

_KINDS = ("retailers", "stores", "prices", "offers", "restricted_numbers")
_HINT = "the form is described in docs/reference/import-format.md"


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry that was not taken, and why."""

    kind: str
    number: int
    """Place in its list, from 1."""
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ShopReport:
    """What became of a file's entries."""

    taken: int
    """Kept, or kept already."""
    refused: tuple[RefusedEntry, ...]


@dataclass(frozen=True, slots=True)
class _InternalNumber:
    retailer: str
    number: str
    name: str
    gtin: str | None = None


def import_shops(file: Path, records: Records) -> ShopReport:
    """Bring a file's entries into the records.

    Raises:
        ImportRejected: the file as a whole cannot be used; nothing was written.
        StorageFull: the disk is full; entries before are kept.
    """
    lists = _lists(file)
    taken, refused = 0, []
    for kind, take in _takers(records).items():
        for number, entry in enumerate(lists.get(kind, ()), start=1):
            try:
                take(entry)
                taken += 1
            except ValidationError as error:
                refused.append(RefusedEntry(kind, number, reason_of(error)))
            except CatalogueError as error:
                refused.append(RefusedEntry(kind, number, error.message))
    return ShopReport(taken, tuple(refused))


def _takers(records: Records) -> dict[str, Callable[[Any], object]]:
    """Give what is done with an entry of each kind, in the order that they build on each other."""
    shops, offers = Shops(records.database), Offers(records.database)
    numbers = RestrictedNumbers(records.database)

    def retailer(entry: Any) -> None:  # noqa: ANN401 (not checked yet)
        shops.record_retailer(TypeAdapter(Retailer).validate_python(entry))

    def store(entry: Any) -> None:  # noqa: ANN401
        shops.record_store(TypeAdapter(Store).validate_python(entry))

    def price(entry: Any) -> None:  # noqa: ANN401
        given = TypeAdapter(Price).validate_python(entry)
        shops.record_price(replace(given, gtin=gtin14(given.gtin)))

    def offer(entry: Any) -> None:  # noqa: ANN401
        given = TypeAdapter(Deal).validate_python(entry)
        deal = replace(given, gtin=gtin14(given.gtin), id=None)
        if all(replace(deal, id=kept.id) != kept for kept in offers.of(deal.gtin)):
            offers.add(deal)

    def number(entry: Any) -> None:  # noqa: ANN401
        given = TypeAdapter(_InternalNumber).validate_python(entry)
        gtin = gtin14(given.gtin) if given.gtin else None
        numbers.record(given.retailer, given.number, given.name, gtin)

    return dict(zip(_KINDS, (retailer, store, price, offer, number), strict=True))


def _lists(file: Path) -> Mapping[str, Sequence[Any]]:
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportRejected(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ImportRejected(f"{file} is not JSON: {error}", hint=_HINT) from error
    if not isinstance(document, dict):
        raise ImportRejected(f"{file} is not an object with lists", hint=_HINT)
    problems = list(_problems(document))
    if problems:
        raise ImportRejected(f"{file} {'; '.join(problems)}", hint=_HINT)
    return document


def _problems(document: Mapping[str, object]) -> Iterator[str]:
    for kind, entries in document.items():
        if kind not in _KINDS:
            yield f"has {kind}, which is none of {', '.join(_KINDS)}"
        elif not isinstance(entries, list):
            yield f"has {kind} that are no list"
