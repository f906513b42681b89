"""Packs: what is written is read again, and decides as the recognizer would by what it knows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facings.catalogue.pack import int8_from_unit, read_head, unit_from_int8, unpack
from facings.errors import CatalogueError
from facings.recognizer import Recognizer
from golden.make_pack import PACK, QUERIES, answers
from serving import build_home, make_key, served
from tiny_store import TEA, WEIGHTS, Run


def test_a_pack_of_nothing_is_refused_with_what_to_do(run: Run):
    """Without an index there is nothing to pack."""
    said = run("pack")
    assert said.code != 0
    assert "hint:" in said.err


def test_a_pack_holds_every_product_with_its_record(store: Run, tmp_path: Path):
    """Vectors, records and thresholds of the tiny store."""
    said = store("pack", "tiny", "-o", tmp_path / "tiny.facpack", "--json")
    assert said.code == 0, said.err
    head, contents = unpack((tmp_path / "tiny.facpack").read_bytes())
    assert head.name == "tiny"
    assert head.product_count == said.json["products"] == len(contents.gtins) == 4
    first = contents.records[contents.gtins.index(TEA.zfill(14))]
    assert first["name"] == f"Product {TEA}"
    assert first["knowledge"]["allergens"][0]["level"] == "unknown"
    assert set(head.thresholds) >= {"accept", "sure", "sharpness"}


def test_a_pack_carries_the_bars_of_those_who_compare_no_pictures(store: Run, tmp_path: Path):
    """It has none of the gallery's."""
    with Recognizer.open(tmp_path / "home", reads_print=False) as recognizer:
        own = {"accept_without_pictures": 0.41, "accept_by_blocks": 0.42}
        recognizer.index.set_thresholds(dict(recognizer.index.thresholds) | own, None)
    assert store("pack", "tiny", "-o", tmp_path / "tiny.facpack").code == 0
    head, _ = read_head(tmp_path / "tiny.facpack")
    assert head.thresholds["accept"] == 0.41
    assert "accept_without_pictures" not in head.thresholds


def test_a_scope_without_products_says_so(store: Run, tmp_path: Path):
    """Nothing is left half-written."""
    said = store("pack", "-o", tmp_path / "small.facpack", "--category", "x")
    assert said.code == 6
    assert not (tmp_path / "small.facpack").exists()


def test_a_damaged_pack_is_refused(tmp_path: Path):
    """By its hash; and a file that is none by its first bytes."""
    packed = bytearray(PACK.read_bytes())
    packed[-20] ^= 1
    with pytest.raises(CatalogueError, match="damaged"):
        unpack(bytes(packed))
    (tmp_path / "not.facpack").write_text("hello")
    with pytest.raises(CatalogueError, match="no pack"):
        read_head(tmp_path / "not.facpack")


def test_signed_bytes_keep_a_direction():
    """Within half a degree or so: cosine above 0.9999."""
    vectors = np.random.default_rng(1).normal(size=(50, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    again = unit_from_int8(int8_from_unit(vectors))
    assert (vectors * again).sum(axis=1).min() > 0.9999


def test_the_golden_pack_is_decided_as_written_down():
    """The browser's tests read the same answers."""
    expected = json.loads(QUERIES.read_text())
    found = answers(PACK.read_bytes(), expected["frames"])
    for got, wanted in zip(found, expected["frames"], strict=True):
        assert [each["state"] for each in got] == [each["state"] for each in wanted["answers"]]
        assert [each["gtin"] for each in got] == [each["gtin"] for each in wanted["answers"]]
        for one, other in zip(got, wanted["answers"], strict=True):
            assert one["probability"] == pytest.approx(other["probability"], abs=1e-3)
            assert one["alternatives"] == other["alternatives"]
    states = {each["state"] for frame in found for each in frame}
    assert states == {"recognised", "ambiguous", "unknown"}
    unread = [{**each, "printed": [[]] * len(each["printed"])} for each in expected["frames"]]
    assert answers(PACK.read_bytes(), unread) != found  # words decide some of them


def test_the_service_offers_packs_and_says_when_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """None first; then one, which is given once and answered with 304 after."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    home = build_home(tmp_path)
    with served(home, make_key(home)) as client:
        assert client.get("/v1/packs").json() == {"packs": []}
        assert client.get("/v1/packs/store").status_code == 404
        (home / "packs").mkdir()
        (home / "packs" / "store.facpack").write_bytes(PACK.read_bytes())
        (home / "packs" / "broken.facpack").write_bytes(b"?")
        [listed] = client.get("/v1/packs").json()["packs"]
        assert (listed["name"], listed["bytes"]) == ("store", PACK.stat().st_size)
        given = client.get("/v1/packs/store")
        assert given.content == PACK.read_bytes()
        assert given.headers["ETag"] == listed["etag"]
        same = client.get("/v1/packs/store", headers={"If-None-Match": listed["etag"]})
        assert (same.status_code, same.content) == (304, b"")


def test_a_products_picture_is_small_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A JPEG with an ETag; 404 for a product that is not there."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    home = build_home(tmp_path)
    with served(home, make_key(home)) as client:
        found = client.get(f"/v1/products/{TEA}/picture")
        assert found.content.startswith(b"\xff\xd8")
        kept = client.get(
            f"/v1/products/{TEA}/picture", headers={"If-None-Match": found.headers["ETag"]}
        )
        assert kept.status_code == 304
        assert client.get("/v1/products/7622210449283/picture").status_code == 404
