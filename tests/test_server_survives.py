"""The service in processes of its own: killed, stopped, and two of them on one database."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from facings.catalogue.gallery import embed_pictures
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.client import FacingsClient
from facings.embed import Embedder
from facings.errors import RequestRefused
from facings.retrieve.build import build_index
from facings.server.schemas.frame import FeedbackIn, OptionsIn
from facings.server.schemas.product import ModerationIn, ReviewIn
from facings.server.schemas.service import SessionIn
from facings.settings import Settings
from serving import Process, as_png, make_key, picture, until
from tiny_store import COLORS, MILK, NEW, NEW_COLOR, RICE, TEA, Run, plain, shelf


def write_until_it_dies(client: FacingsClient, number: int, kept: dict[str, list]) -> None:
    """Write one thing after another; keep what was acknowledged."""
    session = client.begin_session(SessionIn()).id
    kept["sessions"].append(session)
    for turn in range(1000):
        try:
            kept["reviews"].append(
                client.review(RICE, ReviewIn(rating=3, text=f"{number}-{turn}")).id
            )
            feedback = FeedbackIn(
                frame_id=f"{number}-{turn}", box_xyxy=(0, 0, 1, 1), gtin_given=TEA
            )
            kept["feedback"].append(client.feedback(feedback))
            kept["runs"].append(client.start_run([picture(COLORS[TEA])]).id)
        except RequestRefused as refused:
            assert refused.status == 503  # noqa: PT017  (killed while it was asked)
            return


def ids_in(home: Path, table: str) -> set[int]:
    """List what a table of the records holds."""
    with closing(sqlite3.connect(home / "facings.db")) as connection:
        return {row[0] for row in connection.execute(f"SELECT id FROM {table}")}


def test_killing_it_loses_nothing_that_was_acknowledged(home: Path):
    """Reviews, feedback, sessions, an enrolled product, and runs, which the next one finishes."""
    key = make_key(home)
    kept: dict[str, list] = {"sessions": [], "reviews": [], "feedback": [], "runs": []}
    with Process(home) as first, FacingsClient(first.url, key) as client:
        assert client.enrol(NEW, [as_png(plain(NEW_COLOR))], "A biscuit").pictures_added == 1
        writers = [
            threading.Thread(target=write_until_it_dies, args=(client, number, kept))
            for number in range(3)
        ]
        for writer in writers:
            writer.start()
        while len(kept["runs"]) < 12:
            time.sleep(0.01)
        first.kill()
        for writer in writers:
            writer.join()
    with Process(home) as second, FacingsClient(second.url, key) as client:
        assert client.scan(picture(NEW_COLOR)).facings[0].gtin == NEW.zfill(14)
        for table in ("reviews", "feedback"):
            assert set(kept[table]) <= ids_in(home, table)
        for session in kept["sessions"]:
            assert client.session(session).id == session
        for run in kept["runs"]:
            done = client.wait_for_run(run, every_s=0.05, timeout_s=60)
            assert done.state == "done"
            assert done.pictures[0].frame.facings[0].gtin == TEA.zfill(14)
        until(lambda: not list((home / "runs").glob("*/*")))  # nor is anything left lying about
        code, log = second.stop()
    assert code == 0
    assert all(json.loads(line)["level"] in {"info", "warning"} for line in log.splitlines())


def test_a_stop_finishes_what_is_under_way(home: Path):
    """The picture that was sent is answered, the log has a line for it, others are refused."""
    large = Image.new("RGB", (4000, 3000))
    large.paste(shelf(COLORS[TEA], COLORS[RICE]))
    answers: list[int] = []
    with Process(home, FACINGS_SERVER_OPEN_TO_ALL="1") as running:

        def ask() -> None:
            files = {"picture": as_png(large)}
            answers.append(
                httpx2.post(f"{running.url}/v1/scan", files=files, timeout=60).status_code
            )

        asking = threading.Thread(target=ask)
        asking.start()
        while "facings_scans_inside 1.0" not in httpx2.get(f"{running.url}/metrics").text:
            assert asking.is_alive(), "it was answered before it could be stopped"
        code, log = running.stop()
        asking.join()
    assert (answers, code) == ([200], 0)
    lines = [json.loads(line) for line in log.splitlines()]
    [scan] = [line for line in lines if line.get("route") == "/v1/scan"]
    assert (scan["status"], scan["method"], scan["tenant"]) == (200, "POST", "local")
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{running.url}/livez")


def test_a_home_without_an_index_is_refused_in_words(run: Run):
    """Exit code and hint as of every command, and no traceback."""
    said = run("serve", "--port", "0")
    assert said.code == 5
    assert "facings index build" in said.err
    assert "Traceback" not in said.err


def test_two_processes_share_one_postgresql(
    built_home: Path, tmp_path: Path, postgres_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each with an index of its own: keys, sessions, reviews and runs are everybody's."""
    monkeypatch.setenv("FACINGS_DATABASE_URL", postgres_url)
    embedder = Embedder.load()
    homes = [home, tmp_path / "second"]
    with Records.open(postgres_url) as records:
        import_products(built_home.parent / "products.json", records)
        embed_pictures(records, embedder)
        for each in homes:
            folder = Settings(home=each).index_folder
            build_index(records, folder, embedder.id, embedder.manifest.thresholds)
    key = make_key(homes[0])
    with (
        Process(homes[0]) as first,
        Process(homes[1]) as second,
        FacingsClient(first.url, key) as one,
        FacingsClient(second.url, key) as other,
    ):
        session = one.begin_session(SessionIn())
        shot, options = picture(COLORS[TEA], COLORS[RICE]), OptionsIn(session_id=session.id)
        at_once = [
            threading.Thread(target=client.scan, args=(shot, options))
            for client in (one, other) * 3
        ]
        for phone in at_once:
            phone.start()
        for phone in at_once:
            phone.join()
        assert [seen.frames for seen in other.session(session.id).products] == [6, 6]
        run = one.start_run([picture(COLORS[TEA])] * 3)
        assert other.wait_for_run(run.id, every_s=0.05).state == "done"
        crowd = [
            threading.Thread(target=client.review, args=(MILK, ReviewIn(rating=rating)))
            for client in (one, other)
            for rating in (1, 5, 5)
        ]
        for writer in crowd:
            writer.start()
        for writer in crowd:
            writer.join()
        waiting = httpx2.get(
            f"{second.url}/v1/reviews", headers={"Authorization": f"Bearer {key}"}
        ).json()["reviews"]
        assert len(waiting) == 6
        for each in waiting:
            other.moderate(each["id"], ModerationIn(state="approved"))
        assert one.reviews(MILK).summary.by_rating == {1: 2, 2: 0, 3: 0, 4: 0, 5: 4}
        first.kill()
        assert other.product(TEA).name == f"Product {TEA}"
        assert second.stop()[0] == 0
