"""Binding: which product pictures show, by the number on its pack; findable from then on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facings.catalogue.gtin import natural_form
from facings.collect.barcodes import Road
from facings.collect.field import Capture, FieldFolder
from facings.errors import CatalogueError, InvalidGtin

How = Road | Literal["typed"]
Enrol = Callable[[str, list[Path]], object]
"""Puts pictures of a GTIN-14 into records and index."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Pictures of a product and its number."""

    gtin: str
    """GTIN-14."""
    how: How
    """How the number was told."""
    views: tuple[Capture, ...]
    """By which the product is found from now on; empty where none is fit."""
    unfit: tuple[Capture, ...]


def bind(
    folder: FieldFolder,
    session_id: str,
    capture_ids: Sequence[str],
    typed: str | None,
    enrol: Enrol,
) -> Bound:
    """Bind captures of one product to its number, and make it findable by the views that are fit.

    Doing it again changes nothing.

    Args:
        typed: GTIN-14 as somebody typed it; the code goes before it.
        enrol: is not called where no view is fit.

    Raises:
        CatalogueError: a capture is not there, or shows another product.
        InvalidGtin: no number is sure, or two are told.
    """
    known = {each.id: each for each in folder.captures(session_id)}
    missing = [each for each in capture_ids if each not in known]
    if missing:
        raise CatalogueError(
            f"session {session_id} has no capture {missing[0]}", hint="send the picture first"
        )
    captures = [known[each] for each in capture_ids]
    gtin, how = number_of(captures, typed)
    other = next((each for each in captures if each.gtin not in (None, gtin)), None)
    if other is not None and other.gtin is not None:
        raise CatalogueError(
            f"capture {other.id} shows {natural_form(other.gtin)} already, not {natural_form(gtin)}"
        )
    views = [each for each in captures if each.kind == "product"]
    fit = [each for each in views if not each.faults]
    if fit:
        enrol(gtin, [folder.picture(session_id, each) for each in fit])
    folder.write_gtin(session_id, capture_ids, gtin)
    return Bound(gtin, how, tuple(fit), tuple(each for each in views if each.faults))


def number_of(captures: Sequence[Capture], typed: str | None) -> tuple[str, How]:
    """The GTIN-14 that pictures of a barcode say, else the typed one.

    Raises:
        InvalidGtin: there is none, or there are two.
    """
    read = {each.code: each.road for each in captures if each.code and each.road}
    said = sorted({*read, typed} - {None}, key=str)
    if len(said) > 1:
        shown = " and ".join(natural_form(str(each)) for each in said)
        raise InvalidGtin(
            f"the pack says two numbers: {shown}", hint="one of them is of another pack"
        )
    if not said:
        raise InvalidGtin(
            "no number could be read from the barcode",
            hint="take it closer and straight, or type the digits under it",
        )
    gtin = str(said[0])
    return gtin, read.get(gtin) or "typed"
