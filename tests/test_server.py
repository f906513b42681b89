"""The service: what phones and partners ask, and what they hear."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from facings.capture import read_picture
from facings.catalogue.offer_rules import Deal
from facings.catalogue.offers import Offers
from facings.catalogue.prices import Retailer, Shops, Store
from facings.catalogue.records import Records
from facings.client import FacingsClient
from facings.errors import DatabaseUnusable, RequestRefused
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.server.schemas.frame import FeedbackIn, OptionsIn
from facings.server.schemas.product import ModerationIn, ReviewIn
from facings.server.schemas.profile import LimitIn, ProfileIn
from facings.server.schemas.service import SessionIn
from facings.server.traces import Traces
from facings.settings import Settings
from serving import as_png, bearer, make_key, picture, served
from tiny_store import COLORS, MILK, NEW, NEW_COLOR, RICE, TEA, TWIN, WEIGHTS, plain

THREE = picture(COLORS[RICE], COLORS[TEA], COLORS[MILK])
LOOKED = {"box_xyxy": [0, 0, 1, 1], "vector": [1.0]}
GTIN = {TEA: TEA.zfill(14), RICE: RICE.zfill(14), MILK: MILK.zfill(14), NEW: NEW.zfill(14)}


@pytest.fixture(scope="module")
def shop(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home for all tests that do not mind each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
        yield shutil.copytree(built_home, tmp_path_factory.mktemp("shop") / "home")


@pytest.fixture(scope="module")
def client(shop: Path, frame: dict) -> Iterator[TestClient]:  # noqa: ARG001  (needs the index too)
    """A caller who may do everything."""
    with served(shop) as opened:
        yield opened


@pytest.fixture(scope="module")
def frame(shop: Path) -> dict:
    """What a phone sends that detects and embeds by itself."""
    with Recognizer.open(shop) as phone:
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


@pytest.fixture
def typed(client: TestClient) -> FacingsClient:
    """The same with the typed client."""
    return FacingsClient(http=client)


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
    assert (tea["gtin"], tea["product"]["gtin_printed"]) == (GTIN[TEA], TEA)
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
    assert (bare["gtin"], bare["product"], bare["alternatives"]) == (GTIN[TEA], None, None)
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


def test_a_view_is_a_small_grey_picture_that_is_fetched_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    """What an ambiguous facing is compared with; where the picture is gone there is none."""
    view = client.get(f"/v1/products/{MILK}/view")
    shown = Image.open(io.BytesIO(view.content))
    assert (view.status_code, shown.mode, max(shown.size)) == (200, "L", 256)
    same = client.get(f"/v1/products/{MILK}/view", headers={"If-None-Match": view.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.get(f"/v1/products/{NEW}/view").status_code == 404
    monkeypatch.setattr("facings.server.routes.products.gallery_view", lambda _picture: None)
    assert client.get(f"/v1/products/{MILK}/view").status_code == 404


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


def test_a_product_is_told_again_only_when_it_has_changed(client: TestClient):
    """In every form of its GTIN; a search narrowed to a shop finds none that it does not sell."""
    first = client.get(f"/v1/products/{TEA}")
    assert first.json()["gtin"] == GTIN[TEA]
    assert first.json()["knowledge"]["nutri_score"]["grade"] is None
    etag = first.headers["etag"]
    again = client.get(f"/v1/products/{GTIN[TEA]}", headers={"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = client.get(f"/v1/products/{RICE}", headers={"If-None-Match": etag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("gtin", "status", "kind"),
    [
        (NEW, 404, "not-found"),
        ("123", 422, "gtin"),
        (TEA[:-1] + "9", 422, "gtin"),
        ("..%2f..%2fetc%2fpasswd", 404, "not-found"),
        ("%00", 422, "gtin"),
        ("9" * 200, 422, "invalid"),
    ],
)
def test_a_product_that_is_not_there_is_a_problem(
    client: TestClient, gtin: str, status: int, kind: str
):
    """Whether nobody knows it, or it is no GTIN at all."""
    answer = client.get(f"/v1/products/{gtin}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:facings:problem:{kind}")


def test_all_products_are_walked_through(typed: FacingsClient):
    """Each once, however many come at a time."""
    for page_size in (1, 3, 200):
        walked = [product.gtin for product in typed.products(page_size)]
        assert walked == sorted(gtin.zfill(14) for gtin in COLORS)


def test_a_verdict_has_its_reason(client: TestClient):
    """What is not known never fits."""
    verdict = client.post(f"/v1/products/{TEA}/verdict", json={"diets": ["vegan"]}).json()
    assert verdict["outcome"] == "does_not_fit"
    unknown = client.post(f"/v1/products/{RICE}/verdict", json={"avoid": [{"code": "AM"}]}).json()
    assert unknown["outcome"] == "unknown"
    assert client.post(f"/v1/products/{RICE}/verdict", json={}).json()["outcome"] == "fits"


def test_what_to_take_instead_is_told_with_the_reason(home: Path):
    """Of the same category alone, and what surely suits better; nothing where nothing is known."""
    sweet = {"energy_kj": 1500, "fat": 1, "saturated_fat": 0.5, "sugars": 60, "salt": 0.1}
    with Records.open(Settings(home=home).resolved_database_url) as records:
        found = records.products(gtin.zfill(14) for gtin in (TEA, RICE, MILK))
        changed = [replace(each, category="biscuits") for each in found.values()]
        less = sweet | {"sugars": 2}
        changed[1] = replace(changed[1], nutrition_per_100=less)
        changed[2] = replace(changed[2], nutrition_per_100=sweet)
        records.upsert(changed)
        wanted = changed[1].gtin
    with served(home) as client:
        typed = FacingsClient(http=client)
        wish = ProfileIn(limits=(LimitIn(nutrient="sugars_g", most=5),))
        assert typed.alternatives(TWIN, wish) == ()
        [better] = typed.alternatives(changed[2].gtin, wish)
        assert better.product.gtin == wanted
        assert better.product.verdict.outcome == "fits"
        assert "sugars" in better.why
        assert typed.alternatives(wanted, wish) == ()


def test_a_session_remembers_and_forgets(client: TestClient, shop: Path):
    """Its profile holds for its frames; another tenant does not see it; deleted is gone."""
    begun = client.post("/v1/sessions", json={"profile": {"avoid": [{"code": "AM"}]}})
    path = begun.headers["location"]
    options = json.dumps({"session_id": begun.json()["id"]})
    for _ in range(2):
        shot = {"picture": picture(COLORS[TEA], COLORS[MILK])}
        frame = client.post("/v1/scan", files=shot, data={"options": options}).json()
    assert frame["facings"][0]["product"]["verdict"]["outcome"] == "does_not_fit"
    [seen] = client.get(path).json()["products"]
    assert (seen["gtin"], seen["frames"]) == (GTIN[TEA], 2)
    stranger = bearer(make_key(shop, tenant="other"))
    for method, where in (("GET", path), ("DELETE", path), ("POST", f"{path}/end")):
        assert client.request(method, where, headers=stranger).status_code == 404
    assert client.post(f"{path}/end").json()["ended_at"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    refused = client.post("/v1/scan", files=shot, data={"options": options})
    assert refused.status_code == 404


def test_an_enrolled_product_is_found_at_once_and_for_good(home: Path):
    """Without building anything again, and after a restart too."""
    pack, shot = as_png(plain(NEW_COLOR)), picture(NEW_COLOR)
    with served(home) as client:
        typed = FacingsClient(http=client)
        assert typed.scan(shot).facings[0].state == "unknown"
        with pytest.raises(RequestRefused, match="there is no product"):
            typed.enrol(NEW, [pack])
        assert not list((home / "pictures").rglob("*.jpg"))
        done = typed.enrol(NEW, [pack, pack], name="A new biscuit")
        assert (done.pictures_added, done.picture_count) == (1, 5)
        assert typed.scan(shot).facings[0].product.name == "A new biscuit"
        assert typed.enrol(NEW, [pack]).pictures_added == 0
    with served(home) as client:
        assert FacingsClient(http=client).scan(shot).facings[0].gtin == GTIN[NEW]


@pytest.mark.parametrize(
    ("gtin", "contents"), [("2012345000001", b"x"), (NEW, b"not a picture"), ("1", b"x")]
)
def test_nothing_of_a_wrong_enrolment_is_kept(
    client: TestClient, shop: Path, gtin: str, contents: bytes
):
    """Store-internal numbers, things that are no pictures, numbers that are no GTINs."""
    if contents == b"x":
        contents = as_png(plain(NEW_COLOR))
    answer = client.post(
        f"/v1/products/{gtin}/pictures", files={"pictures": contents}, data={"name": "x"}
    )
    assert answer.status_code == 422
    assert client.get("/v1/info").json()["picture_count"] == 4
    assert not [each for each in (shop / "pictures").rglob("*") if each.is_file()]


def test_a_run_answers_for_every_picture(client: TestClient, shop: Path):
    """In order, the bad one with its problem; the pictures are gone when it is done."""
    typed = FacingsClient(http=client)
    pictures = [picture(COLORS[TEA]), b"not a picture", picture(COLORS[RICE], COLORS[TEA])]
    run = typed.start_run(pictures, OptionsIn(include=frozenset()))
    assert run.total == 3
    done = typed.wait_for_run(run.id, every_s=0.02)
    assert (done.state, done.done) == ("done", 3)
    good, bad, two = done.pictures
    assert good.frame.facings[0].gtin == GTIN[TEA]
    assert (bad.frame, bad.problem.status) == (None, 422)
    assert len(two.frame.facings) == 2
    stranger = bearer(make_key(shop, tenant="other"))
    assert client.get(f"/v1/runs/{run.id}", headers=stranger).status_code == 404
    assert client.get("/v1/runs", headers=stranger).json()["runs"] == []
    assert [each["id"] for each in client.get("/v1/runs").json()["runs"]] == [run.id]
    assert client.delete(f"/v1/runs/{run.id}").status_code == 204
    assert client.get(f"/v1/runs/{run.id}").json()["state"] == "done"
    assert not list((shop / "runs").glob("*/*"))


def test_the_service_says_how_it_is(home: Path):
    """Alive and ready without a key; measured with one, by stage and by outcome."""
    with served(home) as client:
        client.post("/v1/scan", files={"picture": picture(COLORS[TEA], COLORS[MILK])})
        for path in ("/livez", "/readyz"):
            assert client.get(path, headers={"Authorization": ""}).status_code == 200
        text = client.get("/metrics").text
    assert 'facings_facings_total{state="ambiguous"} 1.0' in text
    assert 'facings_stage_seconds_count{stage="embed"} 1.0' in text
    assert 'route="/v1/scan",status="200"} 1.0' in text
    assert "facings_index_pictures 4.0" in text


def test_it_is_not_ready_without_its_database(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Though it is alive; what needs the database says so as a problem."""

    def refuse(_: object) -> None:
        raise DatabaseUnusable("gone")

    with served(home) as client:
        monkeypatch.setattr("facings.catalogue.database.Database.read", refuse)
        assert client.get("/livez").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "urn:facings:problem:database-unusable"


def test_every_answer_is_safe_in_a_browser(client: TestClient):
    """Also the one for a path that is not there, and a caller's own request id comes back."""
    for path, status in (("/livez", 200), ("/nowhere", 404), ("/v1/products/1", 422)):
        answer = client.get(path, headers={"X-Request-ID": "from-the-caller-1"})
        assert answer.status_code == status
        assert answer.headers["x-request-id"] == "from-the-caller-1"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert "camera=(self)" in answer.headers["permissions-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    odd = client.get("/livez", headers={"X-Request-ID": "with spaces; and more"})
    assert len(odd.headers["x-request-id"]) == 16


def test_a_bug_is_a_problem_without_its_insides(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The log has the rest, under the same request id."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    with served(home) as client:
        monkeypatch.setattr("facings.recognizer.Recognizer.scan", fail)
        answer = client.post("/v1/scan", files={"picture": picture(COLORS[TEA])})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["request_id"] in {
        getattr(record, "request_id", None) for record in caplog.records if record.exc_info
    }


def test_a_review_is_shown_when_somebody_has_approved_it(typed: FacingsClient):
    """Not before, nor when it was rejected; a moderator sees what waits."""
    assert typed.reviews(MILK).summary.count == 0
    good = typed.review(MILK, ReviewIn(rating=5, text="Fresh.", author="Ada"))
    bad = typed.review(MILK, ReviewIn(rating=1, text="Buy pills", author="Spam"))
    assert (good.state, typed.reviews(MILK).reviews) == ("pending", ())
    typed.moderate(good.id, ModerationIn(state="approved"))
    assert typed.moderate(bad.id, ModerationIn(state="rejected")).state == "rejected"
    page = typed.reviews(MILK)
    assert [each.text for each in page.reviews] == ["Fresh."]
    assert (page.summary.count, page.summary.mean) == (1, 5.0)
    assert [each.text for each in typed.product(MILK).reviews] == ["Fresh."]
    assert typed.reviews(MILK, cursor=str(good.id)).reviews == ()
    with pytest.raises(RequestRefused, match="there is no review"):
        typed.moderate(bad.id + 1, ModerationIn(state="approved"))
    with pytest.raises(RequestRefused, match="there is no product"):
        typed.review(NEW, ReviewIn(rating=5))


def test_an_offer_says_why_it_applies_or_does_not(typed: FacingsClient, shop: Path):
    """To this session's shopper, in this shop; without a session nobody is known."""
    assert typed.offers(RICE) == ()
    deal = Deal(RICE.zfill(14), "10 off", "cash_back", 10, "EUR", "2999-12-31", segments=("club",))
    with Records.open(Settings(home=shop).resolved_database_url) as records:
        Offers(records.database).add(deal)
    [offer] = typed.offers(RICE)
    assert (offer.applies, offer.why) == (False, "it is for club")
    session = typed.begin_session(SessionIn(segments=("club",)))
    [offer] = typed.offers(RICE, session_id=session.id)
    assert (offer.applies, offer.saving_cents) == (True, 10)
    options = OptionsIn(session_id=session.id, include=frozenset({"product", "offers"}))
    [facing] = typed.scan(picture(COLORS[RICE]), options).facings
    assert facing.product.offers[0].applies
    typed.forget_session(session.id)
    with pytest.raises(RequestRefused, match="there is no session"):
        typed.offers(RICE, session_id=session.id)


def test_an_offer_of_a_chain_applies_in_its_stores(typed: FacingsClient, shop: Path):
    """The session names the store; the records know whose it is."""
    deal = Deal(TWIN.zfill(14), "5 off", "cash_back", 5, "EUR", "2999-12-31", retailers=("mart",))
    with Records.open(Settings(home=shop).resolved_database_url) as records:
        Offers(records.database).add(deal)
        shops = Shops(records.database)
        shops.record_retailer(Retailer("mart"))
        shops.record_store(Store("mart-1", "mart", "Mart, High Street"))
    for store, applies in (("mart-1", True), ("another", False), (None, False)):
        session = typed.begin_session(SessionIn(store=store))
        [offer] = typed.offers(TWIN, session_id=session.id)
        assert offer.applies is applies, offer.why
    assert typed.offers(TWIN, retailer="mart")[0].applies


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
    assert rows == [(GTIN[TEA], None, None, "shop"), (None, GTIN[RICE], 96, "shop")]
    for wrong in ({"gtin_corrected": None}, {"vector_i8": "*"}, {"gtin_corrected": "1"}):
        sent = full | {"embedder": frame["embedder"]} | wrong
        assert client.post("/v1/feedback", json=sent).status_code == 422


def test_a_service_that_is_not_there_is_our_error():
    """And not one of the library underneath."""
    with (
        FacingsClient("http://127.0.0.1:1", timeout_s=2) as client,
        pytest.raises(RequestRefused) as refused,
    ):
        client.info()
    assert (refused.value.status, refused.value.kind) == (503, "unreachable")


def test_a_trace_has_a_span_for_the_request_and_each_stage(home: Path):
    """Joined to the caller's; with the route as described, and nothing personal."""
    kept = InMemorySpanExporter()
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with served(home, traces=Traces(kept)) as client:
        shot = {"picture": picture(COLORS[TEA])}
        assert client.post("/v1/scan", files=shot, headers={"traceparent": parent}).is_success
        client.get(f"/v1/products/{TEA}")
    spans = {span.name: span for span in kept.get_finished_spans()}
    scan = spans["POST /v1/scan"]
    assert f"{scan.context.trace_id:032x}" == parent[3:35]
    assert scan.attributes["http.response.status_code"] == 200
    for stage in ("detect", "embed", "retrieve", "rerank"):
        assert spans[stage].parent.span_id == scan.context.span_id
        assert scan.start_time <= spans[stage].start_time <= spans[stage].end_time
    assert "GET /v1/products/{gtin}" in spans
    assert TEA not in str([dict(span.attributes) for span in spans.values()])
