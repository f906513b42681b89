"""What every feed gives: rows with the fields they name, or with a reason why not."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from facings.catalogue.gtin import gtin14, is_restricted, natural_form
from facings.catalogue.sources import SEVERAL, Source
from facings.errors import InvalidGtin
from facings.product import Declared, Product

NAME_MOST, TEXT_MOST = 400, 20_000
"""Characters kept of a name, and of an ingredient list."""
OWN = "own records"
"""First source of a record that named none before a feed added to it."""


class BadRow(Exception):
    """A row that cannot be taken; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One product as a feed gives it: only what it names."""

    gtin: str
    """GTIN-14."""
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Of `Product`, without `gtin`, `name`, `source` and `declared`; empty ones are left out."""
    declared: Mapping[str, Any] = field(default_factory=dict)
    """Of `Declared`; empty ones are left out."""

    def product(self, earlier: Product | None, source: str | None, *, own: bool) -> Product:
        """Give the record: the feed's fields, and the earlier ones for the rest.

        Args:
            source: name of the feed's source; None names none.
            own: whether the feed may write over what came from elsewhere. A public one only fills
                what is empty, and both sources are named.
        """
        if earlier is None:
            declared = Declared(**self.declared)
            return Product(self.gtin, self.name, source=source, declared=declared, **self.fields)
        if own or earlier.source == source:
            declared = replace(earlier.declared, **self.declared)
            return replace(
                earlier,
                name=self.name,
                source=source or earlier.source,
                declared=declared,
                **self.fields,
            )
        fills = {name: value for name, value in self.fields.items() if not getattr(earlier, name)}
        says = {
            name: value
            for name, value in self.declared.items()
            if not getattr(earlier.declared, name)
        }
        if not fills and not says:
            return earlier
        sources = (earlier.source or OWN).split(SEVERAL)
        if source and source not in sources:
            sources.append(source)
        declared = replace(earlier.declared, **says)
        return replace(earlier, source=SEVERAL.join(sources), declared=declared, **fills)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A row of a feed."""

    number: int
    """1 is the first product, a header does not count."""
    gtin: str | None
    """As given; None where there was none."""
    entry: Entry | None
    reason: str | None = None
    """Why there is no entry."""


class Feed(Protocol):
    """A file of products, read from its start as often as asked."""

    @property
    def file(self) -> Path:
        """Where it lies."""

    @property
    def form(self) -> str:
        """How it is read: another form, or another mapping, is another import."""

    @property
    def source(self) -> Source | None:
        """Where its records come from."""

    @property
    def own(self) -> bool:
        """Whether it may write over what came from elsewhere."""

    def rows(self) -> Iterator[FeedRow]:
        """Read it row by row.

        Raises:
            ImportRejected: the file as a whole cannot be used.
        """

    def progress(self) -> tuple[int, int]:
        """Say how much of it is read, and how much there is."""


def global_gtin(text: str) -> str:
    """Read a number from which a spreadsheet or a database may have taken leading zeros.

    Returns:
        GTIN-14.

    Raises:
        BadRow: it is no GTIN, or store-internal.
    """
    digits = text.strip()
    if not digits:
        raise BadRow("it has no GTIN")
    if digits.isascii() and digits.isdigit() and 8 < len(digits) < 14:
        digits = digits.zfill(14)
    elif digits.isascii() and digits.isdigit() and len(digits) < 8:
        raise BadRow(f"{digits} has {len(digits)} digits: a GTIN has 8, 12, 13 or 14")
    try:
        gtin = gtin14(digits)
    except InvalidGtin as error:
        raise BadRow(error.message) from None
    if is_restricted(gtin):
        raise BadRow(f"{natural_form(gtin)} is a store-internal number")
    return gtin


def plain_text(text: str, most: int = NAME_MOST) -> str:
    """Give a text on one line, without markup for marks and without what is no mark.

    Args:
        most: characters; the rest is cut off.

    Raises:
        BadRow: the file held bytes that are no UTF-8.
    """
    if "&" in text:
        text = html.unescape(text)
    if not text.isprintable():
        if any("\ud800" <= mark <= "\udfff" for mark in text):
            raise BadRow("it is not UTF-8 text")
        text = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(text.split())[:most]


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing."""
    return {name: value for name, value in fields.items() if value}
