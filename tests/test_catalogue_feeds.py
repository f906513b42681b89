"""Files of others get in row by row: bad ones back with a reason, killed imports go on."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facings.catalogue.bulk import BulkReport, import_feed
from facings.catalogue.feeds.choose import form_of
from facings.catalogue.feeds.countries import country_code
from facings.catalogue.feeds.feed import BadRow, global_gtin
from facings.catalogue.feeds.mapped import MappedTable
from facings.catalogue.feeds.open_food_facts import OpenFoodFacts
from facings.catalogue.feeds.usda import UsdaBranded
from facings.catalogue.gtin import check_digit
from facings.catalogue.picture_folder import FolderReport, import_pictures
from facings.catalogue.records import Records
from facings.catalogue.sources import OPEN_FOOD_FACTS, Source, Sources
from facings.errors import ImportRejected
from facings.product import Declared, Product

DATA = Path(__file__).parents[2] / "shared" / "data" / "catalogue"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"needs the catalogue data that developers have in {DATA}"
)
MILK, GUM = "4006381333931", "96385074"
BISCUIT = Product(
    f"0{MILK}",
    "Biscuits & more",
    brand="Meadow",
    net_content="200 g",
    category="en:biscuits",
    retailers=("Corner",),
    countries=("FR", "SE"),
    ingredients="Wheat flour, butter",
    nutrition_per_100={"energy_kj": 2000.0, "saturated_fat": 9.5, "sugars": 0.0},
    source="Open Food Facts",
    declared=Declared(
        serving="25 g",
        category_tags=("en:snacks", "en:biscuits"),
        label_tags=("en:organic",),
        allergen_tags=("en:gluten", "en:milk"),
        trace_tags=("en:nuts",),
        additive_tags=("en:e322",),
        analysis_tags=("en:palm-oil-free",),
        nova=4,
        nutri_score="D",
    ),
)
OFF_CELLS = {
    "code": MILK,
    "product_name": "Biscuits &amp; more",
    "brands": "Meadow,Other",
    "quantity": "200 g",
    "categories_tags": "en:snacks,en:biscuits",
    "labels_tags": "en:organic",
    "countries_tags": "en:france,en:sweden,en:atlantis",
    "stores": "Corner",
    "ingredients_text": "Wheat flour,  butter",
    "allergens": "en:gluten,en:milk",
    "traces_tags": "en:nuts",
    "additives_tags": "en:e322",
    "ingredients_analysis_tags": "en:palm-oil-free",
    "serving_size": "25 g",
    "nova_group": "4",
    "nutriscore_grade": "d",
    "energy_100g": "2000",
    "saturated-fat_100g": "9.5",
    "sugars_100g": "0",
    "salt_100g": "-1",
}


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    """An empty database of each kind."""
    with Records.open(database_url) as opened:
        yield opened


def table(file: Path, *rows: dict[str, str], separator: str = "\t") -> Path:
    """Write a table with the columns of the first row."""
    lines = [separator.join(rows[0]), *(separator.join(row.values()) for row in rows)]
    text = "\n".join(lines) + "\n"
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


def reasons(file: Path) -> list[tuple[str, str]]:
    """Read row and reason of a rejects file."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [(line["row"], line["reason"]) for line in csv.DictReader(stream)]


def as_json_line() -> dict[str, object]:
    """The biscuits as the JSONL export has them."""
    lists = {k: v.split(",") for k, v in OFF_CELLS.items() if k.endswith("_tags")}
    plain = {k: v for k, v in OFF_CELLS.items() if not k.endswith(("_tags", "_100g"))}
    nutriments = {k: float(v) for k, v in OFF_CELLS.items() if k.endswith("_100g")}
    return plain | lists | {"allergens_tags": ["en:gluten", "en:milk"], "nutriments": nutriments}


def write_parquet(file: Path) -> Path:
    """Write the biscuits as the Parquet export has them."""
    row = as_json_line() | {
        "product_name": [{"lang": "main", "text": "Biscuits & more"}],
        "ingredients_text": [{"lang": "main", "text": "Wheat flour, butter"}],
        "nutriments": [
            {"name": name.removesuffix("_100g"), "100g": float(value)}
            for name, value in OFF_CELLS.items()
            if name.endswith("_100g")
        ],
        "nova_group": 4,
        "lang": "en",
    }
    row.pop("allergens")
    pq.write_table(pa.Table.from_pylist([row]), file)
    return file


@pytest.mark.parametrize(
    "name", ["f.tsv", "f.csv", "f.csv.gz", "f.jsonl", "f.jsonl.gz", "f.parquet"]
)
def test_every_export_of_open_food_facts_gives_the_same_record(
    name: str, tmp_path: Path, records: Records
) -> None:
    """Every field, with licence and attribution of the source."""
    file = tmp_path / name
    if ".jsonl" in name:
        line = json.dumps(as_json_line()).encode()
        file.write_bytes(gzip.compress(line) if name.endswith(".gz") else line)
    elif name.endswith(".parquet"):
        write_parquet(file)
    else:
        table(file, OFF_CELLS)
    assert form_of(file) == "openfoodfacts"
    report = import_feed(OpenFoodFacts.open(file), records, tmp_path / "rejects.csv")
    assert report == BulkReport(1, 1, 0, 0, 0, 0, "Open Food Facts")
    assert records.product(BISCUIT.gtin) == BISCUIT
    assert Sources(records.database).of("Open Food Facts") == OPEN_FOOD_FACTS
    assert reasons(tmp_path / "rejects.csv") == []


def test_bad_rows_come_back_with_their_reasons(tmp_path: Path, records: Records) -> None:
    """And the good ones are in."""
    rows = [
        {"code": MILK, "product_name": "Milk"},
        {"code": "", "product_name": "Nothing"},
        {"code": "4006381333932", "product_name": "Misread"},
        {"code": "2012345678903", "product_name": "Weighed"},
        {"code": "38706", "product_name": "Short"},
        {"code": GUM, "product_name": "   "},
        {"code": f"0{MILK}", "product_name": "Milk again"},
        {"code": GUM, "product_name": "Gum\x00"},
    ]
    file = table(tmp_path / "off.tsv", *rows)
    with file.open("ab") as stream:
        stream.write(b"40170725\tbroken \xff text\n40170725\tone\ttoo many\n")
    report = import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
    assert (report.read, report.added, report.rejected) == (10, 2, 8)
    said = dict(reasons(tmp_path / "bad.csv"))
    assert list(said) == ["2", "3", "4", "5", "6", "7", "9", "10"]
    for row, words in {
        "2": "no GTIN",
        "3": "check digit should be 1",
        "4": "store-internal",
        "5": "5 digits",
        "6": "no name",
        "7": "earlier in the file",
        "9": "not UTF-8",
        "10": "3 cells, the header has 2",
    }.items():
        assert words in said[row]
    assert records.products([f"000000{GUM}"])[f"000000{GUM}"].name == "Gum"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.tsv", None, "does not exist"),
        ("empty.tsv", b"", "is empty"),
        ("other.tsv", b"a\tb\n1\t2\n", "no column code"),
        ("cut.jsonl.gz", gzip.compress(b'{"code": "1"}\n' * 1000)[:-30], "to its end"),
        ("no.parquet", b"PAR1 nothing", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(
    name: str, content: bytes | None, words: str, tmp_path: Path, records: Records
) -> None:
    """With what is wrong; nothing else happens."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportRejected, match=words):
        import_feed(OpenFoodFacts.open(tmp_path / name), records, tmp_path / "bad.csv")
    assert records.counts().products == 0


def test_a_line_that_is_no_json_is_one_bad_row(tmp_path: Path, records: Records) -> None:
    """The next one goes on."""
    file = tmp_path / "off.jsonl"
    file.write_text(f'{{"code": \n[1]\n{{"code": "{MILK}", "product_name": "Milk"}}\n')
    report = import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
    assert (report.added, report.rejected) == (1, 2)


def test_a_second_run_changes_nothing(tmp_path: Path, records: Records) -> None:
    """No doubles; a corrected file brings its correction."""
    file = table(tmp_path / "off.tsv", OFF_CELLS)
    import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
    again = import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
    assert again == BulkReport(1, 0, 0, 1, 0, 0, "Open Food Facts")
    table(file, OFF_CELLS | {"product_name": "Biscuits", "serving_size": "30 g"})
    changed = import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
    assert (changed.added, changed.updated) == (0, 1)
    declared = replace(BISCUIT.declared, serving="30 g")
    assert records.product(BISCUIT.gtin) == replace(BISCUIT, name="Biscuits", declared=declared)


def test_a_public_source_fills_what_is_empty_and_says_so(tmp_path: Path, records: Records) -> None:
    """A shop's own name and price stay; both sources are named."""
    own = Product(BISCUIT.gtin, "Our biscuits", price_cents=199, currency="EUR")
    records.upsert([own])
    file = table(tmp_path / "off.tsv", OFF_CELLS)
    for updated in (1, 0):
        report = import_feed(OpenFoodFacts.open(file), records, tmp_path / "bad.csv")
        assert report.updated == updated
    found = records.product(BISCUIT.gtin)
    assert found is not None
    assert (found.name, found.price_cents, found.ingredients) == (
        "Our biscuits",
        199,
        BISCUIT.ingredients,
    )
    assert found.source == "own records; Open Food Facts"
    source = Sources(records.database).of(found.source)
    assert source is not None
    assert source.licence == "ODbL-1.0"


SCRIPT = """
import sys
from pathlib import Path
from facings.catalogue import bulk
from facings.catalogue.feeds.open_food_facts import OpenFoodFacts
from facings.catalogue.records import Records
bulk.BATCH_ROWS = 50
with Records.open(sys.argv[1]) as records:
    feed = OpenFoodFacts.open(Path(sys.argv[2]))
    told = lambda *_: print("batch", flush=True)
    bulk.import_feed(feed, records, Path(sys.argv[3]), progress=told)
"""


def test_an_import_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Records, counts and rejects are those of an import in one go."""
    rows = [
        {"code": (b := f"400{number:09d}") + check_digit(b), "product_name": f"Product {number}"}
        for number in range(3000)
    ]
    for bad in range(0, 3000, 7):
        rows[bad] = rows[bad] | {"product_name": " "}
    file = table(tmp_path / "off.tsv", *rows)
    url, rejects = f"sqlite:///{tmp_path}/killed.db", tmp_path / "killed.csv"
    words = [sys.executable, "-c", SCRIPT, url, str(file), str(rejects)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(10):
            assert process.stdout.readline() == "batch\n"
        os.kill(process.pid, signal.SIGKILL)
    with Records.open(url) as killed:
        kept = killed.counts().products
        assert 0 < kept < 2571
        report = import_feed(OpenFoodFacts.open(file), killed, rejects)
        assert report.resumed_after >= 500
        with Records.open(f"sqlite:///{tmp_path}/whole.db") as whole:
            at_once = import_feed(OpenFoodFacts.open(file), whole, tmp_path / "whole.csv")
            assert replace(report, resumed_after=0) == at_once
            assert (at_once.added, at_once.rejected) == (2571, 429)
            assert killed.products(killed.gtins()) == whole.products(whole.gtins())
    assert reasons(rejects) == reasons(tmp_path / "whole.csv")


def test_usda_names_and_contents_come_from_beside_it(tmp_path: Path, records: Records) -> None:
    """The newest row of a number counts; leading zeros a spreadsheet took come back."""
    (tmp_path / "branded_food.csv").write_text(
        "fdc_id,brand_owner,gtin_upc,ingredients,serving_size,serving_size_unit,"
        "branded_food_category,modified_date,market_country,discontinued_date\n"
        f'1,Old,{MILK},"OLD",240,ml,Milk,2019-01-01,United States,\n'
        f'2,Meadow,{MILK},"MILK. CONTAINS: MILK",240,ml,Milk,2021-01-01,United States,2022-01-01\n'
        "3,Tiny,36000291452,,,,Gum,2020-01-01,,\n"
    )
    (tmp_path / "food.csv").write_text(
        "fdc_id,data_type,description\n2,branded_food,WHOLE MILK\n3,survey,NOT THIS\n"
    )
    (tmp_path / "food_nutrient.csv").write_text(
        "id,fdc_id,nutrient_id,amount\n1,2,1093,40\n2,2,1004,3.5\n3,2,9999,1\n4,2,2000,\n"
    )
    assert form_of(tmp_path) == "usda"
    report = import_feed(UsdaBranded.open(tmp_path), records, tmp_path / "bad.csv")
    assert (report.added, report.rejected) == (2, 1)
    assert reasons(tmp_path / "bad.csv") == [("1", "a newer row has the same GTIN")]
    milk, gum = records.product(f"0{MILK}"), records.product("00036000291452")
    assert milk == Product(
        f"0{MILK}",
        "WHOLE MILK",
        brand="Meadow",
        category="Milk",
        countries=("US",),
        active=False,
        ingredients="MILK. CONTAINS: MILK",
        nutrition_per_100={"sodium": 0.04, "fat": 3.5},
        source="USDA FoodData Central",
        declared=Declared(serving="240 ml"),
    )
    assert gum is not None
    assert gum.name == "Tiny: Gum"


MAPPING = """
list_separator = "/"
[source]
name = "Corner shop"
licence = "proprietary"
attribution = "From the corner shop."
[columns]
gtin = "EAN"
name = "Artikel"
price = "Preis"
category_tags = "Gruppen"
"nutrition_per_100.sugars" = "Zucker"
serving = "Portion"
[constants]
currency = "EUR"
"""


def test_a_table_of_ones_own_is_read_through_a_mapping(tmp_path: Path, records: Records) -> None:
    """Decimal commas, lists, constants; it writes over what a public source said."""
    mapping = tmp_path / "m.toml"
    mapping.write_text(MAPPING)
    rows = [
        {"EAN": MILK, "Artikel": "Kekse", "Preis": "2,5", "Gruppen": "en:a/en:b", "Zucker": "3,5"},
        {"EAN": GUM, "Artikel": "Gummi", "Preis": "viel", "Gruppen": "", "Zucker": ""},
    ]
    file = table(tmp_path / "own.csv", *(r | {"Portion": "5 g"} for r in rows), separator=";")
    import_feed(
        OpenFoodFacts.open(table(tmp_path / "off.tsv", OFF_CELLS)), records, tmp_path / "b.csv"
    )
    report = import_feed(MappedTable.open(file, mapping), records, tmp_path / "bad.csv")
    assert (report.updated, report.rejected, report.source) == (1, 1, "Corner shop")
    assert "no amount such as 2.49" in reasons(tmp_path / "bad.csv")[0][1]
    found = records.product(f"0{MILK}")
    assert found is not None
    assert (found.name, found.price_cents, found.currency) == ("Kekse", 250, "EUR")
    assert found.declared.category_tags == ("en:a", "en:b")
    assert found.declared.nova == 4
    assert found.nutrition_per_100 == {"sugars": 3.5}
    source = Sources(records.database).of("Corner shop")
    assert source == Source("Corner shop", "proprietary", "From the corner shop.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns"),
        ("[columns]\ngtin = 'EAN'", "no column to name"),
        ("[columns]\ngtin = 'a'\nname = 'b'\ncolour = 'c'", "maps colour"),
        ("[columns\n", "is no mapping"),
        ("encoding = 'klingon'\n[columns]\ngtin = 'a'\nname = 'b'", "is no mapping"),
    ],
)
def test_a_mapping_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    """With what is wrong in it."""
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(ImportRejected, match=words):
        MappedTable.open(tmp_path / "own.csv", tmp_path / "m.toml")


def test_pictures_are_found_by_their_names(tmp_path: Path, records: Records) -> None:
    """GTIN.jpg, GTIN_back.jpg, GTIN-2.jpg, GTIN/any.jpg; a second run adds none."""
    records.upsert([Product(f"0{MILK}", "Milk")])
    folder = tmp_path / "pictures"
    for name in (f"{MILK}.jpg", f"{MILK}_back.jpg", f"{MILK}-2.PNG", f"{MILK}/Top.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    for name in ("holiday.jpg", f"{GUM}.jpg", "4006381333932.jpg"):
        (folder / name).write_bytes(name.encode())
    (folder / f"{MILK}_empty.jpg").touch()
    report = import_pictures(folder, records, tmp_path / "bad.csv")
    assert report == FolderReport(8, 1, 0, 4)
    views = {each.source.file: each.source.view for each in records.pictures()}
    assert views == {
        f"{MILK}.jpg": "front",
        f"{MILK}_back.jpg": "back",
        f"{MILK}-2.PNG": "front",
        f"{MILK}/Top.jpg": "top",
    }
    assert import_pictures(folder, records, tmp_path / "bad.csv") == FolderReport(8, 0, 1, 4)
    said = (tmp_path / "bad.csv").read_text()
    for words in ("neither its name", "no product 96385074", "check digit", "0 bytes"):
        assert words in said
    for empty in (tmp_path / "none", tmp_path):
        if not empty.exists():
            with pytest.raises(ImportRejected, match="not a folder"):
                import_pictures(empty, records, tmp_path / "bad.csv")


@pytest.mark.parametrize(
    ("text", "gtin"),
    [("36000291452", "00036000291452"), ("0000096385074", "00000096385074"), (MILK, f"0{MILK}")],
)
def test_leading_zeros_come_back(text: str, gtin: str) -> None:
    """Where the check digit says so."""
    assert global_gtin(text) == gtin


@pytest.mark.parametrize("text", ["", "12", "1234567", "abc", "2012345678900", "4" * 15])
def test_what_is_no_number_of_the_world_is_a_bad_row(text: str) -> None:
    """Store-internal ones too."""
    with pytest.raises(BadRow):
        global_gtin(text)


@pytest.mark.parametrize(
    ("name", "code"),
    [("en:france", "FR"), ("United States", "US"), ("Suède", "SE"), ("Atlantis", None), ("", None)],
)
def test_countries_are_known_by_tag_and_by_name(name: str, code: str | None) -> None:
    """Those that are not listed are left out."""
    assert country_code(name) == code


@needs_data
@pytest.mark.parametrize(
    ("name", "read", "taken"),
    [
        ("off_official_columns_sample.tsv", 1000, 277),
        ("off_products_fr_2017.csv", 6774, 6322),
        ("usda_branded_food_sample.csv", 9541, 9175),
    ],
)
def test_real_files_get_in(
    name: str, read: int, taken: int, tmp_path: Path, records: Records
) -> None:
    """Every row is either a record or has a reason."""
    file = DATA / name
    feed = UsdaBranded.open(file) if form_of(file) == "usda" else OpenFoodFacts.open(file)
    report = import_feed(feed, records, tmp_path / "bad.csv")
    assert (report.read, report.added, report.rejected) == (read, taken, read - taken)
    assert len(reasons(tmp_path / "bad.csv")) == read - taken
    assert records.counts().products == taken
