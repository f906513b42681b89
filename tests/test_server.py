"""The service: what it keeps for its callers, and how it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from facings.client import FacingsClient
from facings.errors import DatabaseUnusable, RequestRefused
from facings.server.schemas.frame import OptionsIn
from facings.server.traces import Traces
from serving import as_png, bearer, make_key, picture, served
from tiny_store import COLORS, MILK, NEW, NEW_COLOR, RICE, TEA, plain


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
    assert (seen["gtin"], seen["frames"]) == (TEA.zfill(14), 2)
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
        assert FacingsClient(http=client).scan(shot).facings[0].gtin == NEW.zfill(14)


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
    assert good.frame.facings[0].gtin == TEA.zfill(14)
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
