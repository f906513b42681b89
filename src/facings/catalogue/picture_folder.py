"""Pictures named by GTIN: `GTIN.jpg`, `GTIN_back.jpg`, `GTIN-2.png`, `GTIN/any.jpg`."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facings.catalogue.gtin import gtin14, is_restricted, natural_form
from facings.catalogue.pictures import PictureFile, read_picture_file
from facings.catalogue.records import Records, Upserted
from facings.errors import ImportRejected, InvalidGtin

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic"})
_NAME = re.compile(r"(\d{8,14})(?:[_-]([A-Za-z0-9_-]{1,32}))?")
_VIEW = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""A number after the GTIN counts pictures, it names no side of the pack."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What became of the files of a folder."""

    read: int
    added: int
    """Products that have a new picture."""
    unchanged: int
    """Products whose pictures were all known."""
    rejected: int


class _Bad(Exception):
    """A file that cannot be taken; the message is the reason."""


def import_pictures(
    folder: Path,
    records: Records,
    rejects: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> FolderReport:
    """Add the pictures of a folder to the products they are named after; a second run adds none.

    Args:
        rejects: CSV file to write, with the columns file, reason.
        progress: called with the number of files looked at and of all.

    Raises:
        ImportRejected: there is no such folder, or no picture in it.
        StorageFull, CatalogueError: batches before are kept.
    """
    if not folder.is_dir():
        raise ImportRejected(f"{folder} is not a folder")
    files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in _SUFFIXES)
    if not files:
        raise ImportRejected(f"{folder} holds no pictures")
    rejects.parent.mkdir(parents=True, exist_ok=True)
    total, rejected = Upserted(0, 0, 0), 0
    with rejects.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "reason"))
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            written, bad = _take(batch, folder, records)
            writer.writerows((str(file.relative_to(folder)), reason) for file, reason in bad)
            total += written
            rejected += len(bad)
            if progress:
                progress(start + len(batch), len(files))
    return FolderReport(len(files), total.updated, total.unchanged, rejected)


def _take(
    files: list[Path], folder: Path, records: Records
) -> tuple[Upserted, list[tuple[Path, str]]]:
    """Write the pictures of known products; give what was written and what was refused."""
    pictures: dict[str, list[PictureFile]] = {}
    bad: list[tuple[Path, str]] = []
    file_of: dict[str, list[Path]] = {}
    for file in files:
        try:
            gtin, view = _named(file.relative_to(folder))
            pictures.setdefault(gtin, []).append(_read(file, folder, view))
            file_of.setdefault(gtin, []).append(file)
        except _Bad as error:
            bad.append((file, str(error)))
    known = records.products(pictures)
    for gtin in pictures.keys() - known.keys():
        reason = f"there is no product {natural_form(gtin)}: import its record first"
        bad += [(file, reason) for file in file_of[gtin]]
        del pictures[gtin]
    return records.upsert(known.values(), pictures), sorted(bad)


def _named(file: Path) -> tuple[str, str]:
    """Read GTIN and view off a file's name, or the GTIN off its folder's."""
    found = _NAME.fullmatch(file.stem)
    in_folder = _NAME.fullmatch(file.parts[-2]) if len(file.parts) > 1 else None
    if found is None and in_folder is None:
        raise _Bad("neither its name nor its folder's is a GTIN")
    digits, view = (found[1], found[2]) if found else (in_folder[1] if in_folder else "", file.stem)
    try:
        gtin = gtin14(digits)
    except InvalidGtin as error:
        raise _Bad(error.message) from error
    if is_restricted(gtin):
        raise _Bad(f"{digits} is a store-internal number")
    view = (view or "front").lower()
    return gtin, view if _VIEW.fullmatch(view) else "front"


def _read(file: Path, folder: Path, view: str) -> PictureFile:
    try:
        if file.stat().st_size == 0:
            raise _Bad("it is empty (0 bytes)")
        return read_picture_file(str(file.relative_to(folder)), folder=folder, view=view)
    except OSError as error:
        raise _Bad(f"it cannot be read: {error.strerror}") from error
