"""Runs are written as they go on, so that even a killed one has told what it knew."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from facings_train import cli
from facings_train.errors import TrainingRefused
from facings_train.runs import (
    Recording,
    differences,
    find_runs,
    read_curve,
    read_runs,
    recorded,
    written,
)

KILLED = """
import os, signal, sys
from pathlib import Path
from facings_train.runs import recorded
with recorded(Path(sys.argv[1]), "detector", {"steps": 3}, seed=7) as recording:
    recording.of_data("shop", "ab" * 32)
    recording.note(1, {"loss": 2.5, "f1@0.7": 0.5})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_without_runs_there_is_nothing_to_list(tmp_path: Path) -> None:
    """And a recording without a folder writes none."""
    assert read_runs(tmp_path) == ()
    silent = Recording()
    silent.of_data("shop", "ab")
    silent.note(1, {"loss": 1.0})
    silent.end("finished")
    assert not list(tmp_path.iterdir())


def test_a_run_says_what_was_done_and_what_came_of_it(tmp_path: Path) -> None:
    """Data by hash, commit, seed, machine, curve and result."""
    with recorded(tmp_path, "detector", {"steps": 2}, seed=7) as recording:
        recording.of_data("shop version 3", "ab" * 32)
        for step in (1, 2):
            recording.note(step, {"loss": 3.0 - step})
        recording.result({"better": True})
    [run] = read_runs(tmp_path)
    assert run.shown_state == "finished"
    assert (run.command, run.seed, run.arguments) == ("detector", 7, {"steps": 2})
    assert run.data is not None
    assert (run.data.name, run.data.sha256) == ("shop version 3", "ab" * 32)
    assert run.commit is not None
    assert len(run.commit) == 40
    assert run.is_dirty in (True, False)
    assert {"python", "facings", "numpy"} <= run.versions.keys()
    assert "cores" in run.machine
    assert run.ended_at is not None
    assert run.result == {"better": True}
    assert read_curve(tmp_path, run) == [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}]


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError("no"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_run_says_how_it_ended(tmp_path: Path, error: BaseException, state: str) -> None:
    """And the error goes on its way."""
    with pytest.raises(type(error)), recorded(tmp_path, "detector", {}):
        raise error
    [run] = read_runs(tmp_path)
    assert run.shown_state == state


def test_tables_are_told_apart_by_their_bytes(tmp_path: Path) -> None:
    """Those of a training from nothing, by the folders they lie in."""
    for name in ("usual", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "truth.jsonl").write_text(name)
    tables = [tmp_path / name / "truth.jsonl" for name in ("usual", "own")]
    given = written(argparse.Namespace(out=tmp_path, steps=3, start=None))
    for _ in range(2):
        with recorded(tmp_path, "detector", given, seed=1) as recording:
            recording.of_files(tables)
        tables[1].write_text("changed")
    first, second = read_runs(tmp_path)
    assert first.arguments == {"out": str(tmp_path), "steps": "3", "start": None}
    assert first.data is not None
    assert second.data is not None
    assert first.data.name == second.data.name == "usual, own"
    assert first.data.sha256 != second.data.sha256


def test_a_killed_run_has_told_what_it_knew(tmp_path: Path) -> None:
    """Its state is that it was cut off, and a half written point is left out."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    [run] = read_runs(tmp_path)
    assert (run.shown_state, run.state, run.seed) == ("cut off", "running", 7)
    assert run.data is not None
    with (tmp_path / "runs" / run.id / "curve.jsonl").open("a") as lines:
        lines.write('{"step": 2, "lo')
    assert read_curve(tmp_path, run) == [{"step": 1, "loss": 2.5, "f1@0.7": 0.5}]


def test_runs_are_held_against_each_other(tmp_path: Path) -> None:
    """What is alike in all is left out."""
    for steps in (10, 20):
        with recorded(tmp_path, "detector", {"steps": steps, "batch": 4}, seed=1) as recording:
            recording.result({"f1": steps / 100})
    told = differences(find_runs(tmp_path, [run.id for run in read_runs(tmp_path)]))
    assert told["arguments.steps"] == [10, 20]
    assert told["result.f1"] == [0.1, 0.2]
    assert not {"arguments.batch", "seed", "commit", "machine"} & told.keys()


def test_a_run_is_called_by_a_part_of_its_name(tmp_path: Path) -> None:
    """If it is one's alone."""
    for _ in range(2):
        with recorded(tmp_path, "detector", {}):
            pass
    first, second = read_runs(tmp_path)
    assert find_runs(tmp_path, [second.id[-4:]]) == (second,) or first.id[-4:] == second.id[-4:]
    for said in (first.id[:4], "nobody"):
        with pytest.raises(TrainingRefused, match="runs are called"):
            find_runs(tmp_path, [said])


def test_the_command_lists_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each; a damaged record is named."""
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path))
    assert cli.main(["runs", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    with recorded(tmp_path, "detector", {}) as recording:
        recording.of_data("shop", "cd" * 32)
    assert cli.main(["runs"]) == 0
    assert "finished" in (line := capsys.readouterr().out)
    assert "shop (cdcdcdcd)" in line
    [run] = read_runs(tmp_path)
    (tmp_path / "runs" / run.id / "run.json").write_text("{}")
    assert cli.main(["runs"]) == 2
    assert "run.json is damaged" in capsys.readouterr().err


def test_this_process_is_alive(tmp_path: Path) -> None:
    """A run that goes on is running."""
    with recorded(tmp_path, "detector", {}):
        [run] = read_runs(tmp_path)
        assert (run.process, run.shown_state) == (os.getpid(), "running")
