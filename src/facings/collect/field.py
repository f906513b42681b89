"""Field sessions: who photographed what in which shop, kept in a folder of its own.

    SESSION/session.json          store, person, time, consent
    SESSION/captures.jsonl        one line a capture, only ever added to
    SESSION/pictures/SHA256.jpg   pixels alone

Ids are made by whoever collects, so what was sent half and is sent again is there once.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from facings.collect.barcodes import read_barcode
from facings.collect.pictures import FieldPicture, is_same_sight, take_picture
from facings.errors import CatalogueError
from facings.evidence.words import PrintReader
from facings.output import replaced_file

Kind = Literal["shelf far", "shelf near", "product", "barcode"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Session:
    """One person's round through one shop."""

    id: str
    store: str
    person: str
    """A name or number of the team's own."""
    consent: str
    """Who allowed pictures to be taken here, and what they may be used for."""
    started_at: str
    """ISO time."""
    aisles: tuple[str, ...] = ()
    """That are to be covered."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise CatalogueError(f'"{self.id}" is no id: letters, digits, "-" and "_", at most 64')
        for name in ("store", "person", "consent"):
            if not getattr(self, name).strip():
                raise CatalogueError(
                    f"a session has a {name}", hint="without consent no picture is taken"
                )


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture of a session."""

    id: str
    kind: Kind
    sha256: str
    """Of the file as it came in; its picture is `pictures/SHA256.jpg`."""
    sight: int
    aisle: str | None = None
    gtin: str | None = None
    """GTIN-14 of the product it shows."""
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise CatalogueError(f'"{self.id}" is no id: letters, digits, "-" and "_", at most 64')


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a picture that was sent."""

    capture: Capture
    is_new: bool
    """False where it had been sent before."""
    same_sight_as: str | None
    """Id of an earlier capture that shows the same."""


class FieldFolder:
    """The sessions under one folder; a line is on the disk before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, session: Session) -> Session:
        """Open a session, or find it as it was begun.

        Raises:
            CatalogueError: there is another one of this id.
        """
        file = self._folder / session.id / "session.json"
        if file.exists():
            known = self.session(session.id)
            if (known.store, known.person) != (session.store, session.person):
                raise CatalogueError(f"session {session.id} is {known.person}'s in {known.store}")
            return known
        with replaced_file(file) as fresh:
            fresh.write_text(json.dumps(asdict(session), ensure_ascii=False) + "\n", "utf-8")
        return session

    def session(self, session_id: str) -> Session:
        """Look a session up.

        Raises:
            CatalogueError: there is none.
        """
        file = self._folder / session_id / "session.json"
        if not _ID.fullmatch(session_id) or not file.exists():
            raise CatalogueError(
                f"there is no session {session_id}", hint='"facings collect begin" opens one'
            )
        read = json.loads(file.read_text("utf-8"))
        return Session(**{**read, "aisles": tuple(read["aisles"])})

    def sessions(self) -> list[Session]:
        """Every session, by id."""
        return [self.session(file.parent.name) for file in
                sorted(self._folder.glob("*/session.json"))]  # fmt: skip

    def captures(self, session_id: str) -> list[Capture]:
        """What was captured, in order; a line cut off by a crash is left out."""
        self.session(session_id)
        file = self._folder / session_id / "captures.jsonl"
        lines = file.read_text("utf-8").split("\n")[:-1] if file.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return [Capture(**{**row, "faults": tuple(row["faults"])}) for row in rows]

    def add(
        self,
        session_id: str,
        capture_id: str,
        kind: Kind,
        contents: bytes,
        *,
        aisle: str | None = None,
        gtin: str | None = None,
    ) -> Added:
        """Keep a picture; sending it again, by id or by its bytes, changes nothing.

        Raises:
            CatalogueError: there is no such session, or the id is another picture's.
            PictureError: it is no picture.
        """
        known = self.captures(session_id)
        picture = take_picture(contents, capture_id)
        for each in known:
            if each.id == capture_id and each.sha256 != picture.sha256:
                raise CatalogueError(f"capture {capture_id} is another picture already")
            if each.sha256 == picture.sha256:
                return Added(each, is_new=False, same_sight_as=None)
        capture = Capture(
            capture_id, kind, picture.sha256, picture.sight, aisle, gtin, picture.faults
        )
        self._write(session_id, capture, picture)
        alike = [e.id for e in known if e.kind == kind and is_same_sight(e.sight, capture.sight)]
        return Added(capture, is_new=True, same_sight_as=alike[0] if alike else None)

    def picture(self, session_id: str, capture: Capture) -> Path:
        """The file of a capture's picture."""
        return self._folder / session_id / "pictures" / f"{capture.sha256}.jpg"

    def _write(self, session_id: str, capture: Capture, picture: FieldPicture) -> None:
        with replaced_file(self.picture(session_id, capture)) as fresh:
            fresh.write_bytes(picture.jpeg)
        file = self._folder / session_id / "captures.jsonl"
        whole = not file.exists() or file.read_bytes().endswith(b"\n")
        with file.open("a", encoding="utf-8") as stream:
            stream.write(("" if whole else "\n") + json.dumps(asdict(capture)) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def bind(pictures: Sequence[bytes], reader: PrintReader | None) -> str | None:
    """GTIN-14 on pictures of one product's barcode; None where none is sure, or they differ."""
    found = {
        code.gtin
        for each in pictures
        if (code := read_barcode(take_picture(each, "barcode").frame, reader)) is not None
    }
    return found.pop() if len(found) == 1 else None


def progress_of(session: Session, captures: Sequence[Capture]) -> dict[str, object]:
    """Say for each aisle what is covered, and which aisles are missing."""
    aisles: dict[str, Counter[str]] = {aisle: Counter() for aisle in session.aisles}
    for each in captures:
        aisles.setdefault(each.aisle or "", Counter())[each.kind] += 1
    products = {each.gtin for each in captures if each.gtin}
    return {
        "session": session.id,
        "store": session.store,
        "captures": len(captures),
        "products": len(products),
        "faulty": [each.id for each in captures if each.faults],
        "aisles": {aisle: dict(kinds) for aisle, kinds in aisles.items()},
        "missing": [
            aisle
            for aisle in session.aisles
            if not {"shelf far", "shelf near"} & set(aisles[aisle])
        ],
    }


def now() -> str:
    """The time, as sessions note it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
