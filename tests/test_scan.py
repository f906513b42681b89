"""A scan: counted, turned into JSON that other programs can rely on, and drawn."""

from __future__ import annotations

import json

import numpy as np

from facings.product import Offer, Product
from facings.scan import Scan
from facings.types import Candidate, Facing, Match

MILK, RICE = "04006381333931", "00036000291452"


def facing(state: str, gtin: str | None = None, **place: int) -> Facing:
    """Make a facing whose numbers are NumPy's, as stages give them."""
    nearest = (Candidate(MILK, np.float32(0.912345), 7),)
    match = Match(state, gtin, np.float32(0.912345), 0.95, nearest, {"size_misfit": 0.25})
    product = Product(gtin, "Milk", offers=(Offer("-10 %", "price", 20, "EUR", "2030-01-31"),))
    return Facing(
        (10.04, 20.0, 30.0, 60.0),
        np.float32(0.5),
        place.get("shelf", 0),
        place.get("position", 0),
        match,
        product if gtin else None,
    )


def scan(*facings: Facing) -> Scan:
    """Make a scan of a small black picture."""
    return Scan(
        name="shelf.jpg",
        size_wh=(80, 60),
        facings=facings,
        lines_xyxy=np.array([[0, 60, 80, 60]], np.float32),
        latency_ms={"detect": 12.3456},
        image=np.zeros((60, 80, 3), np.uint8),
        models={"detect": "facings-detector v1 (01234567)"},
    )


def test_an_empty_shelf_is_a_scan_without_facings():
    """Nothing found is a value like any other."""
    empty = scan()
    assert empty.recognised == ()
    assert empty.counts() == {}
    assert empty.state_counts() == {"recognised": 0, "ambiguous": 0, "unknown": 0}
    assert json.loads(empty.to_json())["facings"] == []


def test_facings_are_counted_by_product_most_first():
    """Share of shelf needs nothing more than this."""
    counted = scan(
        facing("recognised", MILK), facing("unknown"), *[facing("recognised", RICE)] * 2
    ).counts()
    assert list(counted.items()) == [(RICE, 2), (MILK, 1)]


def test_only_recognised_facings_are_called_recognised():
    """An ambiguous facing is never counted as a product."""
    mixed = scan(facing("ambiguous"), facing("recognised", MILK), facing("unknown"))
    assert [each.match.gtin for each in mixed.recognised] == [MILK]
    assert mixed.state_counts() == {"recognised": 1, "ambiguous": 1, "unknown": 1}


def test_the_keys_of_format_1_stay():
    """Programs read these names: taking one away needs format 2."""
    document = scan(facing("recognised", MILK)).to_dict()
    assert document["format"] == 1
    assert list(document) == [
        "format", "name", "timestamp_ms", "width", "height", "models", "counts", "facings",
        "lines_xyxy", "latency_ms",
    ]  # fmt: skip
    assert list(document["facings"][0]) == [
        "box_xyxy", "score", "shelf_index", "position_index", "state", "gtin", "similarity",
        "probability", "alternatives", "evidence", "product", "track_id",
    ]  # fmt: skip


def test_json_is_one_line_and_holds_numpy_numbers_rounded():
    """Stages give NumPy scalars; a program gets plain numbers."""
    text = scan(facing("recognised", MILK)).to_json()
    assert "\n" not in text
    document = json.loads(text)
    [found] = document["facings"]
    assert found["box_xyxy"] == [10.0, 20.0, 30.0, 60.0]
    assert found["similarity"] == 0.9123
    dates = {"valid_from": None, "valid_until": None}
    assert found["alternatives"] == [{"gtin": MILK, "similarity": 0.9123, "picture_id": 7, **dates}]
    assert document["latency_ms"] == {"detect": 12.35}
    assert document["lines_xyxy"] == [[0.0, 60.0, 80.0, 60.0]]


def test_a_products_facts_come_with_its_facing():
    """Offers and all; what is not known is null, not left out."""
    [found] = json.loads(scan(facing("recognised", MILK)).to_json())["facings"]
    assert found["product"]["offers"][0]["headline"] == "-10 %"
    assert found["product"]["brand"] is None
    assert found["product"]["allergens"] == {}


def test_an_unknown_facing_has_neither_gtin_nor_product():
    """Null where nothing is known."""
    [found] = scan(facing("unknown")).to_dict()["facings"]
    assert (found["state"], found["gtin"], found["product"]) == ("unknown", None, None)


def test_the_picture_is_drawn_but_never_written_into_json():
    """A full frame goes nowhere unless the person sends it."""
    with_picture = scan(facing("recognised", MILK))
    assert with_picture.plot().size[0] == 80
    assert "image" not in with_picture.to_dict()
    assert "image" not in repr(with_picture)
