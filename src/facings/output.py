"""Write result files so that what is there is always whole: the old one or the new one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facings.errors import StorageFull

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; it takes the place of `path` when all went well.

    Folders that are missing are made. When writing fails nothing of it is left.

    Args:
        path: the file to make or replace.

    Yields:
        A file in the same folder with the same suffix.

    Raises:
        StorageFull: the disk is full; `path` is as it was before.
        OSError: the folder cannot be written to.
    """
    with storage_full_as_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        fresh = Path(name)
        try:
            yield fresh
            fresh.chmod(0o666 & ~_umask())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


@contextmanager
def storage_full_as_error(path: Path) -> Iterator[None]:
    """Turn the system's words for a full disk into ours.

    Raises:
        StorageFull: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_ERRNOS:
            raise
        raise StorageFull(
            f"the disk is full: {path} was not written", hint="free some space and run it again"
        ) from error


def _umask() -> int:
    """Permissions this process withholds from new files; there is no way to only read them."""
    current = os.umask(0o077)
    os.umask(current)
    return current
