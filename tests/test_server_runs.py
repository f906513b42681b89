"""Runs: taken once, worked on once, lost never."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facings.catalogue.database import Database
from facings.errors import DatabaseUnusable
from facings.server.runs import Runs


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty one of each kind."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


def echo(tenant: str, options: dict, name: str, contents: bytes) -> object:
    """Work that is soon done."""
    return [tenant, options, name, contents.decode()]


def finished(runs: Runs, run_id: str) -> object:
    """Wait until a run is over."""
    for _ in range(1000):
        run = runs.find("shop", run_id)
        if run and run.state not in {"waiting", "running"}:
            return run
        time.sleep(0.01)
    raise AssertionError(f"run {run_id} is not finished: {run}")


def files_in(folder: Path) -> list[str]:
    """List what is left."""
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_a_run_is_worked_on_in_order_and_leaves_nothing(database: Database, tmp_path: Path):
    """Its result has every picture; the folder is as empty as before."""
    with Runs(database, tmp_path / "runs", echo) as runs:
        assert runs.page("shop", None, 10) == []
        taken = runs.take("shop", {"a": 1}, [("x", b"first"), ("x", b"second")])
        run = finished(runs, taken.id)
        assert (run.state, run.done) == ("done", 2)
        assert run.result == [["shop", {"a": 1}, "x", "first"], ["shop", {"a": 1}, "x", "second"]]
        assert runs.find("other", taken.id) is None
        assert [each.id for each in runs.page("shop", None, 10)] == [taken.id]
        assert runs.page("shop", taken.id, 10) == []
    assert files_in(tmp_path) == [] or database.dialect == "sqlite"
    assert not list((tmp_path / "runs").iterdir())


def test_a_run_that_is_being_taken_is_nobodys_to_work_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A worker that finds its folder before its row lets it be; it is done all the same."""
    runs = Runs(database, tmp_path / "runs", echo)
    write = database.write
    tried: list[Path] = []

    def write_when_a_worker_has_looked() -> object:
        for folder in runs._left() if not tried else []:
            tried.append(folder)
            runs._try(folder)
        return write()

    monkeypatch.setattr(database, "write", write_when_a_worker_has_looked)
    taken = runs.take("shop", {}, [("x", b"first")])
    assert [folder.name for folder in tried] == [taken.id]
    with runs:
        assert finished(runs, taken.id).state == "done"


def test_a_run_that_cannot_be_noted_is_not_taken(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The caller hears so, and its pictures are gone."""

    def refuse() -> object:
        raise DatabaseUnusable("no")

    monkeypatch.setattr(database, "write", refuse)
    with pytest.raises(DatabaseUnusable):
        Runs(database, tmp_path / "runs", echo).take("shop", {}, [("x", b"first")])
    assert not [each for each in (tmp_path / "runs").iterdir() if each.is_dir()]


def test_what_was_done_before_a_stop_is_not_done_again(database: Database, tmp_path: Path):
    """The next process goes on with the pictures that are left."""
    started, seen = threading.Event(), []

    def slow(_tenant: str, _options: dict, name: str, _contents: bytes) -> object:
        seen.append(name)
        started.set()
        time.sleep(0.05)
        return name

    with Runs(database, tmp_path / "runs", slow) as runs:
        taken = runs.take("shop", {}, [(str(number), b"x") for number in range(20)])
        assert started.wait(10)
    assert 1 <= len(seen) < 20
    with Runs(database, tmp_path / "runs", slow) as runs:
        run = finished(runs, taken.id)
    assert run.result == seen == [str(number) for number in range(20)]


def test_what_a_process_left_half_written_or_half_deleted_goes(database: Database, tmp_path: Path):
    """Its pictures are a caller's: nobody was promised the run, or it is done already."""
    half = tmp_path / "runs" / "0-half"  # before the one that is taken
    half.mkdir(parents=True)
    (half / "0000").write_bytes(b"x")
    with Runs(database, tmp_path / "runs", echo) as runs:
        taken = runs.take("shop", {}, [("x", b"x")])
        assert finished(runs, taken.id).state == "done"
    assert not list((tmp_path / "runs").iterdir())


def test_a_bug_in_one_run_does_not_end_the_others(database: Database, tmp_path: Path):
    """It has failed, its pictures are gone, and the next one is done."""

    def fail_on_bad(_tenant: str, _options: dict, name: str, _contents: bytes) -> object:
        return 1 // (name != "bad")

    with Runs(database, tmp_path / "runs", fail_on_bad) as runs:
        bad = runs.take("shop", {}, [("good", b"x"), ("bad", b"x")])
        good = runs.take("shop", {}, [("good", b"x")])
        assert finished(runs, bad.id).state == "failed"
        assert finished(runs, good.id).result == [1]
    assert not list((tmp_path / "runs").iterdir())


def test_a_cancelled_run_stops_and_its_pictures_go(database: Database, tmp_path: Path):
    """What is under way is finished; one that is done stays done."""
    started, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> object:
        started.set()
        return go_on.wait(10)

    with Runs(database, tmp_path / "runs", wait) as runs:
        taken = runs.take("shop", {}, [("x", b"x"), ("y", b"y")])
        assert started.wait(10)
        runs.cancel(taken)
        go_on.set()
        assert finished(runs, taken.id).state == "cancelled"
        done = runs.take("shop", {}, [("x", b"x")])
        assert finished(runs, done.id).state == "done"
        runs.cancel(done)
        assert runs.find("shop", done.id).state == "done"
    assert not list((tmp_path / "runs").iterdir())
