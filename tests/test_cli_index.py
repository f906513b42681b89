"""The commands of the index, from words to text and exit codes, over a tiny store."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from facings.retrieve.sidecar import FILE_NAME
from tiny_store import COLORS, MILK, NEW, NEW_COLOR, RICE, TEA, TWIN, Run, plain, shelf


def test_the_index_says_what_it_holds(store: Run):
    """Products, pictures, and the embedder they are for."""
    document = store("index", "stats", "--json").json
    assert (document["products"], document["pictures"], document["dim"]) == (4, 4, 48)
    assert document["embedder"]["name"] == "facings-embedder"
    assert "facings-embedder" in store("index", "stats").out


def test_a_product_is_findable_as_soon_as_it_is_added(store: Run, tmp_path: Path):
    """Without building the index anew; twice the same picture counts once."""
    shelf(NEW_COLOR).save(tmp_path / "shelf.png")
    assert store("scan", "shelf.png", "--json").json["facings"][0]["state"] == "unknown"
    plain(NEW_COLOR).save(tmp_path / "new.png")
    said = store("index", "add", NEW, "new.png", "new.png", "--name", "New", "--json")
    assert (said.code, said.json["products"], said.json["pictures"]) == (0, 5, 5)
    [facing] = store("scan", "shelf.png", "--json").json["facings"]
    assert facing["gtin"] == NEW.zfill(14)
    assert facing["product"]["name"] == "New"
    assert store("index", "build", "--json").json["pictures"] == 5


def test_the_first_product_makes_the_index(run: Run, tmp_path: Path):
    """An empty home needs nothing else."""
    plain(NEW_COLOR).save(tmp_path / "new.png")
    assert run("index", "add", NEW, "new.png", "--name", "New", "--json").json["products"] == 1


def test_a_product_without_record_needs_a_name(store: Run, tmp_path: Path):
    """Nothing is written without one."""
    plain(NEW_COLOR).save(tmp_path / "new.png")
    said = store("index", "add", NEW, "new.png")
    assert said.code == 6
    assert "--name" in said.err
    assert store("index", "stats", "--json").json["products"] == 4


def test_an_old_and_a_new_look_are_both_recognised(store: Run, tmp_path: Path):
    """As one product, with the dates of the look that was seen; they can be given at any time."""
    plain(NEW_COLOR).save(tmp_path / "new-look.png")
    words = ("index", "add", TEA, "new-look.png", "--valid-from", "2026-03-01", "--json")
    assert store(*words).json["pictures"] == 5
    shelf(COLORS[TEA], NEW_COLOR).save(tmp_path / "shelf.png")
    facings = store("scan", "shelf.png", "--json").json["facings"]
    assert {each["gtin"] for each in facings} == {TEA.zfill(14)}
    first = [each["alternatives"][0]["valid_from"] for each in facings]
    assert first == [None, "2026-03-01"]
    [old, new] = store("scan", "shelf.png").out.splitlines()[2:]
    assert "look of" not in old
    assert "(look of 2026-03-01..)" in new
    assert store("index", "build", "--json").json["pictures"] == 5
    facings = store("scan", "shelf.png", "--json").json["facings"]
    assert [each["alternatives"][0]["valid_from"] for each in facings] == first


def test_a_look_that_ends_before_it_begins_is_a_usage_error(store: Run, tmp_path: Path):
    """Nothing is written."""
    plain(NEW_COLOR).save(tmp_path / "new.png")
    dates = ("--valid-from", "2026-01-01", "--valid-until", "2025-01-01")
    said = store("index", "add", TEA, "new.png", *dates)
    assert said.code == 2
    assert "before it begins" in said.err
    assert store("index", "stats", "--json").json["pictures"] == 4


def test_a_scan_can_be_narrowed_to_what_a_shop_sells(run: Run, products: Path, tmp_path: Path):
    """What is out of scope is unknown, however alike."""
    entries = json.loads(products.read_text())
    entries[0] |= {"retailers": ["corner"], "countries": ["SE"], "category": "tea"}
    entries[1] |= {"active": False}
    products.write_text(json.dumps(entries))
    assert run("catalogue", "import", products).code == 0
    assert run("index", "build").code == 0
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    for words, expected in (
        ((), [TEA, RICE]),
        (("--retailer", "corner", "--country", "SE", "--category", "tea"), [TEA, None]),
        (("--active",), [TEA, None]),
        (("--retailer", "mart"), [None, None]),
    ):
        facings = run("scan", "shelf.png", "--json", *words).json["facings"]
        assert [each["gtin"] for each in facings] == [gtin and gtin.zfill(14) for gtin in expected]


def test_a_product_is_taken_out_and_its_record_stays(store: Run, tmp_path: Path):
    """A rebuild does not bring it back; doing it again says that there is nothing."""
    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    said = store("index", "remove", TEA, "--json")
    assert (said.code, said.json["products"], said.json["pictures"]) == (0, 3, 3)
    assert store("scan", "shelf.png", "--json").json["facings"][0]["state"] == "unknown"
    assert store("index", "build", "--json").json["pictures"] == 3
    assert store("catalogue", "show", TEA).code == 0
    again = store("index", "remove", TEA)
    assert again.code == 6
    assert "no such picture" in again.err


def test_one_picture_is_taken_out_by_its_id(store: Run):
    """One of another product is refused."""
    said = store("index", "remove", TEA, "--picture", "2")
    assert said.code == 6
    assert "no such picture of 4006381333931: 2" in said.err
    assert store("index", "remove", TEA, "--picture", "1", "--json").json["pictures"] == 3


def test_the_doctor_names_twins_and_its_exit_code_tells(store: Run):
    """Two products of one colour: the same file, and nothing tells them apart."""
    said = store("index", "doctor", "--json")
    assert said.code == 1
    [twins] = said.json["same_picture"]
    assert set(twins["gtins"]) == {MILK.zfill(14), TWIN.zfill(14)}
    assert (said.json["duplicates"], said.json["mislabelled"]) == ([], [])
    assert len(said.json["indistinguishable"]) == 1
    text = store("index", "doctor")
    assert text.code == 1
    assert "cannot be told apart" in text.out
    assert store("index", "remove", TWIN).code == 0
    well = store("index", "doctor")
    assert (well.code, well.out) == (0, "3 pictures examined, 0 findings\n")


def test_too_few_pictures_cannot_calibrate(store: Run):
    """What is missing is said; the thresholds stay."""
    before = store("index", "stats", "--json").json["thresholds"]
    said = store("index", "calibrate")
    assert said.code == 5
    assert "hint: add second pictures" in said.err
    assert store("index", "stats", "--json").json["thresholds"] == before


def test_thresholds_are_calibrated_and_growth_makes_them_stale(
    store: Run, tmp_path: Path, products: Path
):
    """Stats and scans say so until it is done again; a rebuild keeps them."""
    generator = np.random.default_rng(0)
    entries = json.loads(products.read_text())[:3]
    for number, entry in enumerate(entries):
        color = np.array(COLORS[entry["gtin"]])
        for n in range(12):
            noisy = np.clip(color + generator.normal(0, 6, (48, 48, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(tmp_path / f"{number}-{n}.png")
            entry["pictures"].append({"file": f"{number}-{n}.png"})
    products.write_text(json.dumps(entries))
    assert store("catalogue", "import", products).code == 0
    assert store("index", "build").code == 0
    said = store("index", "calibrate", "--precision", "0.95", "--json")
    assert said.code == 0
    calibration = said.json["calibration"]
    assert (calibration["precision"], calibration["picture_count"]) == (0.95, 40)
    assert store("index", "build", "--json").json["calibration"] == calibration
    sidecar = tmp_path / "home" / "index" / FILE_NAME
    document = json.loads(sidecar.read_text())
    document["calibration"]["picture_count"] = 10
    sidecar.write_text(json.dumps(document))
    stale = 'note: calibrated at 10 pictures, now 40: run "facings index calibrate"'
    assert stale in store("index", "stats").err
    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    assert stale in store("scan", "shelf.png").err
    assert store("index", "calibrate").code == 0
    assert store("index", "stats").err == ""
    assert store("index", "calibrate", "--reset", "--json").json["calibration"] is None


def test_an_index_travels_in_one_file(store: Run, tmp_path: Path):
    """To another home, where it answers; without the records it knows GTINs alone."""
    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    assert store("index", "export", "index.zip", "--json").json["pictures"] == 4
    other = ("--home", tmp_path / "other")
    assert store(*other, "index", "import", "index.zip", "--json").json["pictures"] == 4
    [facing] = store(*other, "scan", "shelf.png", "--json").json["facings"]
    assert (facing["gtin"], facing["product"]) == (TEA.zfill(14), None)
    (tmp_path / "index.zip").write_bytes(b"damaged")
    said = store(*other, "index", "import", "index.zip")
    assert said.code == 6
    assert "index.zip is no exported index" in said.err
    assert store(*other, "index", "stats", "--json").json["pictures"] == 4


def test_an_index_is_optimised_at_any_time(store: Run):
    """A small one has nothing to do."""
    assert store("index", "optimize", "--json").json["pictures"] == 4
