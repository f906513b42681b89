"""Gallery pictures on disk: what a record says of one, and how its bytes are told apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from facings.types import Look

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture of a product as an import names it."""

    file: str
    """As given: absolute, or relative to `folder`."""
    folder: str
    """Absolute folder that a relative `file` starts from."""
    sha256: str
    """Hash of the file's bytes; the same bytes are the same picture."""
    view: str = "front"
    """Side of the pack that is seen."""
    look: Look | None = None
    """Packaging version that it shows; None where nobody said."""

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(self.folder, self.file)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the records hold."""

    id: int
    gtin: str
    """GTIN-14 of the product it shows."""
    source: PictureFile

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.source.path


def read_picture_file(
    file: str, *, folder: Path, view: str = "front", look: Look | None = None
) -> PictureFile:
    """Find a picture and hash it.

    Args:
        file: path as given, absolute or relative to `folder`.

    Raises:
        OSError: it is missing, is not a file, or cannot be read.
    """
    digest = hashlib.sha256()
    with (folder / file).open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return PictureFile(file, str(folder.resolve()), digest.hexdigest(), view, look)
