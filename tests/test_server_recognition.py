"""The service names what stands on a shelf: pictures, and vectors of phones."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from facings.capture import read_picture
from facings.client import FacingsClient
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.server.schemas.frame import FeedbackIn
from serving import as_png, picture
from tiny_store import COLORS, MILK, RICE, TEA, TWIN, WEIGHTS, plain

THREE = picture(COLORS[RICE], COLORS[TEA], COLORS[MILK])
LOOKED = {"box_xyxy": [0, 0, 1, 1], "vector": [1.0]}


@pytest.fixture(scope="module")
def frame(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a phone sends that detects and embeds by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
        home = shutil.copytree(built_home, tmp_path_factory.mktemp("phone") / "home")
        with Recognizer.open(home) as phone:
            seen = read_picture(THREE)
            found = phone.detector.detect(seen)
            vectors = phone.embedder.embed(rectify(seen, found)).vectors
            embedder = phone.embedder.id
    boxes, scores = found.boxes_xyxy.tolist(), found.scores.tolist()
    return {
        "embedder": dataclasses.asdict(embedder),
        "facings": [
            {"box_xyxy": box, "score": score, "vector": vector}
            for box, score, vector in zip(boxes, scores, vectors.tolist(), strict=True)
        ],
    }


def packed(vector: list[float]) -> str:
    """Base64 of signed bytes."""
    return base64.b64encode(np.rint(np.array(vector) * 127).astype(np.int8)).decode()


def test_a_picture_comes_back_with_what_stands_on_the_shelf(client: TestClient):
    """In reading order; an ambiguous facing names those it may be."""
    answer = client.post("/v1/scan", files={"picture": picture(COLORS[TEA], COLORS[MILK])})
    assert answer.status_code == 200
    frame = answer.json()
    assert frame["counts"] == {"recognised": 1, "ambiguous": 1, "unknown": 0}
    tea, twins = frame["facings"]
    assert (tea["gtin"], tea["product"]["gtin_printed"]) == (TEA.zfill(14), TEA)
    assert (twins["gtin"], twins["product"]) == (None, None)
    names = {each["gtin"]: each["name"] for each in twins["alternatives"][:2]}
    assert names == {MILK.zfill(14): f"Product {MILK}", TWIN.zfill(14): f"Product {TWIN}"}


def test_a_picture_without_shelves_is_an_answer(client: TestClient):
    """Nothing is found, nothing is wrong."""
    frame = client.post("/v1/scan", files={"picture": as_png(plain((9, 9, 9)))}).json()
    assert frame["facings"] == []
    assert frame["counts"] == {"recognised": 0, "ambiguous": 0, "unknown": 0}


def test_a_caller_chooses_what_comes_back(client: TestClient):
    """Nothing more than asked for, and a verdict where there is a profile."""
    shot = {"picture": picture(COLORS[TEA])}

    def asked(options: dict) -> dict:
        answer = client.post("/v1/scan", files=shot, data={"options": json.dumps(options)})
        return answer.json()["facings"][0]

    bare = asked({"include": []})
    assert (bare["gtin"], bare["product"], bare["alternatives"]) == (TEA.zfill(14), None, None)
    everything = asked(
        {"include": ["knowledge", "evidence"], "profile": {"avoid": [{"code": "AM"}]}}
    )
    product = everything["product"]
    levels = {each["code"]: each["level"] for each in product["knowledge"]["allergens"]}
    assert (levels["AM"], levels["SH"], levels["AP"]) == ("contains", "may_contain", "unknown")
    assert product["verdict"]["outcome"] == "does_not_fit"
    assert "milk" in product["verdict"]["reasons"][0]["words"]
    assert everything["evidence"] == {}


def test_vectors_say_what_the_picture_says(client: TestClient, frame: dict):
    """As bytes and as numbers; the order is the caller's, and the picture stays with them."""
    scanned = client.post("/v1/scan", files={"picture": THREE}).json()["facings"]
    numbers = frame | {"facings": frame["facings"][::-1], "frame_id": "frame-7"}
    in_bytes = numbers | {
        "facings": [
            {"box_xyxy": each["box_xyxy"], "vector_i8": packed(each["vector"])}
            for each in numbers["facings"]
        ]
    }
    for request in (numbers, in_bytes):
        answer = client.post("/v1/recognise", json=request).json()
        assert answer["frame_id"] == "frame-7"
        assert [each["order"] for each in answer["facings"]] == [0, 1, 2]
        sent = [[round(side, 1) for side in each["box_xyxy"]] for each in request["facings"]]
        assert [each["box_xyxy"] for each in answer["facings"]] == sent
        named = {tuple(each["box_xyxy"]): each["gtin"] for each in answer["facings"]}
        assert named == {tuple(each["box_xyxy"]): each["gtin"] for each in scanned}


def test_a_frame_of_thirty_is_one_round_trip(client: TestClient):
    """In under 300 bytes a facing going up, and an empty one is a frame too."""
    embedder = client.get("/v1/info").json()["embedder"]
    dim = embedder.pop("dim")
    facing = {"box_xyxy": [0, 0, 10, 10], "vector_i8": packed([1.0] * dim)}
    for count in (0, 30):
        request = {"embedder": embedder, "facings": [facing] * count}
        answer = client.post("/v1/recognise", json=request)
        assert answer.status_code == 200
        assert [each["order"] for each in answer.json()["facings"]] == list(range(count))


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"embedder": {"name": "other", "version": 1, "sha256": "0" * 64}}, 409, None),
        ({"facings": [{"box_xyxy": [0, 0, 1, 1], "vector": [0.0] * 48}]}, 422, "body/facings"),
        ({"facings": [{"box_xyxy": [0, 0, 1, 1], "vector": [1.0] * 47}]}, 409, None),
        ({"facings": [{"box_xyxy": [0, 0, 1, 1], "vector_i8": "*"}]}, 422, "body/facings"),
        ({"facings": [{"box_xyxy": [5, 0, 1, 1], "vector": [1.0]}]}, 422, "body/facings/0"),
        ({"facings": [{"box_xyxy": [0, 0, 1, 1]}]}, 422, "body/facings/0"),
        ({"facings": [{"box_xyxy": [0, 0, 1, 1], "vector": [1.0]}] * 501}, 422, "body/facings"),
        ({"profile": {"avoids": [{"code": "AM"}]}}, 422, "body/profile/avoids"),
        ({"profile": {"avoid": [{"code": "XX"}]}}, 422, "body/profile/avoid/0"),
        ({"profile": {"diets": ["vegan", "vegan"]}}, 422, "body/profile"),
        ({"facings": [LOOKED | {"likeness": {MILK: 1.5}}]}, 422, f"body/facings/0/likeness/{MILK}"),
        ({"facings": [LOOKED | {"likeness": {"1": 0.5}}]}, 422, "body/facings/0/likeness/1/[key]"),
        ({"session_id": "nobodys"}, 404, None),
        ({"includes": []}, 422, "body/includes"),
    ],
)
def test_a_frame_that_is_none_is_a_problem(
    client: TestClient, change: dict, status: int, pointer: str | None
):
    """Which says where; a wish that is misspelt is never left out in silence."""
    embedder = client.get("/v1/info").json()["embedder"]
    del embedder["dim"]
    answer = client.post("/v1/recognise", json={"embedder": embedder, "facings": []} | change)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["x-request-id"]
    if pointer:
        assert problem["fields"][0]["pointer"] == pointer


def test_likeness_to_views_is_evidence(client: TestClient, frame: dict):
    """Of whatever the facing is compared with, in any form of a GTIN."""
    likeness = dict.fromkeys(COLORS, 0.25)
    facings = [each | {"likeness": likeness} for each in frame["facings"]]
    asked = frame | {"facings": facings, "include": ["evidence"]}
    for facing in client.post("/v1/recognise", json=asked).json()["facings"]:
        assert facing["evidence"]["detail"] == 0.25


def test_numbers_that_json_does_not_have_are_refused(client: TestClient):
    """NaN is no coordinate, and nothing breaks over it."""
    body = '{"embedder": {}, "facings": [{"box_xyxy": [NaN, 0, 1, 1], "vector": [Infinity]}]}'
    answer = client.post(
        "/v1/recognise", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("contents", [b"", b"not a picture", picture(COLORS[TEA])[:200]])
def test_what_is_no_picture_is_a_problem(client: TestClient, contents: bytes):
    """Of the kind `picture`, with what was wrong."""
    answer = client.post("/v1/scan", files={"picture": ("x.png", contents)})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:facings:problem:picture")


def test_options_that_are_none_say_where(client: TestClient):
    """Though they come inside a form."""
    shot = {"picture": picture(COLORS[TEA])}
    for options, pointer in (("{", "body/options"), ('{"scope": {"country": "se"}}',
                             "body/options/scope/country")):  # fmt: skip
        answer = client.post("/v1/scan", files=shot, data={"options": options})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["pointer"] == pointer


def test_feedback_is_kept_with_its_vector(
    client: TestClient, typed: FacingsClient, shop: Path, frame: dict
):
    """ "Not this" alone will do; saying nothing will not, nor half a vector."""
    box = (0.0, 0.0, 10.0, 10.0)
    first = typed.feedback(FeedbackIn(frame_id="f1", box_xyxy=box, gtin_given=TEA))
    vector = packed(frame["facings"][0]["vector"])
    full = {"frame_id": "f1", "box_xyxy": box, "gtin_corrected": RICE, "vector_i8": vector}
    second = typed.feedback(FeedbackIn(**full, embedder=frame["embedder"]))
    assert second > first
    with sqlite3.connect(shop / "facings.db") as connection:
        rows = connection.execute(
            "SELECT gtin_given, gtin_corrected, length(vector), tenant FROM feedback ORDER BY id"
        ).fetchall()
    connection.close()
    assert rows == [(TEA.zfill(14), None, None, "shop"), (None, RICE.zfill(14), 96, "shop")]
    for wrong in ({"gtin_corrected": None}, {"vector_i8": "*"}, {"gtin_corrected": "1"}):
        sent = full | {"embedder": frame["embedder"]} | wrong
        assert client.post("/v1/feedback", json=sent).status_code == 422
