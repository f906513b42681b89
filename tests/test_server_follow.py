"""A running service follows its index: published, moved or rolled back, without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from facings.server import follow
from facings.server.service import Service
from serving import picture, served, until
from tiny_store import COLORS, NEW, NEW_COLOR, RICE, TEA, Run, plain

SHELF = {"picture": picture(COLORS[TEA], COLORS[RICE])}
NAMED = [TEA.zfill(14), RICE.zfill(14)]


@pytest.fixture
def client(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service that looks after its index often."""
    monkeypatch.setattr(follow, "CHECK_EVERY_S", 0.05)
    with served(home, rate_per_minute=1_000_000) as opened:
        yield opened


def version(client: TestClient) -> int:
    """Of the embedder that answers."""
    return int(client.get("/v1/info").json()["embedder"]["version"])


def recognizer(client: TestClient) -> object:
    """What the service answers by."""
    service: Service = client.app.state.service
    return service.recognizer


def test_an_index_that_stays_is_left_alone(client: TestClient):
    """What the service adds itself is no reason to open anything."""
    before = recognizer(client)
    time.sleep(0.3)
    assert client.post("/v1/scan", files=SHELF).status_code == 200
    assert recognizer(client) is before


def test_moves_and_rollbacks_are_followed_while_requests_come(
    client: TestClient, run: Run, newer: Path
):
    """There, back and forth; nobody is refused, and every answer is right."""
    answers: list[tuple[int, list[str | None]]] = []
    stopped = threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            said = client.post("/v1/scan", files=SHELF)
            answers.append((said.status_code, [each["gtin"] for each in said.json()["facings"]]))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    try:
        for words, wanted in (
            (("reembed", "--weights", newer), 2),
            (("rollback",), 1),
            (("rollback",), 2),
        ):
            assert run("index", *words).code == 0
            until(lambda wanted=wanted: version(client) == wanted)
    finally:
        stopped.set()
        for each in asking:
            each.join()
    assert len(answers) > 10
    assert [each for each in answers if each != (200, NAMED)] == []


def test_an_index_that_is_built_anew_answers(client: TestClient, run: Run, tmp_path: Path):
    """With the same embedder, and a product more; what is added later goes there."""
    plain(NEW_COLOR).save(tmp_path / "new.png")
    (tmp_path / "more.json").write_text(
        f'[{{"gtin": "{NEW}", "name": "New", "pictures": [{{"file": "new.png"}}]}}]'
    )
    assert run("catalogue", "import", "more.json").code == 0
    assert run("index", "build").code == 0
    until(lambda: client.get("/v1/info").json()["picture_count"] == 5)
    [facing] = client.post("/v1/scan", files={"picture": picture(NEW_COLOR)}).json()["facings"]
    assert facing["gtin"] == NEW.zfill(14)


def test_an_index_that_cannot_be_opened_changes_nothing(
    client: TestClient, home: Path, caplog: pytest.LogCaptureFixture
):
    """It is said once, the old one answers on, and the next one is followed."""
    file = home / "index" / "index.json"
    kept = file.read_text()
    file.write_text("{")
    until(lambda: "the old one answers" in caplog.text)
    time.sleep(0.3)
    assert caplog.text.count("the old one answers") == 1
    assert client.post("/v1/scan", files=SHELF).status_code == 200
    file.write_text(kept)
    assert client.post("/v1/scan", files=SHELF).status_code == 200


def test_what_was_replaced_is_closed_when_its_requests_have_ended(
    client: TestClient, run: Run, newer: Path, monkeypatch: pytest.MonkeyPatch
):
    """Then its shard is free, and coming back opens it anew."""
    monkeypatch.setattr(follow, "GRACE_S", 0.0)
    first = recognizer(client)
    assert run("index", "reembed", "--weights", newer).code == 0
    until(lambda: version(client) == 2)
    time.sleep(0.3)
    assert run("index", "rollback").code == 0
    until(lambda: version(client) == 1)
    assert recognizer(client) is not first
    assert client.post("/v1/scan", files=SHELF).status_code == 200
