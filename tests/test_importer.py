"""Good rows get in, bad rows come back with a reason, and nothing is half-written."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from facings.catalogue.gtin import check_digit
from facings.catalogue.importer import ImportReport, Rejected, import_products
from facings.catalogue.records import Counts, Records
from facings.errors import ImportRejected, StorageFull
from facings.product import Offer, Product, Review
from facings.types import Look

MILK: dict[str, object] = {
    "gtin": "4006381333931",
    "name": "Whole milk",
    "brand": "Meadow",
    "variant": "3.5 %",
    "net_content": "1 l",
    "category": "dairy",
    "retailers": ["corner", "mart"],
    "countries": ["SE"],
    "active": False,
    "ingredients": "milk",
    "allergens": {"AM": "contains", "AN": "may_contain"},
    "nutrition_per_100": {"energy_kj": 272, "saturated-fat": 2.4},
    "price_cents": 139,
    "currency": "EUR",
    "size_mm": [70, 240],
    "offers": [
        {
            "headline": "2 for 1.50",
            "kind": "multi_buy",
            "value_cents": 150,
            "currency": "EUR",
            "valid_until": "2030-01-31",
        }
    ],
    "reviews": [{"rating": 5, "text": "fresh", "author": "Ada"}],
    "source": "test, CC0",
    "pictures": [
        {"file": "pictures/front.jpg", "view": "front"},
        {"file": "pictures/back.jpg", "view": "back", "valid_until": "2025-06-30"},
    ],
}
GUM: dict[str, object] = {"gtin": "96385074", "name": "Chewing gum"}
MILK_GTIN, GUM_GTIN = "04006381333931", "00000096385074"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """An empty database."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two picture files."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/front.jpg").write_bytes(b"front")
    (tmp_path / "pictures/back.jpg").write_bytes(b"back")
    return tmp_path


def write_json(folder: Path, *products: object) -> Path:
    """Write an import file."""
    path = folder / "products.json"
    path.write_text(json.dumps(products), encoding="utf-8")
    return path


def write_csv(folder: Path, *rows: Mapping[str, str], separator: str = ",", bom: str = "") -> Path:
    """Write an import file with the columns of the first row."""
    path = folder / "products.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        stream.write(bom)
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("products.json", "", "is empty"),
        ("products.json", " \n", "is empty"),
        ("products.json", "[]", "holds no products"),
        ("products.json", "{}", "holds an object, not a list"),
        ("products.json", '[{"gtin": ', "is not JSON"),
        ("products.json", '[{"price_cents": NaN}]', "is not JSON"),
        ("products.json", "[" * 100_000, "is not JSON"),
        ("products.csv", "", "is empty"),
        ("products.csv", "gtin,name\n", "holds no products"),
        ("products.csv", "brand,price_cents\nA,1\n", "no column gtin and no column name"),
        ("products.csv", "gtin,name,name\n1,2,3\n", "has the column name twice"),
        ("products.csv", 'gtin,name\n1,"open\n', "is not CSV"),
        ("products.xlsx", "PK", "neither a .json nor a .csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    records: Records, folder: Path, name: str, content: str, reason: str
) -> None:
    """The message names the file and says what is wrong."""
    path = folder / name
    path.write_text(content)
    with pytest.raises(ImportRejected, match=reason) as caught:
        import_products(path, records)
    assert name in caught.value.message
    assert records.counts() == Counts(0, 0, 0, 0, 0)


def test_missing_files_and_other_encodings_are_refused(records: Records, folder: Path) -> None:
    """A spreadsheet's own encoding is named with the way out."""
    with pytest.raises(ImportRejected, match="does not exist"):
        import_products(folder / "absent.json", records)
    (folder / "latin.csv").write_bytes("gtin,name\n96385074,Käse\n".encode("latin-1"))
    with pytest.raises(ImportRejected, match="not UTF-8") as caught:
        import_products(folder / "latin.csv", records)
    assert caught.value.hint is not None
    assert "UTF-8" in caught.value.hint


def test_every_field_of_the_json_form_arrives(records: Records, folder: Path) -> None:
    """GTINs as GTIN-14, names of nutrients with underscores, pictures beside the file."""
    report = import_products(write_json(folder, MILK, GUM), records)
    assert report == ImportReport(2, 2, 0, ())
    assert records.product(MILK_GTIN) == Product(
        gtin=MILK_GTIN,
        name="Whole milk",
        brand="Meadow",
        variant="3.5 %",
        net_content="1 l",
        category="dairy",
        retailers=("corner", "mart"),
        countries=("SE",),
        active=False,
        ingredients="milk",
        allergens={"AM": "contains", "AN": "may_contain"},
        nutrition_per_100={"energy_kj": 272.0, "saturated_fat": 2.4},
        price_cents=139,
        currency="EUR",
        size_mm=(70.0, 240.0),
        offers=(Offer("2 for 1.50", "multi_buy", 150, "EUR", "2030-01-31"),),
        reviews=(Review(5, "fresh", "Ada"),),
        source="test, CC0",
    )
    assert records.product(GUM_GTIN) == Product(GUM_GTIN, "Chewing gum")
    pictures = records.pictures()
    assert [(each.gtin, each.source.view) for each in pictures] == [
        (MILK_GTIN, "front"),
        (MILK_GTIN, "back"),
    ]
    assert [each.source.file for each in pictures] == ["pictures/front.jpg", "pictures/back.jpg"]
    assert [each.path.read_bytes() for each in pictures] == [b"front", b"back"]
    assert [each.source.look for each in pictures] == [None, Look(valid_until="2025-06-30")]


@pytest.mark.parametrize(("separator", "bom"), [(",", ""), (";", "\ufeff"), ("\t", "")])
def test_every_column_of_the_csv_form_arrives(
    records: Records, folder: Path, separator: str, bom: str
) -> None:
    """With the separators that spreadsheets write; an empty cell is unknown."""
    milk = {
        "gtin": "4006381333931",
        "name": "Whole milk",
        "brand": "Meadow",
        "variant": "3.5 %",
        "net_content": "1 l",
        "category": "dairy",
        "retailers": "corner;mart",
        "countries": "SE",
        "active": "false",
        "ingredients": "milk, love",
        "allergens": "AM:contains;AN:may_contain",
        "energy_kj": "272",
        "saturated_fat": "2.4",
        "price_cents": "139",
        "currency": "EUR",
        "width_mm": "70",
        "height_mm": "240",
        "pictures": "pictures/front.jpg;pictures/back.jpg",
    }
    gum = dict.fromkeys(milk, "") | {"gtin": "96385074", "name": "Chewing gum"}
    report = import_products(write_csv(folder, milk, gum, separator=separator, bom=bom), records)
    assert report == ImportReport(2, 2, 0, ())
    assert records.product(MILK_GTIN) == Product(
        gtin=MILK_GTIN,
        name="Whole milk",
        brand="Meadow",
        variant="3.5 %",
        net_content="1 l",
        category="dairy",
        retailers=("corner", "mart"),
        countries=("SE",),
        active=False,
        ingredients="milk, love",
        allergens={"AM": "contains", "AN": "may_contain"},
        nutrition_per_100={"energy_kj": 272.0, "saturated_fat": 2.4},
        price_cents=139,
        currency="EUR",
        size_mm=(70.0, 240.0),
    )
    assert records.product(GUM_GTIN) == Product(GUM_GTIN, "Chewing gum")
    assert records.counts().pictures == 2


def test_the_same_file_twice_changes_nothing(records: Records, folder: Path) -> None:
    """Nothing is updated and nothing is there twice."""
    path = write_json(folder, MILK, GUM)
    import_products(path, records)
    before = records.counts()
    report = import_products(path, records)
    assert (report.read, report.added, report.updated, report.unchanged) == (2, 0, 0, 2)
    assert records.counts() == before == Counts(2, 1, 1, 2, 0)


def test_what_a_row_does_not_name_is_kept(records: Records, folder: Path) -> None:
    """A price list does not wipe out the allergens; null does say "no longer known"."""
    import_products(write_json(folder, MILK, GUM), records)
    gtin, name = MILK["gtin"], MILK["name"]
    prices = write_csv(
        folder,
        {"gtin": str(gtin), "name": str(name), "price_cents": "99", "currency": "EUR", "brand": ""},
    )
    assert import_products(prices, records).updated == 1
    product = records.product(MILK_GTIN)
    assert product is not None
    assert (product.price_cents, product.brand) == (99, "Meadow")
    assert product.allergens == {"AM": "contains", "AN": "may_contain"}
    assert len(product.offers) == len(product.reviews) == 1
    cleared = {"gtin": gtin, "name": name, "brand": None, "allergens": None, "offers": []}
    import_products(write_json(folder, cleared), records)
    product = records.product(MILK_GTIN)
    assert product is not None
    assert (product.brand, product.allergens, product.offers) == (None, {}, ())
    assert records.counts().pictures == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gtin": "4006381333932"}, "its check digit should be 1"),
        ({"gtin": 400638133393}, "its check digit should be"),
        ({"gtin": "12345"}, "has 5 digits.*leading zeros"),
        ({"gtin": None}, "gtin: it is missing"),
        ({"gtin": "2012345000001"}, "2012345000001 is a store-internal number"),
        ({"name": "  "}, "name: "),
        ({"name": 12}, "name: "),
        ({"name": "half \ud800"}, "name: "),
        ({"name": "null \x00"}, "name: "),
        ({"price_cents": 1.39}, "price_cents: .*got '1.39'"),
        ({"price_cents": -1}, "price_cents: "),
        ({"price_cents": 10**30}, "price_cents: "),
        ({"currency": "euro"}, "currency: "),
        ({"currency": None}, "price_cents needs a currency"),
        ({"size_mm": [70]}, "size_mm"),
        ({"size_mm": [70, 0]}, "size_mm.1: "),
        ({"allergens": {"AM": "lots"}}, "allergens.AM: .*got 'lots'"),
        ({"allergens": {"milk": "contains"}}, "allergens"),
        ({"nutrition_per_100": {"fat": "much"}}, "nutrition_per_100.fat: .*got 'much'"),
        ({"nutrition_per_100": {"fat": -1}}, "nutrition_per_100.fat: "),
        ({"reviews": [{"rating": 6, "text": "", "author": ""}]}, "reviews.0.rating: "),
        ({"offers": [{"headline": "x"}]}, "offers.0.kind: .*and 1 more"),
        ({"countries": ["Sweden"]}, "countries.0: .*got 'Sweden'"),
        ({"active": "perhaps"}, "active: .*got 'perhaps'"),
        (
            {"pictures": [{"file": "x", "valid_from": "2026-01-01", "valid_until": "2025-01-01"}]},
            "a look ends on 2025-01-01, before it begins on 2026-01-01",
        ),
        ({"pictures": [{"file": "absent.jpg"}]}, "picture absent.jpg is missing"),
        ({"pictures": [{"file": "pictures"}]}, "picture pictures cannot be read"),
        ({"pictures": [{"file": "empty.jpg"}]}, "picture empty.jpg is empty"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_the_rest_goes_on(
    records: Records, folder: Path, changes: dict[str, object], reason: str
) -> None:
    """One line that says which field, what was wrong and what was given."""
    (folder / "empty.jpg").touch()
    report = import_products(write_json(folder, MILK | changes, GUM), records)
    assert (report.read, report.added) == (2, 1)
    (rejected,) = report.rejected
    assert rejected.row == 1
    assert "\n" not in rejected.reason
    assert re.search(reason, rejected.reason)
    assert records.gtins() == (GUM_GTIN,)


def test_rows_that_are_no_products_are_rejected(records: Records, folder: Path) -> None:
    """Whatever stands in the list."""
    report = import_products(write_json(folder, None, "milk", 7, [], {}, GUM), records)
    assert [each.row for each in report.rejected] == [1, 2, 3, 4, 5]
    assert [each.gtin for each in report.rejected] == [None] * 5
    assert "it is a text, not an object" in report.rejected[1].reason
    assert "field required" in report.rejected[4].reason
    assert report.added == 1


def test_bad_csv_rows_are_rejected(records: Records, folder: Path) -> None:
    """Too many cells, half a size, a malformed allergen; short rows are fine."""
    path = folder / "products.csv"
    path.write_text(
        "gtin,name,width_mm,height_mm,allergens\n"
        "4006381333931,Milk, fresh,70,240,AM:contains\n"
        "036000291452,Tissue,70,,\n"
        "\n"
        "10614141000415,Crate,,,AM-contains\n"
        "96385074,Chewing gum\n"
    )
    report = import_products(path, records)
    assert [(each.row, each.gtin) for each in report.rejected] == [
        (1, "4006381333931"),
        (2, "036000291452"),
        (3, "10614141000415"),
    ]
    reasons = [each.reason for each in report.rejected]
    assert "it has 6 cells, the header has 5" in reasons[0]
    assert "width_mm and height_mm are given together" in reasons[1]
    assert "allergens" in reasons[2]
    assert report.added == 1


def test_a_gtin_twice_in_one_file_is_rejected_naming_the_first(
    records: Records, folder: Path
) -> None:
    """In whatever form it is written; the first row counts."""
    again = {"gtin": "0 4006381333931", "name": "Another milk"}
    report = import_products(write_json(folder, MILK, GUM, again), records)
    assert report.rejected == (Rejected(3, "0 4006381333931", "the same GTIN is in row 1 already"),)
    assert str(report.rejected[0]).startswith("row 3 (GTIN 0 4006381333931): ")
    product = records.product(MILK_GTIN)
    assert product is not None
    assert product.name == "Whole milk"


def test_unknown_fields_are_ignored_and_named(records: Records, folder: Path) -> None:
    """A misspelt field does not vanish unnoticed."""
    report = import_products(write_json(folder, GUM | {"alergens": {}, "shelf": 3}), records)
    assert report.ignored_fields == ("alergens", "shelf")
    assert report.added == 1


def test_progress_counts_every_row(records: Records, folder: Path) -> None:
    """Rejected ones too."""
    seen: list[tuple[int, int]] = []
    import_products(
        write_json(folder, MILK, {}, GUM),
        records,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_full_disk_leaves_nothing_of_the_file(records: Records, folder: Path) -> None:
    """All rows are one transaction."""
    import_products(write_json(folder, GUM), records)
    with records.database._engine.connect() as connection:  # the pool hands it out again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    bodies = [f"95200000000{number}" for number in range(9)]
    long = [{"gtin": body + check_digit(body), "name": "x" * 9000} for body in bodies]
    with pytest.raises(StorageFull):
        import_products(write_json(folder, MILK, *long), records)
    assert records.gtins() == (GUM_GTIN,)
    assert records.counts() == Counts(1, 0, 0, 0, 0)
