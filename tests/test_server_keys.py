"""Keys: who may call, for what, and for how long."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from facings.catalogue.database import Database
from facings.errors import CatalogueError
from facings.server.keys import REMEMBERED_S, SCOPES, ApiKeys
from serving import bearer, make_key, picture, served
from tiny_store import COLORS, TEA, Run


@pytest.fixture
def keys(database_url: str) -> Iterator[ApiKeys]:
    """No keys yet, in a database of each kind."""
    database = Database.open(database_url)
    yield ApiKeys(database)
    database.close()


def test_a_key_opens_what_it_was_made_for(keys: ApiKeys):
    """And is known by its text alone; before there is one, nothing opens anything."""
    assert keys.all() == ()
    assert keys.caller("fk_") is None
    key, text = keys.create("shop", ["read", "recognise", "read"])
    caller = keys.caller(text)
    assert caller
    assert (caller.tenant, caller.scopes, caller.key_id) == ("shop", {"read", "recognise"}, key.id)
    assert keys.remembered(text) == caller
    assert [each.id for each in keys.all()] == [key.id]
    assert keys.all()[0].last_used_at is not None


def test_a_key_that_is_nearly_right_opens_nothing(keys: ApiKeys):
    """Not with another end, another beginning, nor more behind it."""
    _, text = keys.create("shop", SCOPES)
    other = "A" if text[-1] != "A" else "B"
    for wrong in (text[:-1] + other, f"fk_{'0' * 12}{text[15:]}", f"{text} ", text.upper(), ""):
        assert keys.caller(wrong) is None
        assert keys.remembered(wrong) is None


def test_an_expired_and_a_revoked_key_open_nothing(keys: ApiKeys):
    """One by itself, the other at once."""
    _, expired = keys.create("shop", ["read"], datetime.now(UTC) - timedelta(seconds=1))
    key, revoked = keys.create("shop", ["read"], datetime.now(UTC) + timedelta(days=1))
    assert keys.caller(revoked)
    keys.revoke(key.id)
    keys.revoke(key.id)
    assert keys.caller(expired) is None
    assert keys.caller(revoked) is None


def test_a_rotated_key_overlaps_its_successor(keys: ApiKeys):
    """Both open the same for a while; then the old one does not."""
    old, old_text = keys.create("shop", ["read"], datetime.now(UTC) + timedelta(days=30))
    fresh, fresh_text = keys.rotate(old.id, overlap=timedelta(hours=1))
    assert keys.caller(old_text).scopes == keys.caller(fresh_text).scopes == {"read"}
    assert fresh.expires_at - fresh.created_at >= timedelta(days=29)
    keys.rotate(fresh.id, overlap=timedelta(0))
    assert keys.caller(fresh_text) is None
    with pytest.raises(CatalogueError, match="not valid any more"):
        keys.rotate(fresh.id, overlap=timedelta(0))


def test_a_key_for_nothing_is_not_made(keys: ApiKeys):
    """Neither for a tenant without a name nor for a scope that is none."""
    for tenant, scopes in (("", ["read"]), ("a b", ["read"]), ("shop", []), ("shop", ["all"])):
        with pytest.raises(CatalogueError):
            keys.create(tenant, scopes)
    with pytest.raises(CatalogueError, match="there is no key"):
        keys.revoke("nobodys")
    assert keys.all() == ()


def test_the_command_line_looks_after_keys(run: Run, tmp_path: Path):
    """Made, shown without its secret, rotated, revoked; only a hash is on the disk."""
    made = run("keys", "create", "--tenant", "shop", "--scope", "read", "--scope", "enrol")
    assert made.code == 0
    text = made.out.strip()
    [listed] = run("keys", "list", "--json").json
    assert (listed["tenant"], listed["scopes"]) == ("shop", ["read", "enrol"])
    assert text[16:] not in json.dumps(listed)
    assert text[16:].encode() not in b"".join(
        file.read_bytes() for file in (tmp_path / "home").rglob("facings.db*")
    )
    fresh = run("keys", "rotate", listed["id"], "--overlap-hours", "1", "--json").json
    assert fresh["key"].startswith("fk_")
    assert run("keys", "revoke", fresh["id"]).code == 0
    assert "revoked" in run("keys", "list").out
    assert run("keys", "revoke", "nobodys").code == 6
    assert run("keys", "create", "--tenant", "shop", "--scope", "everything").code == 6


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    """A caller who may only read."""
    with served(home, make_key(home, "read")) as opened:
        yield opened


def test_every_path_asks_for_a_key_that_opens_it(client: TestClient, home: Path):
    """No key, a wrong one and one for something else are three different answers."""
    paths = client.app.openapi()["paths"]
    free = {"/livez", "/readyz"}
    assert free < set(paths)
    stranger = bearer(make_key(home, "metrics"))
    for path, methods in paths.items():
        names = dict.fromkeys(("session_id", "run_id", "capture_id", "name"), "x")
        where = path.format(gtin=TEA, review_id="1", remark_id="1", **names)
        for method in methods:
            for headers in ({"Authorization": ""}, {"Authorization": "Bearer fk_no"}):
                answer = client.request(method, where, headers=headers)
                assert answer.status_code == (200 if path in free else 401), (method, path)
            if path in free:
                continue
            assert answer.headers["www-authenticate"] == "Bearer"
            if path != "/metrics":
                assert client.request(method, where, headers=stranger).status_code == 403
    assert client.get("/metrics").status_code == 403
    assert client.get(f"/v1/products/{TEA}").status_code == 200


def test_a_revoked_key_is_refused_seconds_later(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
):
    """By a service that has just seen it, without a restart."""
    key = make_key(home, "read")
    path = f"/v1/products/{TEA}"
    assert client.get(path, headers=bearer(key)).status_code == 200
    database = Database.open(f"sqlite:///{home / 'facings.db'}")
    keys = ApiKeys(database)
    [key_id] = [each.id for each in keys.all() if each.prefix == key[3:15]]
    keys.revoke(key_id)
    database.close()
    now = time.monotonic()
    monkeypatch.setattr("facings.server.keys.time.monotonic", lambda: now + REMEMBERED_S + 0.1)
    assert client.get(path, headers=bearer(key)).status_code == 401


def test_what_is_changed_is_noted_with_who_did_it(home: Path):
    """Action, subject, request and key; what is only read or scanned is not."""
    with served(home) as client:
        client.post("/v1/scan", files={"picture": picture(COLORS[TEA])})
        headers = {"X-Request-ID": "request-of-mine"}
        session = client.post("/v1/sessions", json={}, headers=headers).json()
        client.delete(f"/v1/sessions/{session['id']}")
    with sqlite3.connect(home / "facings.db") as connection:
        rows = connection.execute(
            "SELECT action, subject, request_id, key_id FROM audit_log ORDER BY id"
        ).fetchall()
    connection.close()
    assert [row[:2] for row in rows] == [
        ("session.begin", session["id"]),
        ("session.forget", session["id"]),
    ]
    assert rows[0][2] == "request-of-mine"
    assert len({row[3] for row in rows}) == 1
    assert rows[0][3]


def test_only_this_machine_is_served_without_keys(run: Run):
    """Anywhere else it would be open to the world."""
    said = run("serve", "--open", "--host", "0.0.0.0")
    assert said.code == 2
    assert "without keys" in said.err


def test_what_lacks_to_serve_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, store: Run):
    """The package, or the page of the web client, with an exit code of its own."""
    said = store("serve", "--web", "nowhere")
    assert said.code == 8
    assert "holds no index.html" in said.err
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "facings.server.run", raising=False)
    said = run("serve")
    assert said.code == 8
    assert "facings[server]" in said.err
