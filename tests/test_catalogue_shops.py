"""Chains, prices and offers come from one file; a bad entry comes back with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from facings.catalogue.gtin import check_digit
from facings.catalogue.offer_rules import Bought
from facings.catalogue.offers import Offers
from facings.catalogue.prices import Shops
from facings.catalogue.records import Records
from facings.catalogue.restricted import RestrictedNumbers
from facings.catalogue.shop_file import ShopReport, import_shops
from test_records import MILK
from tiny_store import Run

OFFER = {
    "gtin": "4006381333931",
    "headline": "0.50 back",
    "kind": "cash_back",
    "value_cents": 50,
    "currency": "EUR",
    "valid_until": "2099-12-31",
    "segments": ["families"],
    "bought": {"gtins": [MILK.gtin], "at_least": 2},
}
WEIGHED = "235666661000" + check_digit("235666661000")
FILE = {
    "retailers": [{"name": "corner", "country": "SE"}],
    "stores": [{"id": "corner-1", "retailer": "corner", "name": "Main street"}],
    "prices": [
        {
            "gtin": "4006381333931",
            "price_cents": 99,
            "currency": "EUR",
            "retailer": "corner",
            "valid_from": "2026-01-01",
        }
    ],
    "offers": [OFFER],
    "restricted_numbers": [{"retailer": "corner", "number": WEIGHED, "name": "Gouda"}],
}


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    """One product without offers."""
    with Records.open(database_url) as opened:
        opened.upsert([MILK])
        yield opened


def write(folder: Path, document: object) -> Path:
    """Write a shop file."""
    file = folder / "shops.json"
    file.write_text(json.dumps(document))
    return file


def test_an_empty_file_is_fine_and_a_full_one_is_kept_once(
    tmp_path: Path, records: Records
) -> None:
    """Twice is as once."""
    assert import_shops(write(tmp_path, {}), records) == ShopReport(0, ())
    for _ in range(2):
        assert import_shops(write(tmp_path, FILE), records) == ShopReport(5, ())
    shops = Shops(records.database)
    assert [each.id for each in shops.stores("corner")] == ["corner-1"]
    price = shops.price(MILK.gtin, "2026-06-01", store="corner-1")
    assert price is not None
    assert price.price_cents == 99
    assert len(shops.history(MILK.gtin, "corner")) == 1
    kept = [each for each in Offers(records.database).of(MILK.gtin) if each.segments]
    assert [(each.headline, each.bought) for each in kept] == [
        ("0.50 back", Bought((MILK.gtin,), 2))
    ]
    assert RestrictedNumbers(records.database).find("corner", WEIGHED).name == "Gouda"


def test_a_bad_entry_comes_back_and_the_others_are_kept(tmp_path: Path, records: Records) -> None:
    """With its kind, its place and the reason."""
    bad = [OFFER | {"gtin": "123"}, OFFER | {"valid_from": "2100-01-01"}, {"gtin": "1"}, 7]
    report = import_shops(write(tmp_path, FILE | {"offers": [*bad, OFFER]}), records)
    assert report.taken == 5
    said = [str(each) for each in report.refused]
    assert [line.split(":")[0] for line in said] == [f"offers {n}" for n in (1, 2, 3, 4)]
    assert "3 digits" in said[0]
    assert "before it begins" in said[1]
    unknown = FILE["prices"][0] | {"gtin": "96385074"}
    report = import_shops(write(tmp_path, {"prices": [unknown]}), records)
    assert (report.taken, len(report.refused)) == (0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[]", "not an object"),
        ('{"shops": []}', "none of retailers"),
        ('{"prices": {}}', "no list"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, words: str, tmp_path: Path, run: Run) -> None:
    """As a whole, with what is wrong."""
    (tmp_path / "shops.json").write_text(text)
    said = run("catalogue", "shops", tmp_path / "shops.json")
    assert said.code == 6
    assert words in said.err
    assert run("catalogue", "shops", "gone.json").code == 6


def test_the_command_tells_what_was_refused(tmp_path: Path, run: Run) -> None:
    """Exit 1 where anything was, and the prices are those of `facings product`."""
    products = tmp_path / "products.json"
    products.write_text(json.dumps([{"gtin": "4006381333931", "name": "Milk"}]))
    run("catalogue", "import", products)
    file = write(tmp_path, FILE | {"stores": [{"id": "x", "retailer": "nobody", "name": "X"}]})
    said = run("catalogue", "shops", file)
    assert said.code == 1
    assert said.out == "4 taken, 1 refused\n"
    assert "stores 1" in said.err
    found = json.loads(run("product", "4006381333931", "--json").out)
    [offer] = found["offers"]
    assert (offer["applies"], offer["counts"]) == (False, False)
    assert "it is for families" in offer["why"]
    assert json.loads(run("catalogue", "shops", write(tmp_path, FILE), "--json").out)["taken"] == 5
