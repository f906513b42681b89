"""Field collection, as it goes over the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from facings.server.schemas.base import Gtin, Incoming, Outgoing, Word

FieldId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Made by whoever collects: the same id again is the same thing again."""
CaptureKind = Literal["shelf far", "shelf near", "product", "barcode"]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]
MAX_AISLES = 200
MAX_CAPTURES = 50


class FieldSessionIn(Incoming):
    """A round through a shop begins, or is found again; its new aisles are added."""

    id: FieldId
    store: Word
    person: Word
    """A name or number of the team's own."""
    consent: Sentence
    """Who allowed pictures to be taken here, and what they may be used for."""
    aisles: Annotated[tuple[Word, ...], Field(max_length=MAX_AISLES)] = ()
    keeps_faces: bool = False
    """Else people's faces are blurred before a picture is kept."""


class CaptureOut(Outgoing):
    """One picture of a session."""

    id: str
    kind: CaptureKind
    sha256: str
    aisle: str | None
    gtin: str | None
    faults: tuple[str, ...]
    """blurred, too dark, too bright, too small, cut off: take it again."""


class CodeOut(Outgoing):
    """The number on a picture of a barcode."""

    gtin: str
    gtin_printed: str
    """As it stands under the bars, its check digit right."""
    road: Literal["bars", "blurred bars", "print"]
    product_name: str | None
    """Null where the catalogue has no record of it."""


class CapturedOut(Outgoing):
    """What became of a picture that was sent."""

    capture: CaptureOut
    is_new: bool
    """False where it had been sent before: nothing changed."""
    same_sight_as: str | None
    """An earlier capture of this kind that shows the same."""
    code: CodeOut | None
    """Of a barcode; null where no number is sure."""


class AisleOut(Outgoing):
    """What there is of one aisle; pictures with a fault do not count."""

    aisle: str
    far: int
    near: int
    products: int
    missing: tuple[Literal["far", "near", "products"], ...]


class FieldSessionOut(Outgoing):
    """A round through a shop, and how far it is."""

    id: str
    store: str
    person: str
    consent: str
    started_at: str
    keeps_faces: bool
    captures: tuple[CaptureOut, ...]
    products: int
    aisles: tuple[AisleOut, ...]


class FieldSessionRow(Outgoing):
    """A round through a shop, in a list."""

    id: str
    store: str
    person: str
    started_at: str


class FieldSessionList(Outgoing):
    """The rounds there are."""

    sessions: tuple[FieldSessionRow, ...]


class BindIn(Incoming):
    """Captures of one product are done: its views, and its barcode."""

    captures: Annotated[tuple[FieldId, ...], Field(min_length=1, max_length=MAX_CAPTURES)]
    gtin: Gtin | None = None
    """As typed, where the code cannot be read."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """Of a product without a record."""


class BoundOut(Outgoing):
    """A product that was collected."""

    gtin: str
    gtin_printed: str
    how: Literal["bars", "blurred bars", "print", "typed"]
    findable: bool
    """False where no view is fit: take it again."""
    unfit: tuple[str, ...]
    """Captures it is not found by."""
