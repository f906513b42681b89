"""Building the graph of a shard in a process of its own: `python -m facings.retrieve.optimize`.

The engine's `optimize` holds Python's global lock until it is done, minutes for a million
pictures: in this process nothing else, no search above all, would run meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import qdrant_edge as qdrant

from facings.errors import IndexUnusable
from facings.retrieve.index import REBUILD_HINT

_NICENESS = "10"


def optimize_shard(shard_folder: Path, *, politely: bool) -> None:
    """Build the graph of a shard that nobody has open; blocks, other threads go on.

    Args:
        politely: let whatever else wants the cores, searches above all, come first.

    Raises:
        IndexUnusable: it failed or was killed; the shard may be half-done.
    """
    niceness = _NICENESS if politely else "0"
    command = [sys.executable, "-m", "facings.retrieve.optimize", str(shard_folder), niceness]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise IndexUnusable(
            f"the graph of the index in {shard_folder.parent} could not be built: {last}",
            hint=f"see that there are room and memory for it; if it stays so, {REBUILD_HINT}",
        )


def main() -> None:
    """Optimise the shard named on the command line, at the niceness that follows it."""
    os.nice(int(sys.argv[2]))
    shard = qdrant.EdgeShard.load(sys.argv[1])
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main()
