"""Field collection over HTTP: begun once, sent in pieces, bound, found."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from serving import bearer, make_key, picture, served
from test_collect_barcodes import EAN13, label
from test_collect_field import jpeg
from tiny_store import NEW_COLOR, TEA

SESSIONS = "/v1/collect/sessions"
BEGUN = {
    "id": "s1",
    "store": "Corner",
    "person": "ann",
    "consent": "the owner, for training",
    "aisles": ["tea", "tins"],
}


def pack(color: tuple[int, int, int] = NEW_COLOR) -> bytes:
    """A photo that is fit: one pack in the middle; sharp and not too dark around it."""
    image = Image.new("RGB", (320, 320), (30, 30, 30))
    for row in range(0, 320, 2):
        image.paste((45, 45, 45), (0, row, 320, row + 1))
    image.paste(Image.new("RGB", (64, 64), color), (128, 128))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def send(client: TestClient, capture_id: str, kind: str, contents: bytes, **form: str) -> dict:
    """Send a picture of the session."""
    answer = client.post(
        f"{SESSIONS}/s1/captures",
        data={"id": capture_id, "kind": kind, **form},
        files={"picture": ("p.jpg", contents)},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_round_begins_empty_and_is_begun_once(home: Path):
    """Sent again it is the same; without consent there is none."""
    with served(home) as client:
        assert client.get(SESSIONS).json() == {"sessions": []}
        first = client.post(SESSIONS, json=BEGUN)
        again = client.post(SESSIONS, json={**BEGUN, "aisles": ["milk"]})
        bare = client.post(SESSIONS, json={**BEGUN, "id": "s2", "consent": " "})
        listed = client.get(SESSIONS).json()["sessions"]
    assert first.status_code == again.status_code == 201
    assert first.headers["location"] == f"{SESSIONS}/s1"
    assert first.json()["started_at"] == again.json()["started_at"]
    assert [each["aisle"] for each in again.json()["aisles"]] == ["tea", "tins", "milk"]
    assert first.json()["aisles"][0]["missing"] == ["far", "near", "products"]
    assert bare.status_code == 422
    assert [each["id"] for each in listed] == ["s1"]


def test_a_picture_sent_twice_is_there_once_and_judged_both_times(home: Path):
    """As after an upload that broke off; the list says what arrived."""
    with served(home) as client:
        client.post(SESSIONS, json=BEGUN)
        dark = jpeg(label().image // 10)
        first = send(client, "c1", "shelf far", dark, aisle="tea")
        again = send(client, "c1", "shelf far", dark, aisle="tea")
        shown = client.get(f"{SESSIONS}/s1").json()
        no_picture = client.post(
            f"{SESSIONS}/s1/captures",
            data={"id": "c2", "kind": "product"},
            files={"picture": ("p.jpg", b"nothing")},
        )
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert "too dark" in first["capture"]["faults"] == again["capture"]["faults"]
    assert [each["id"] for each in shown["captures"]] == ["c1"]
    assert shown["aisles"][0]["missing"] == ["far", "near", "products"]
    assert no_picture.status_code == 422


def test_a_number_is_read_at_once(home: Path):
    """With the product's name where the catalogue knows it."""
    with served(home) as client:
        client.post(SESSIONS, json=BEGUN)
        fresh = send(client, "b1", "barcode", jpeg(label().image))["code"]
        known = send(client, "b2", "barcode", jpeg(label(TEA).image))["code"]
        none = send(client, "b3", "barcode", pack())["code"]
    assert (fresh["gtin_printed"], fresh["road"], fresh["product_name"]) == (EAN13, "bars", None)
    assert known["product_name"] == f"Product {TEA}"
    assert none is None


def test_a_collected_product_is_found_by_the_next_scan(home: Path):
    """No training, nothing built anew."""
    with served(home) as client:
        client.post(SESSIONS, json=BEGUN)
        send(client, "code", "barcode", jpeg(label().image))
        send(client, "front", "product", pack(), aisle="tea")
        asked = {"captures": ["code", "front"], "name": "Green tea"}
        before = client.post("/v1/scan", files={"picture": ("s.png", picture(NEW_COLOR))}).json()
        bound = client.post(f"{SESSIONS}/s1/products", json=asked)
        after = client.post("/v1/scan", files={"picture": ("s.png", picture(NEW_COLOR))}).json()
        again = client.post(f"{SESSIONS}/s1/products", json=asked)
        shown = client.get(f"{SESSIONS}/s1").json()
    assert bound.status_code == 201, bound.text
    assert bound.json() == again.json()
    assert bound.json()["findable"] is True
    assert bound.json()["how"] == "bars"
    assert [each["gtin"] for each in before["facings"]] == [None]
    assert [each["gtin"] for each in after["facings"]] == [EAN13.zfill(14)]
    assert shown["products"] == 1
    assert shown["aisles"][0]["missing"] == ["far", "near"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"captures": ["gone"], "gtin": EAN13}, "has no capture gone"),
        ({"captures": ["front"]}, "no number could be read"),
        ({"captures": ["front"], "gtin": EAN13}, "there is no product"),  # and no name for one
        ({"captures": ["front"], "gtin": "4006381333932"}, "check digit"),
        ({"captures": []}, "at least 1"),
    ],
)
def test_what_cannot_be_bound_is_refused_with_the_reason(home: Path, asked: dict, words: str):
    """And nothing is bound."""
    with served(home) as client:
        client.post(SESSIONS, json=BEGUN)
        send(client, "front", "product", pack())
        refused = client.post(f"{SESSIONS}/s1/products", json=asked)
        assert refused.status_code == 422
        assert words in refused.text
        assert client.get(f"{SESSIONS}/s1").json()["captures"][0]["gtin"] is None


def test_a_round_is_its_tenants_alone(home: Path):
    """Others do not learn that there is one; a key without `enrol` collects nothing."""
    with served(home, make_key(home, tenant="ours")) as client:
        client.post(SESSIONS, json=BEGUN)
        other = bearer(make_key(home, tenant="other"))
        reader = bearer(make_key(home, "read"))
        assert client.get(f"{SESSIONS}/s1", headers=other).status_code == 404
        assert client.get(SESSIONS, headers=other).json() == {"sessions": []}
        assert client.post(SESSIONS, json=BEGUN, headers=other).status_code == 422
        assert client.get(f"{SESSIONS}/s1", headers=reader).status_code == 403
        assert client.get(f"{SESSIONS}/s9").status_code == 404
