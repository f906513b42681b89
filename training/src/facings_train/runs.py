"""Runs: what was trained on what, where, from which commit, how it went and what came of it.

    HOME/runs/20261127-091203-042-detector-4f2a/run.json       all that is known of the run
    HOME/runs/20261127-091203-042-detector-4f2a/curve.jsonl    a line after each report

Plain files, written as the run goes on, so that a killed run has told what it knew.
Why not MLflow: docs/decisions/0019-runs.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from facings.output import replaced_file
from facings.session import usable_cores
from facings_train.errors import TrainingRefused

State = Literal["running", "finished", "failed", "interrupted"]
_PACKAGES = ("facings", "facings-train", "numpy", "onnxruntime", "torch")


class Data(BaseModel):
    """What a run learnt or judged from."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    """Of the annotations, or of the data set version's table."""


class Run(BaseModel):
    """One run, as `run.json` has it."""

    model_config = ConfigDict(frozen=True)

    id: str
    command: str
    words: tuple[str, ...]
    """The command line after the program's name."""
    arguments: Mapping[str, JsonValue]
    """All of them, those nobody gave too."""
    seed: int | None
    data: Data | None = None
    commit: str | None
    """Of the source; None outside of a repository."""
    is_dirty: bool | None
    """Whether source files differed from the commit."""
    machine: str
    versions: Mapping[str, str]
    started_at: str
    ended_at: str | None = None
    state: State = "running"
    process: int
    result: Mapping[str, JsonValue] | None = None
    error: str | None = None

    @property
    def shown_state(self) -> str:
        """What became of it; `cut off` where it was killed."""
        if self.state == "running" and not _is_alive(self.process):
            return "cut off"
        return self.state


class Recording:
    """A run being written; without a folder nothing is."""

    def __init__(self, run: Run | None = None, folder: Path | None = None) -> None:
        self._run = run
        self._folder = folder
        self._save()

    def of_data(self, name: str, sha256: str) -> None:
        """Say what the run learns from."""
        self._change(data=Data(name=name, sha256=sha256))

    def of_files(self, tables: Sequence[Path]) -> None:
        """Say which tables the run learns from, by their folders; the hash is over all of them."""
        total = hashlib.sha256()
        for table in tables:
            total.update(hashlib.sha256(table.read_bytes()).digest())
        self.of_data(", ".join(table.parent.name for table in tables), total.hexdigest())

    def note(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Add a point to the curve."""
        if self._folder:
            with (self._folder / "curve.jsonl").open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"step": step, **figures}) + "\n")

    def result(self, values: Mapping[str, JsonValue]) -> None:
        """Say what came of it."""
        self._change(result=dict(values))

    def end(self, state: State, error: str | None = None) -> None:
        """Say how it ended."""
        self._change(state=state, error=error, ended_at=_now())

    def _change(self, **changes: object) -> None:
        if self._run:
            self._run = self._run.model_copy(update=changes)
            self._save()

    def _save(self) -> None:
        if self._run and self._folder:
            with replaced_file(self._folder / "run.json") as fresh:
                fresh.write_text(self._run.model_dump_json(indent=2) + "\n", encoding="utf-8")


@contextmanager
def recorded(
    home: Path, command: str, arguments: Mapping[str, JsonValue], seed: int | None = None
) -> Iterator[Recording]:
    """Record what happens within, however it ends.

    Args:
        home: runs are kept in its folder `runs`.
        command: such as `detector`.
        arguments: all of the command's, by name.
    """
    started = datetime.now(UTC)
    moment = f"{started:%Y%m%d-%H%M%S}-{started.microsecond // 1000:03}"  # their order, by name
    name = f"{moment}-{command}-{secrets.token_hex(2)}"
    commit, is_dirty = _source()
    run = Run(
        id=name,
        command=command,
        words=tuple(sys.argv[1:]),
        arguments=arguments,
        seed=seed,
        commit=commit,
        is_dirty=is_dirty,
        machine=_machine(),
        versions=_versions(),
        started_at=_now(),
        process=os.getpid(),
    )
    recording = Recording(run, home / "runs" / name)
    try:
        yield recording
    except KeyboardInterrupt:
        recording.end("interrupted")
        raise
    except BaseException as error:
        recording.end("failed", f"{type(error).__name__}: {error}")
        raise
    recording.end("finished")


def written(arguments: argparse.Namespace) -> dict[str, JsonValue]:
    """Arguments of a training module as a record has them."""
    return {name: None if value is None else str(value) for name, value in vars(arguments).items()}


def read_runs(home: Path) -> tuple[Run, ...]:
    """List the runs of a home, the oldest first.

    Raises:
        TrainingRefused: a record is damaged.
    """
    return tuple(_read(file) for file in sorted((home / "runs").glob("*/run.json")))


def find_runs(home: Path, ids: Sequence[str]) -> tuple[Run, ...]:
    """Look runs up by id, or by how it begins or ends.

    Raises:
        TrainingRefused: there is none such, or several.
    """
    every = read_runs(home)
    found = []
    for said in ids:
        meant = [run for run in every if run.id.startswith(said) or run.id.endswith(said)]
        if len(meant) != 1:
            raise TrainingRefused(
                f"{len(meant)} runs are called {said!r}", hint="facings-train runs lists them"
            )
        found.append(meant[0])
    return tuple(found)


def read_curve(home: Path, run: Run) -> list[dict[str, JsonValue]]:
    """Read the points of a run's curve; the last line of a killed run may be missing."""
    file = home / "runs" / run.id / "curve.jsonl"
    if not file.exists():
        return []
    points = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            points.append(json.loads(line))
        except ValueError:
            break
    return points


def differences(runs: Sequence[Run]) -> dict[str, list[JsonValue]]:
    """Say in what runs differ: dotted name to the value of each; those alike in all are absent."""
    flat = [dict(_flat("", json.loads(run.model_dump_json()))) for run in runs]
    names = list(dict.fromkeys(name for each in flat for name in each))
    rows = {name: [each.get(name) for each in flat] for name in names}
    return {name: row for name, row in rows.items() if any(value != row[0] for value in row)}


def _flat(prefix: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, inner)
    else:
        yield prefix, value


def _read(file: Path) -> Run:
    try:
        return Run.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise TrainingRefused(
            f"{file} is damaged: {error.errors()[0]['msg']}", hint="delete its folder"
        ) from error


def _source() -> tuple[str | None, bool | None]:
    """Commit of the source that runs, and whether tracked files differ from it."""
    folder = Path(__file__).parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603
                ["git", "-C", str(folder), *words],  # noqa: S607  git is where the user has it
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no")
    return commit, None if commit is None or changed is None else bool(changed)


def _machine() -> str:
    torch = sys.modules.get("torch")
    device = torch.cuda.get_device_name() if torch and torch.cuda.is_available() else "CPU"
    return f"{platform.system()} {platform.machine()}, {usable_cores()} cores, {device}"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
