"""Where the drawn scans of one command go, and how their files are named."""

from __future__ import annotations

from pathlib import Path

from facings.output import replaced_file
from facings.scan import Scan

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_QUALITY = 92


class OverlayFiles:
    """Draws each scan into a file of its own."""

    def __init__(self, out: Path, *, one_picture: bool) -> None:
        """Take one picture's file, or the folder of several.

        Args:
            out: file or folder, made when missing.
            one_picture: a single picture is all there will be, so `out` is its file,
                unless a folder of that name is there.

        Raises:
            ValueError: `out` is a file where a folder is needed, or no picture format.
        """
        self._is_file = one_picture and not out.is_dir()
        self._out = out
        self._used: set[str] = set()
        is_picture_name = out.suffix.lower() in SUFFIXES
        if self._is_file and not is_picture_name:
            raise ValueError(f"{out} must end in one of {', '.join(SUFFIXES)}")
        if not self._is_file and (out.is_file() or (is_picture_name and not out.is_dir())):
            raise ValueError(f"{out} is one file, but there are several pictures: name a folder")

    def write(self, scan: Scan) -> Path:
        """Draw a scan and return the file.

        Raises:
            StorageFull: the disk is full; nothing half-written is left.
            OSError: the folder cannot be written to.
        """
        file = self._out if self._is_file else self._out / f"{self._free_stem(scan)}.jpg"
        drawn = scan.plot()
        with replaced_file(file) as fresh:
            drawn.save(fresh, quality=_QUALITY)
        return file

    def _free_stem(self, scan: Scan) -> str:
        """Name after the picture, numbered when two folders hold the same name."""
        name, _, time = Path(scan.name).name.partition("#")
        stem = f"{Path(name).stem}-{time}" if time else Path(name).stem
        free, number = stem, 1
        while free in self._used:
            number += 1
            free = f"{stem}-{number}"
        self._used.add(free)
        return free
