"""`index.json`: what an index folder holds, readable without opening (and locking) it.

It names the folder of the live shard, so replacing this one file swaps the whole index.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from facings.errors import IndexMissing, IndexUnusable
from facings.retrieve.index import REBUILD_HINT, Calibration, IndexStats
from facings.types import EmbedderId

FORMAT_VERSION = 2
"""2 since labels and looks are kept with each picture."""
FILE_NAME = "index.json"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The contents of `index.json`."""

    shard: str
    """Folder of the live shard, beside the sidecar."""
    stats: IndexStats

    def with_counts(self, picture_count: int, product_count: int) -> Sidecar:
        """Bring the counts up to date."""
        stats = replace(self.stats, picture_count=picture_count, product_count=product_count)
        return replace(self, stats=stats)

    def with_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> Sidecar:
        """Decide by other similarities."""
        stats = replace(self.stats, thresholds=dict(thresholds), calibration=calibration)
        return replace(self, stats=stats)


def read_sidecar(folder: Path) -> Sidecar:
    """Read what the index in `folder` holds.

    Raises:
        IndexMissing: there is no index.
        IndexUnusable: the file is damaged or of another format version.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"there is no index in {folder}", hint=REBUILD_HINT) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"{path} cannot be read: {error}", hint=REBUILD_HINT) from error
    try:
        document = json.loads(text)
        stats = stats_from_document(document, str(path))
        return Sidecar(str(document["shard"]), stats)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"{path} is damaged: {error!r}", hint=REBUILD_HINT) from error


def write_sidecar(folder: Path, sidecar: Sidecar) -> None:
    """Replace `index.json` in one step: a reader sees the old one or the new one."""
    document = stats_document(sidecar.stats) | {"shard": sidecar.shard}
    fresh = folder / f"{FILE_NAME}.{os.getpid()}.new"
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(folder / FILE_NAME)
    finally:
        fresh.unlink(missing_ok=True)


def stats_document(stats: IndexStats) -> dict[str, Any]:
    """Lay out what an index holds as JSON values."""
    return {"format_version": FORMAT_VERSION, **asdict(stats)}


def stats_from_document(document: object, source: str) -> IndexStats:
    """Read what an index holds.

    Args:
        source: what the document was read from, to name it in a message.

    Raises:
        IndexUnusable: it is of another format version.
        ValueError, KeyError, TypeError: it is damaged.
    """
    if not isinstance(document, dict):
        raise TypeError("it holds no object")
    if document["format_version"] != FORMAT_VERSION:
        raise IndexUnusable(
            f"{source} was written by another version of Facings: it has format "
            f"{document['format_version']}, this one reads {FORMAT_VERSION}",
            hint=REBUILD_HINT,
        )
    calibration = document["calibration"]
    return IndexStats(
        embedder=EmbedderId(**document["embedder"]),
        dim=int(document["dim"]),
        picture_count=int(document["picture_count"]),
        product_count=int(document["product_count"]),
        thresholds={str(name): float(value) for name, value in document["thresholds"].items()},
        calibration=None if calibration is None else Calibration(**calibration),
    )
