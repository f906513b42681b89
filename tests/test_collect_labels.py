"""Labelling: look-alikes together, one answer for each group, nothing accepted by itself."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings.catalogue.records import Records
from facings.catalogue.search import search_products
from facings.collect.labels import Label, Verdict
from facings.collect.look_alikes import group_look_alikes, queue_of
from facings.errors import CatalogueError
from facings.product import Product
from facings.settings import Settings
from facings.types import Candidate, Facing, Match
from serving import as_png, picture, served
from test_server_collect import BEGUN, SESSIONS, send
from tiny_store import COLORS, MILK, NEW_COLOR, RICE, TEA, Run

ROUND = f"{SESSIONS}/s1"


def unit(*degrees: float) -> np.ndarray:
    """Vectors of two numbers that point there."""
    angles = np.radians(np.array(degrees, np.float32))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.mark.parametrize(
    ("degrees", "gtins", "groups"),
    [
        ([], [], []),
        ([5], [None], [[0]]),
        ([0, 90, 1, 91, 2], [None] * 5, [[0, 2, 4], [1, 3]]),
        ([0, 1, 2], [None, "b", "a"], [[0, 1], [2]]),  # never two products in one
    ],
)
def test_look_alikes_are_put_together(
    degrees: list[float], gtins: list[str | None], groups: list[list[int]]
):
    """The largest group first, its leader in front."""
    vectors = unit(*degrees) if degrees else np.zeros((0, 2), np.float32)
    assert group_look_alikes(vectors, gtins) == groups


def facing(probability: float, *gtins: str) -> Facing:
    """One that may be these products."""
    alternatives = tuple(Candidate(gtin, 0.9 - i / 10, i) for i, gtin in enumerate(gtins))
    match = Match("ambiguous", None, 0.9, probability, alternatives)
    return Facing((0, 0, 1, 1), 0.9, 0, 0, match, None)


def test_what_needs_a_person_most_comes_first():
    """Torn between two, and members that say otherwise than their group."""
    facings = [facing(0.99, "a"), facing(0.5, "b", "c"), facing(0.99, "d"), facing(0.99, "e")]
    queue = queue_of(facings, unit(0, 90, 180, 181))
    assert [each.members for each in queue] == [(1,), (2, 3), (0,)]
    assert queue[0].uncertainty == 1
    assert queue[1].disagreement == 0.5
    assert [each.gtin for each in queue[0].suggestions] == ["b", "c"]
    assert queue_of([], np.zeros((0, 2), np.float32)) == ()


def test_a_name_and_no_gtin_is_no_label():
    """Nor the other way round."""
    contradictions: tuple[tuple[Verdict, str | None], ...]
    contradictions = (("named", None), ("nothing", TEA), ("unnamed", TEA))
    for verdict, gtin in contradictions:
        with pytest.raises(CatalogueError):
            Label("c", 0, verdict, gtin, "ann", "now")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" ", set()),
        ("4006381", {TEA}),
        (TEA, {TEA}),
        ("0036000291452", {RICE}),
        ("nothing like it", set()),
        ("product 590", {MILK}),
        ("GOLD gold", {RICE}),
        ("%", set()),
    ],
)
def test_products_are_found_by_digits_or_words(store: Run, tmp_path: Path, text: str, found: set):
    """Every word must be there; signs of the database's own mean themselves."""
    assert store("index", "stats").code == 0
    with Records.open(Settings(home=tmp_path / "home").resolved_database_url) as records:
        rice = records.product(RICE.zfill(14))
        assert rice is not None
        records.upsert([Product(rice.gtin, "Rice", brand="Golden Gold")], {})
        assert {each.gtin for each in search_products(records, text, 9)} == {
            each.zfill(14) for each in found
        }


def lit(contents: bytes) -> bytes:
    """The same picture with a background that is neither too dark nor without edges."""
    image = np.asarray(Image.open(io.BytesIO(contents))).copy()
    stripes = np.where(np.arange(image.shape[0]) % 2, 45, 30).astype(np.uint8)
    background = image.max(axis=2) == 0
    image[background] = np.broadcast_to(stripes[:, None, None], image.shape)[background]
    return as_png(Image.fromarray(image))


def test_a_shelf_is_labelled_group_by_group(home: Path, run: Run):
    """Two of one look are answered at once; what nobody answered is a region to ignore."""
    shelf = lit(picture(COLORS[TEA], NEW_COLOR, COLORS[TEA]))
    with served(home) as client:
        client.post(SESSIONS, json=BEGUN)
        send(client, "shelf", "shelf near", shelf, aisle="tea")
        [fresh] = client.get(f"{ROUND}/queue").json()["captures"]
        groups = client.get(f"{ROUND}/captures/shelf/groups").json()
        same = client.get(f"{ROUND}/captures/shelf/groups").json()
        tea = next(each for each in groups["groups"] if len(each["boxes"]) == 2)
        answered = client.post(
            f"{ROUND}/captures/shelf/answers",
            json={"boxes": tea["boxes"], "verdict": "named", "gtin": TEA},
        )
        [row] = client.get(f"{ROUND}/queue").json()["captures"]
        shown = client.get(f"{ROUND}/captures/shelf/picture")
        wrong = [
            client.post(f"{ROUND}/captures/shelf/answers", json=each).status_code
            for each in (
                {"boxes": [99], "verdict": "nothing"},
                {"boxes": [0], "verdict": "named"},
                {"boxes": [0], "verdict": "nothing", "gtin": TEA},
                {"boxes": [], "verdict": "nothing"},
            )
        ]
        lost = client.get(f"{ROUND}/captures/none/groups")
        found = client.get("/v1/search/products", params={"text": TEA[:6]}).json()["products"]
    assert (fresh["need"], fresh["boxes"], fresh["answered"]) == (None, None, 0)
    assert groups == same
    assert len(groups["boxes_xyxy"]) == 3
    assert groups["answers"] == {}
    assert tea["suggestions"][0]["gtin"] == TEA.zfill(14)
    assert answered.status_code == 201
    assert len(answered.json()["answers"]) == 2
    assert (row["boxes"], row["answered"]) == (3, 2)
    assert shown.headers["content-type"] == "image/jpeg"
    assert wrong == [422] * 4
    assert lost.status_code == 404
    assert [each["gtin_printed"] for each in found] == [TEA]

    made = ("--home", home, "collect", "labels", "s1", "mine", "--licence", "own", "--json")
    assert run(*made).json == {"version": 1, "rows": 3}
    stats = run("--home", home, "dataset", "stats", "mine", "--json").json
    assert (stats["boxes"], stats["products"], stats["regions_to_ignore"]) == (2, 1, 1)
    assert stats["boxes_by"]["provenance"] == {"model": 2}


def test_a_session_nobody_labelled_gives_no_rows(run: Run):
    """And says so."""
    begun = run("collect", "begin", "--store", "S", "--person", "ann", "--consent", "owner")
    session = begun.out.strip()
    assert run("collect", "labels", session, "mine", "--licence", "own").code == 1
