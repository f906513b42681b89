"""A throw-away PostgreSQL server for tests, on a socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "facings"


def binaries() -> Path | None:
    """Find the folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def cluster(programs: Path) -> Iterator[Path]:
    """Start a server that forgets everything; give the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="facings-postgres-"))
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)
    data = folder / "data"

    def call(*words: str | Path) -> None:
        done = subprocess.run(words, user=owner, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        call(programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call(programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield folder
        finally:
            call(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url_of(folder: Path, name: str) -> str:
    """Give the SQLAlchemy URL of one database of the server."""
    return f"postgresql://{USER}@/{name}?host={folder}"


def _owner() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
