"""`index.json`: what an index folder holds, readable without opening (and locking) it.

It names the folder of the live shard, so replacing this one file swaps the whole index.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from facings.errors import IndexMissing, IndexUnusable
from facings.retrieve.index import REBUILD_HINT, IndexStats
from facings.types import EmbedderId

FORMAT_VERSION = 1
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
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"{path} is damaged: {error!r}", hint=REBUILD_HINT) from error


def write_sidecar(folder: Path, sidecar: Sidecar) -> None:
    """Replace `index.json` in one step: a reader sees the old one or the new one."""
    document = {"format_version": FORMAT_VERSION, "shard": sidecar.shard, **asdict(sidecar.stats)}
    fresh = folder / f"{FILE_NAME}.{os.getpid()}.new"
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(folder / FILE_NAME)
    finally:
        fresh.unlink(missing_ok=True)


def _parse(document: object) -> Sidecar:
    if not isinstance(document, dict):
        raise TypeError("it holds no object")
    if document["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"format version {document['format_version']}, this Facings reads {FORMAT_VERSION}"
        )
    embedder = EmbedderId(**document["embedder"])
    thresholds = {str(name): float(value) for name, value in document["thresholds"].items()}
    stats = IndexStats(
        embedder,
        int(document["dim"]),
        int(document["picture_count"]),
        int(document["product_count"]),
        thresholds,
    )
    return Sidecar(str(document["shard"]), stats)
