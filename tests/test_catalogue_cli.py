"""What the commands of the catalogue say, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

from test_catalogue_feeds import BISCUIT, MILK, OFF_CELLS, table
from tiny_store import Run


def test_a_public_file_is_told_by_its_header_and_imported(run: Run, tmp_path: Path) -> None:
    """With counts, licence and attribution; refused rows are in a file."""
    file = table(tmp_path / "off.tsv", OFF_CELLS, OFF_CELLS | {"code": "123"})
    said = run("catalogue", "import", file)
    assert said.code == 1
    assert "2 read: 1 added, 0 updated, 0 unchanged, 1 rejected" in said.out
    assert "ODbL-1.0" in said.out
    rejects = tmp_path / "home" / "imports" / "off.tsv.rejects.csv"
    assert str(rejects) in said.err
    assert "123 has 3 digits" in rejects.read_text()
    assert "Open Food Facts (ODbL-1.0)" in run("catalogue", "sources").out
    assert json.loads(run("catalogue", "sources", "--json").out)[0]["licence"] == "ODbL-1.0"


def test_an_import_without_rejections_ends_well(run: Run, tmp_path: Path) -> None:
    """Exit 0, and JSON says everything."""
    file = table(tmp_path / "off.tsv", OFF_CELLS)
    said = run("catalogue", "import", file, "--json", "--rejects", tmp_path / "bad.csv")
    assert said.code == 0
    found = json.loads(said.out)
    assert (found["added"], found["rejected"], found["source"]) == (1, 0, "Open Food Facts")
    assert found["rejects"] == str(tmp_path / "bad.csv")


def test_a_product_is_told_with_everything_known(run: Run, tmp_path: Path) -> None:
    """For a person and as JSON, by any form of its number, with the verdict and its reasons."""
    run("catalogue", "import", table(tmp_path / "off.tsv", OFF_CELLS))
    wishes = ("--avoid", "AM", "--diet", "no_palm_oil", "--limit", "sugars_g=5")
    said = run("product", MILK, *wishes)
    assert said.code == 0
    for words in (
        "does not fit you",
        "contains milk",
        "fits you: 0 g sugars in 100",
        "cereals with gluten",
        "may contain",
        "E322 lecithin",
        "Nutri-Score",
        "ODbL",
    ):
        assert words in said.out, words
    link = run("product", f"https://id.gs1.org/01/0{MILK}", "--json")
    found = json.loads(link.out)
    assert found["product"]["gtin"] == BISCUIT.gtin
    assert found["allergens"]["AM"]["level"] == "contains"
    assert found["allergens"]["AF"]["level"] == "unknown"
    assert found["verdict"] is None
    assert found["source"]["licence"] == "ODbL-1.0"
    assert found["nova"] == 4


def test_a_wrong_wish_or_number_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    """With the words that there are."""
    run("catalogue", "import", table(tmp_path / "off.tsv", OFF_CELLS))
    for words, code, said in (
        (("product", "123"), 6, "3 digits"),
        (("product", "96385074"), 6, "there is no product 96385074"),
        (("product", MILK, "--avoid", "XX"), 2, "no allergen code"),
        (("product", MILK, "--diet", "keto"), 2, 'no diet "keto"'),
        (("product", MILK, "--limit", "sugars_g"), 2, "written sugars_g=10"),
        (("product", MILK, "--worst-grade", "F"), 2, 'no grade "F"'),
        (("catalogue", "import", "gone.tsv"), 6, "does not exist"),
        (("catalogue", "import", "f.tsv", "--mapping", "gone.toml"), 6, "cannot be read"),
        (("catalogue", "pictures", "gone"), 6, "not a folder"),
    ):
        found = run(*words)
        assert found.code == code, words
        assert said in found.err, words


def test_pictures_of_a_folder_are_added(run: Run, tmp_path: Path) -> None:
    """To products that have a record."""
    run("catalogue", "import", table(tmp_path / "off.tsv", OFF_CELLS))
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / f"{MILK}.jpg").write_bytes(b"front")
    said = run("catalogue", "pictures", folder)
    assert (said.code, said.out) == (
        0,
        "1 pictures: 1 products have new ones, 0 unchanged, 0 rejected\n",
    )
    (folder / "cat.jpg").write_bytes(b"cat")
    assert json.loads(run("catalogue", "pictures", folder, "--json").out)["rejected"] == 1
