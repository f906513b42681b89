"""What a scanned code carries: a plain number, GS1 element strings, or a GS1 Digital Link.

Sources: GS1 General Specifications (application identifiers), GS1 Digital Link Standard: URI
Syntax. The grammar of both is biip's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from biip import BiipException
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message

from facings.catalogue.gtin import gtin14, upc_e_to_upc_a
from facings.errors import InvalidGtin

Symbology = Literal["upc_e"]

_SEPARATOR = "\x1d"


@dataclass(frozen=True, slots=True)
class Carried:
    """A product's number with what else a code says about this very pack."""

    gtin: str
    """GTIN-14."""
    lot: str | None = None
    serial: str | None = None
    best_before: str | None = None
    """ISO date."""
    expires: str | None = None
    """ISO date after which it must not be eaten."""
    net_weight_kg: float | None = None
    price: float | None = None
    """In the currency of the place of sale."""


def read_code(text: str, symbology: Symbology | None = None) -> Carried:
    """Read what a scanner gives.

    Args:
        text: digits; element strings with FNC1 (ASCII 29) or brackets, as in
            `(01)09506000134352(10)AB`; or a Digital Link of any domain.
        symbology: `upc_e` where the bars were those of a UPC-E; its eight digits are expanded.

    Raises:
        InvalidGtin: it carries no GTIN, or a wrong one.
    """
    text = text.strip()
    if symbology == "upc_e":
        return Carried(gtin14(upc_e_to_upc_a(text)))
    try:
        if "://" in text:
            return _of_elements(GS1DigitalLinkURI.parse(text).element_strings, text)
        if text.startswith("("):
            return _of_elements(GS1Message.parse_hri(text).element_strings, text)
        if _SEPARATOR in text or (len(text) > 14 and text.startswith("01")):
            message = GS1Message.parse(text.removeprefix("]C1").lstrip(_SEPARATOR))
            return _of_elements(message.element_strings, text)
    except BiipException as error:
        raise InvalidGtin(f'"{text}" cannot be read: {error}') from error
    return Carried(gtin14(text))


def digital_link(carried: Carried, domain: str = "id.gs1.org") -> str:
    """Write the canonical Digital Link of a product, or of one pack of it.

    Args:
        domain: whose server answers it.
    """
    elements = {
        "01": carried.gtin,
        "10": carried.lot,
        "21": carried.serial,
        "15": _six_digits(carried.best_before),
        "17": _six_digits(carried.expires),
        "3103": None
        if carried.net_weight_kg is None
        else f"{round(carried.net_weight_kg * 1000):06d}",
    }
    strings = GS1ElementStrings(
        GS1ElementString.parse(f"{ai}{value}") for ai, value in elements.items() if value
    )
    return GS1DigitalLinkURI.from_element_strings(strings).as_uri(domain=domain)


def _of_elements(elements: GS1ElementStrings, text: str) -> Carried:
    values = {each.ai.ai: each for each in elements}
    if "01" not in values:
        raise InvalidGtin(f'"{text}" carries no GTIN: there is no application identifier 01')
    weights = [e.decimal for ai, e in values.items() if ai.startswith("310") and e.decimal]
    prices = [e.decimal for ai, e in values.items() if ai[:3] in {"392", "393"} and e.decimal]
    days = {ai: day.isoformat() for ai in ("15", "17") if ai in values and (day := values[ai].date)}
    return Carried(
        gtin14(values["01"].value),
        lot=values["10"].value if "10" in values else None,
        serial=values["21"].value if "21" in values else None,
        best_before=days.get("15"),
        expires=days.get("17"),
        net_weight_kg=float(weights[0]) if weights else None,
        price=float(prices[0]) if prices else None,
    )


def _six_digits(day: str | None) -> str | None:
    return day.replace("-", "")[2:] if day else None
