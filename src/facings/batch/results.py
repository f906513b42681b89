"""Results by the hash of the picture they are of, in one folder that all workers reach.

    OUT/job.json            what is done, and by which very model
    OUT/ab/abcdef....npz    the result of the picture with that SHA-256, whatever it is called
    OUT/pictures.jsonl      a line for each picture's path: its hash, or why it has none

A result appears whole or not at all and is never written again: work that is done twice, because a
worker was killed or two pictures are the same, leaves one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from facings.errors import ModelCorrupted, PictureError
from facings.output import replaced_file

Task = Literal["embed", "propose"]
SUFFIXES: Mapping[Task, str] = {"embed": ".npz", "propose": ".json"}
_JOB, _TABLE = "job.json", "pictures.jsonl"


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every picture."""

    task: Task
    model: str
    """Name of the model."""
    version: int
    sha256: str
    """Of its weights: a worker with others refuses."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one picture."""

    file: str
    sha256: str = ""
    """Of its bytes; empty where it could not be read."""
    error: str = ""
    """Why there is no result; empty where there is."""


def claim_folder(out: Path, job: Job) -> None:
    """Begin a job in a folder, or go on with it.

    Raises:
        ModelCorrupted: the folder holds results of another job.
    """
    file = out / _JOB
    if file.exists():
        known = json.loads(file.read_text("utf-8"))
        if known != asdict(job):
            raise ModelCorrupted(
                f"{out} holds results of {known.get('task')} by {known.get('model')} "
                f"v{known.get('version')}, not of {job.task} by {job.model} v{job.version}",
                hint="choose another folder",
            )
        return
    with replaced_file(file) as fresh:
        fresh.write_text(json.dumps(asdict(job)) + "\n", "utf-8")


def read_job(out: Path) -> Job:
    """Read whose results a folder holds.

    Raises:
        PictureError: it holds none.
    """
    try:
        return Job(**json.loads((out / _JOB).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise PictureError(
            f"{out} holds no results", hint='"facings batch" writes such a folder'
        ) from error


def result_file(out: Path, task: Task, sha256: str) -> Path:
    """Where the result of a picture is."""
    return out / sha256[:2] / f"{sha256}{SUFFIXES[task]}"


class Table:
    """What became of each picture; written by the one process that gives out the work."""

    def __init__(self, out: Path) -> None:
        """Read what an earlier run left; a line that it had half written is done again."""
        self._file = out / _TABLE
        self.lines: dict[str, Line] = {}
        """By the picture's path."""
        if self._file.exists():
            for text in self._file.read_text("utf-8").splitlines():
                try:
                    line = Line(**json.loads(text))
                except (ValueError, TypeError):
                    continue
                self.lines[line.file] = line
        self._write_whole()

    def is_done(self, file: Path) -> bool:
        """Say whether there is a result; what could not be read is tried again."""
        line = self.lines.get(str(file))
        return line is not None and not line.error

    def add(self, lines: Iterable[Line]) -> None:
        """Note what became of some pictures."""
        fresh = list(lines)
        self.lines.update({line.file: line for line in fresh})
        with self._file.open("a", encoding="utf-8") as table:
            table.writelines(f"{_text(line)}\n" for line in fresh)

    def close(self) -> None:
        """Leave one line a picture, by path."""
        self._write_whole()

    def _write_whole(self) -> None:
        with replaced_file(self._file) as fresh:
            texts = [_text(line) for _, line in sorted(self.lines.items())]
            fresh.write_text("".join(f"{text}\n" for text in texts), "utf-8")


def _text(line: Line) -> str:
    return json.dumps({name: value for name, value in asdict(line).items() if value})
