"""Whether an index fits on the disk, asked before a full disk kills the process.

The engine writes through mapped memory, where "no space left" is a signal and no error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from facings.errors import StorageFull

_EMPTY_SHARD_BYTES = 100_000_000
"""Room a shard takes with nothing in it, its log included."""
_BYTES_A_NUMBER = 8
"""Room for one number of a vector: original and int8 copy, both twice while optimising."""
_BYTES_A_PICTURE = 1_000
"""Room for its labels and its place in the graph, twice while optimising."""


def index_bytes(picture_count: int, dim: int) -> int:
    """Estimate the room that building an index takes."""
    return _EMPTY_SHARD_BYTES + picture_count * (_BYTES_A_PICTURE + dim * _BYTES_A_NUMBER)


def require_room(folder: Path, needed_bytes: int) -> None:
    """Refuse what would not fit.

    Raises:
        StorageFull: there is less room in `folder`, or where it will be made.
    """
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise StorageFull(
            f"the disk is too full for the index in {folder}: it needs about "
            f"{needed_bytes / 1e6:.0f} MB, {free / 1e6:.0f} MB are free",
            hint="free some space and run it again; the old index is as it was",
        )
