"""Field sessions: who photographed what in which shop, kept in a folder of its own.

    SESSION/session.json          store, person, time, consent
    SESSION/captures.jsonl        only ever added to; of two lines with one id the later one holds
    SESSION/pictures/SHA256.jpg   pixels alone

Ids are made by whoever collects, so what was sent half and is sent again is there once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from facings.collect.barcodes import Road, read_barcode
from facings.collect.pictures import Eyes, FieldPicture, is_same_sight, take_picture
from facings.errors import CatalogueError
from facings.output import replaced_file

Kind = Literal["shelf far", "shelf near", "product", "barcode"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_EYES = Eyes()


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
    keeps_faces: bool = False
    """Whether people's faces stay as they were photographed."""
    tenant: str = ""
    """Whose key began it; empty where it was begun on the machine itself."""

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
    code: str | None = None
    """GTIN-14 read from a picture of a barcode; None where none is sure."""
    road: Road | None = None
    """How that was read."""

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

    def __init__(self, folder: Path, eyes: Eyes = _NO_EYES) -> None:
        self._folder = folder
        self._eyes = eyes
        self._writing = threading.Lock()

    def begin(self, session: Session) -> Session:
        """Open a session, or find it as it was begun, with the aisles that are new added.

        Raises:
            CatalogueError: there is another one of this id.
        """
        with self._writing:
            if self._session_file(session.id).exists():
                known = self.session(session.id)
                whose = (session.store, session.person, session.tenant)
                if (known.store, known.person, known.tenant) != whose:
                    raise CatalogueError(f"session {session.id} is another person's or store's")
                aisles = tuple(dict.fromkeys([*known.aisles, *session.aisles]))
                if aisles == known.aisles:
                    return known
                session = replace(known, aisles=aisles)
            with replaced_file(self._session_file(session.id)) as fresh:
                fresh.write_text(json.dumps(asdict(session), ensure_ascii=False) + "\n", "utf-8")
            return session

    def session(self, session_id: str) -> Session:
        """Look a session up.

        Raises:
            CatalogueError: there is none.
        """
        if not _ID.fullmatch(session_id) or not self._session_file(session_id).exists():
            raise CatalogueError(
                f"there is no session {session_id}", hint='"facings collect begin" opens one'
            )
        read = json.loads(self._session_file(session_id).read_text("utf-8"))
        return Session(**{**read, "aisles": tuple(read["aisles"])})

    def sessions(self) -> list[Session]:
        """Every session, by id."""
        return [self.session(file.parent.name) for file in
                sorted(self._folder.glob("*/session.json"))]  # fmt: skip

    def captures(self, session_id: str) -> list[Capture]:
        """What was captured, in order; a line cut off by a crash is left out."""
        self.session(session_id)
        file = self._captures_file(session_id)
        lines = file.read_text("utf-8").split("\n")[:-1] if file.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        latest = {row["id"]: Capture(**{**row, "faults": tuple(row["faults"])}) for row in rows}
        return list(latest.values())

    def add(
        self,
        session_id: str,
        capture_id: str,
        kind: Kind,
        contents: bytes,
        *,
        aisle: str | None = None,
    ) -> Added:
        """Keep a picture; sending it again, by id or by its bytes, changes nothing.

        Of a barcode the number is read.

        Raises:
            CatalogueError: there is no such session, or the id is another picture's.
            PictureError: it is no picture.
        """
        session = self.session(session_id)
        if known := self._known(session_id, capture_id, kind, hash_of(contents)):
            return Added(known, is_new=False, same_sight_as=None)
        picture = self._taken(contents, capture_id, kind, keeps_faces=session.keeps_faces)
        capture = self._looked_at(capture_id, kind, picture, aisle)
        with self._writing:
            # Again, because another request may have brought it meanwhile.
            if known := self._known(session_id, capture_id, kind, picture.sha256):
                return Added(known, is_new=False, same_sight_as=None)
            before = self.captures(session_id)
            with replaced_file(self.picture(session_id, capture)) as fresh:
                fresh.write_bytes(picture.jpeg)
            self._append(session_id, [capture])
        alike = [e.id for e in before if e.kind == kind and is_same_sight(e.sight, capture.sight)]
        return Added(capture, is_new=True, same_sight_as=alike[0] if alike else None)

    def write_gtin(self, session_id: str, capture_ids: Iterable[str], gtin: str) -> None:
        """Note which product captures show."""
        wanted = set(capture_ids)
        with self._writing:
            found = [each for each in self.captures(session_id) if each.id in wanted]
            self._append(
                session_id, [replace(each, gtin=gtin) for each in found if each.gtin != gtin]
            )

    def folder_of(self, session_id: str) -> Path:
        """Where all of a session lies.

        Raises:
            CatalogueError: there is no such session.
        """
        self.session(session_id)
        return self._folder / session_id

    def picture(self, session_id: str, capture: Capture) -> Path:
        """The file of a capture's picture."""
        return self._folder / session_id / "pictures" / f"{capture.sha256}.jpg"

    def _known(self, session_id: str, capture_id: str, kind: Kind, sha256: str) -> Capture | None:
        for each in self.captures(session_id):
            same = (each.sha256, each.kind) == (sha256, kind)
            if each.id == capture_id and not same:
                raise CatalogueError(f"capture {capture_id} is another picture already")
            if same:
                return each
        return None

    def _taken(self, contents: bytes, name: str, kind: Kind, *, keeps_faces: bool) -> FieldPicture:
        eyes = self._eyes
        if keeps_faces:
            return take_picture(contents, name, max_pixels=eyes.max_pixels)
        find = eyes.find_bystanders if kind == "product" else eyes.find_faces
        return take_picture(contents, name, find, eyes.max_pixels)

    def _looked_at(
        self, capture_id: str, kind: Kind, picture: FieldPicture, aisle: str | None
    ) -> Capture:
        faults = picture.faults
        if kind == "product" and self._eyes.cuts_off(picture.frame):
            faults = (*faults, "cut off")
        read = read_barcode(picture.frame, self._eyes.reader) if kind == "barcode" else None
        return Capture(
            capture_id,
            kind,
            picture.sha256,
            picture.sight,
            aisle,
            faults=() if read else faults,
            code=read.gtin if read else None,
            road=read.road if read else None,
        )

    def _append(self, session_id: str, captures: Sequence[Capture]) -> None:
        file = self._captures_file(session_id)
        whole = not file.exists() or file.read_bytes().endswith(b"\n")
        lines = "".join(json.dumps(asdict(each)) + "\n" for each in captures)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(("" if whole else "\n") + lines)
            stream.flush()
            os.fsync(stream.fileno())

    def _session_file(self, session_id: str) -> Path:
        return self._folder / session_id / "session.json"

    def _captures_file(self, session_id: str) -> Path:
        return self._folder / session_id / "captures.jsonl"


def hash_of(contents: bytes) -> str:
    """SHA-256 of a file's bytes: what tells pictures apart."""
    return hashlib.sha256(contents).hexdigest()


def now() -> str:
    """The time, as sessions note it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
