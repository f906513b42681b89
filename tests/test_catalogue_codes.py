"""Whatever a scanner reads comes to one number, and a store's own numbers stay in their store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from facings.catalogue.carrier import Carried, digital_link, read_code
from facings.catalogue.gtin import check_digit
from facings.catalogue.records import Records
from facings.catalogue.restricted import Restricted, RestrictedNumbers, read_restricted
from facings.catalogue.tables_retail import RetailerRow
from facings.errors import CatalogueError, InvalidGtin

GTIN = "09506000134352"


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[RestrictedNumbers]:
    """Two Swedish chains and one of a country without rules, nothing recorded."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as records:
        chains = [("corner", "SE"), ("mart", "SE"), ("plaza", "US")]
        with records.database.write() as connection:
            values = [{"name": name, "country": country} for name, country in chains]
            connection.execute(insert(RetailerRow), values)
        yield RestrictedNumbers(records.database)


def weighed(body: str) -> str:
    """Put the check digit to twelve digits."""
    return body + check_digit(body)


@pytest.mark.parametrize("text", ["", " ", "(10)AB", "https://example.com/milk", "(01)0950"])
def test_a_code_without_a_gtin_is_refused(text: str) -> None:
    """With a word on what was given."""
    with pytest.raises(InvalidGtin):
        read_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "9506000134352",
        "(01)09506000134352",
        "\x1d0109506000134352",
        "https://id.gs1.org/01/09506000134352",
        "http://example.com/shop/01/9506000134352?utm=1",
    ],
)
def test_the_same_number_comes_out_of_every_carrier(text: str) -> None:
    """Digits, brackets, FNC1 and links of any domain."""
    assert read_code(text) == Carried(GTIN)


def test_what_a_fresh_pack_says_of_itself_is_read() -> None:
    """Lot, serial, dates, weight and price."""
    text = "\x1d0109506000134352310300018939220299\x1d10A/B\x1d21S1\x1d1526013117260201"
    assert read_code(text) == Carried(GTIN, "A/B", "S1", "2026-01-31", "2026-02-01", 0.189, 2.99)


def test_a_digital_link_is_written_as_it_is_read() -> None:
    """A lot with a slash and brackets included, on any domain."""
    pack = Carried(GTIN, "A/(B)", "S1", "2026-01-31", "2026-02-01", 0.189)
    link = digital_link(pack, "shop.example")
    assert link.startswith("https://shop.example/01/09506000134352/10/A%2F%28B%29/21/S1?")
    assert read_code(link) == pack
    assert digital_link(Carried(GTIN)) == "https://id.gs1.org/01/09506000134352"


def test_eight_digits_are_expanded_where_the_bars_were_upc_e() -> None:
    """01234565 is 012345000065 as UPC-E, and no GTIN-8."""
    assert read_code("01234565", "upc_e").gtin == "00012345000065"


def test_a_weight_is_read_by_the_rules_of_the_country() -> None:
    """Sweden's 23: three decimals of a kilogram; unknown countries leave the number whole."""
    text = weighed("235666661219")
    assert read_restricted(text, "SE") == Restricted("02356666600008", weight_kg=1.219)
    assert read_restricted(weighed("205666661219"), "SE").price_cents == 1219
    assert read_restricted(text, "US") == read_restricted(text) == Restricted(f"0{text}")
    with pytest.raises(InvalidGtin, match="global number"):
        read_restricted(GTIN, "SE")


def test_a_number_means_something_in_its_chain_alone(numbers: RestrictedNumbers) -> None:
    """Whatever the weight; another chain knows nothing of it."""
    one_kilo, two_kilos = weighed("235666661000"), weighed("235666662000")
    numbers.record("corner", one_kilo, "Gouda from the counter")
    found = numbers.find("corner", two_kilos)
    assert (found.name, found.weight_kg) == ("Gouda from the counter", 2.0)
    numbers.record("corner", two_kilos, "Old gouda")
    assert numbers.find("corner", one_kilo).name == "Old gouda"
    assert numbers.find("mart", one_kilo).name is None
    assert numbers.find("plaza", one_kilo) == Restricted(f"0{one_kilo}")
    with pytest.raises(CatalogueError):
        numbers.record("nobody", one_kilo, "Gouda")
