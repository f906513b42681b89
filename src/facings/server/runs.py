"""Runs: many pictures, recognised after the answer has been given.

The pictures of a run wait in a folder of this machine and are deleted one by one as they are
scanned. The folder is written before the caller hears that the run was taken, so killing the
process loses nothing: the next one that starts goes on where this one stopped. Processes that
share a home share the folders, and a lock on each says who works on it.
"""

from __future__ import annotations

import json
import logging
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from sqlalchemy import insert, select, update

from facings.catalogue.database import Database
from facings.catalogue.tables_service import RunRow
from facings.errors import FacingsError
from facings.output import storage_full_as_error

Picture = tuple[str, bytes]
"""Name and contents."""
Work = Callable[[str, dict[str, object], str, bytes], object]
"""Tenant, the caller's options, a picture's name and contents, to plain values."""
_LOG = logging.getLogger("facings.server")
_PLAN = "plan.json"
_LOOK_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run has come."""

    id: str
    tenant: str
    state: str
    created_at: datetime
    total: int
    done: int
    result: Sequence[object] | None


class Runs:
    """Takes runs, and works on them in a thread of its own."""

    def __init__(self, database: Database, folder: Path, work: Work) -> None:
        self._database = database
        self._folder = folder
        self._work = work
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work_on, name="facings-runs", daemon=True)

    def __enter__(self) -> Self:
        """Begin, with what an earlier process left."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop after the picture under way; the others wait for the next start."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join()

    def take(self, tenant: str, options: dict[str, object], pictures: Sequence[Picture]) -> Run:
        """Take a run: when this returns it will be done, whatever happens to the process.

        Raises:
            StorageFull: the pictures do not fit on the disk.
        """
        now = datetime.now(UTC)
        run_id = f"{time.time_ns():x}-{secrets.token_hex(8)}"  # in the order they came
        run = Run(run_id, tenant, "waiting", now, len(pictures), 0, None)
        target = self._folder / run.id
        self._folder.mkdir(parents=True, exist_ok=True)
        # Locked until the row is there: a folder without one is a run that nobody was promised.
        with storage_full_as_error(target), _locked(target):
            try:
                self._write_folder(target, tenant, options, pictures)
                with self._database.write() as connection:
                    connection.execute(
                        insert(RunRow).values(
                            id=run.id, tenant=tenant, created_at=now, total=run.total, done=0
                        )
                    )
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
        self._waiting.put(run.id)
        return run

    def find(self, tenant: str, run_id: str) -> Run | None:
        """Look a run up; None where this tenant has none of that id."""
        query = select(RunRow.__table__).where(RunRow.id == run_id, RunRow.tenant == tenant)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Run(row.id, row.tenant, row.state, row.created_at, row.total, row.done, row.result)

    def page(self, tenant: str, after: str | None, limit: int) -> list[Run]:
        """List a tenant's runs without their results, by id."""
        table = RunRow
        query = (
            select(table.id, table.tenant, table.state, table.created_at, table.total, table.done)
            .where(table.tenant == tenant, table.id > (after or ""))
            .order_by(table.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Run(*row, None) for row in connection.execute(query)]

    def cancel(self, run: Run) -> None:
        """Give a run up; what is under way is finished, its pictures are deleted."""
        undone = RunRow.state.in_(("waiting", "running"))
        with self._database.write() as connection:
            connection.execute(
                update(RunRow).where(RunRow.id == run.id, undone).values(state="cancelled")
            )
        self._waiting.put(run.id)

    def _work_on(self) -> None:
        while not self._stopping.is_set():
            for folder in self._left():
                if not self._stopping.is_set():
                    self._try(folder)
            try:
                self._waiting.get(timeout=_LOOK_AGAIN_S)
            except queue.Empty:
                continue  # perhaps another process has died meanwhile

    def _left(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(folder for folder in self._folder.iterdir() if folder.is_dir())

    def _try(self, folder: Path) -> None:
        """Work on a run unless another process does.

        Without a plan it was half written or half deleted when its process died: nobody waits.
        """
        try:
            with _locked(folder):
                if (folder / _PLAN).exists():
                    self._finish_or_fail(folder)
                else:
                    shutil.rmtree(folder, ignore_errors=True)
        except Timeout:
            return
        except (FacingsError, OSError):
            _LOG.exception("a run was put off", extra={"run": folder.name})

    def _finish_or_fail(self, folder: Path) -> None:
        try:
            self._finish(folder)
        except (FacingsError, OSError):
            raise
        except Exception:  # noqa: BLE001  (a bug in one run must not end the others)
            _LOG.exception("a run failed", extra={"run": folder.name})
            self._advance(folder.name, done=0, state="failed")
            shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, folder: Path) -> None:
        plan = json.loads((folder / _PLAN).read_text())
        for place, name in enumerate(plan["names"]):
            if self._stopping.is_set():
                return
            answer = folder / f"{place:04}.json"
            if answer.exists():
                continue
            if not self._advance(folder.name, done=place):
                break
            picture = folder / f"{place:04}"
            found = self._work(plan["tenant"], plan["options"], name, picture.read_bytes())
            answer.with_suffix(".part").write_text(json.dumps(found))
            answer.with_suffix(".part").replace(answer)
            picture.unlink()
        else:
            count = len(plan["names"])
            answers = [json.loads((folder / f"{i:04}.json").read_text()) for i in range(count)]
            self._advance(folder.name, done=count, state="done", result=answers)
        shutil.rmtree(folder)

    def _advance(
        self, run_id: str, *, done: int, state: str = "running", result: object = None
    ) -> bool:
        """Note how far a run is; False where it has been cancelled."""
        mine = (RunRow.id == run_id, RunRow.state.in_(("waiting", "running")))
        values = {"done": done, "state": state, "updated_at": datetime.now(UTC), "result": result}
        with self._database.write() as connection:
            return connection.execute(update(RunRow).where(*mine).values(values)).rowcount > 0

    @staticmethod
    def _write_folder(
        target: Path, tenant: str, options: dict[str, object], pictures: Sequence[Picture]
    ) -> None:
        """Write the pictures, and the plan last: without it a folder is nobody's work."""
        target.mkdir()
        for place, (_, contents) in enumerate(pictures):
            (target / f"{place:04}").write_bytes(contents)
        names = [name for name, _ in pictures]
        plan = {"tenant": tenant, "options": options, "names": names}
        (target / "plan.part").write_text(json.dumps(plan))
        (target / "plan.part").replace(target / _PLAN)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a run's lock, which the system lets go of when the process dies.

    Raises:
        Timeout: another process holds it.
    """
    lock = folder.with_name(f"{folder.name}.lock")
    with FileLock(lock, timeout=0):
        yield
        if not folder.exists():
            lock.unlink(missing_ok=True)
