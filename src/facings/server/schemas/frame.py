"""Frames: what was found where the picture was taken, and what it is."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, StringConstraints, model_validator

from facings.scope import Scope
from facings.server.schemas.base import MAX_DIM, BoxXyxy, Gtin, Id, Incoming, Outgoing, Word
from facings.server.schemas.product import ProductOut
from facings.server.schemas.profile import ProfileIn
from facings.types import (
    CellArray,
    Clues,
    Detections,
    EmbedderId,
    Embeddings,
    FloatArray,
    State,
    Witnesses,
)

MAX_FACINGS = 500
"""Of one frame."""
_MAX_PICTURE = 4_000_000
"""Characters of the picture of one facing."""
_MAX_ARTWORK = 16_384
"""Numbers of one facing's artwork, at most."""
_MAX_LINES, _MAX_LINE = 24, 64
"""Lines of print on one facing, and characters of a line, at most."""
_MOST_COMPARED = 10
"""Products that one facing is compared with, at most."""


class ScopeIn(Incoming):
    """Which products a facing may be."""

    retailer: Word | None = None
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None
    category: Word | None = None
    active: bool | None = None

    def scope(self) -> Scope:
        """Give it as the value that an index is searched with."""
        return Scope(self.retailer, self.country, self.category, self.active)


Include = Literal["product", "knowledge", "offers", "reviews", "alternatives", "evidence", "timing"]


class OptionsIn(Incoming):
    """How a frame is to be answered."""

    include: frozenset[Include] = frozenset({"product", "alternatives"})
    """What comes back besides state, GTIN and place."""
    profile: ProfileIn | None = None
    """Held against every recognised product; none means the session's, if there is one."""
    scope: ScopeIn = ScopeIn()
    session_id: Id | None = None
    frame_id: Id | None = None
    """Comes back unchanged."""


class EmbedderIn(Incoming):
    """Which embedder made the vectors, as its manifest says."""

    name: Word
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class FacingIn(Incoming):
    """A facing that was found and embedded where the picture was taken."""

    box_xyxy: BoxXyxy
    score: Annotated[float, Field(ge=0, le=1)] = 1.0
    vector_i8: Annotated[str, StringConstraints(max_length=2 * MAX_DIM)] | None = None
    """Base64 of one signed byte a number; any scale, it is brought to length 1."""
    vector: Annotated[list[float], Field(max_length=MAX_DIM)] | None = None
    """The same as numbers; one of the two is given."""
    artwork_i8: Annotated[str, StringConstraints(max_length=2 * _MAX_ARTWORK)] | None = None
    """Base64 of what is printed where, cell by cell, as the embedder's manifest lays it out, each
    cell's unit vector x 127: tells look-alikes apart where a vector left it ambiguous."""
    printed: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=_MAX_LINE)], ...],
        Field(max_length=_MAX_LINES),
    ] = ()
    """Lines of print that were read on it, in no order: where it is ambiguous by all else, words
    that only one of its alternatives bears tell them apart."""
    likeness: Annotated[
        dict[Gtin, Annotated[float, Field(ge=-1, le=1)]],
        Field(max_length=_MOST_COMPARED),
    ] = Field(default_factory=dict)
    """How alike it is, where they differ, to the views of what it may be
    (`/v1/products/{gtin}/view`), by GTIN: what `facings.compare.compare_by_blocks` says."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_box(self.box_xyxy)
        if (self.vector is None) == (self.vector_i8 is None):
            raise ValueError("give either vector or vector_i8")
        return self

    def numbers(self) -> FloatArray:
        """(D,) as given, not of length 1 yet.

        Raises:
            ValueError: it is no base64, or nothing but zeros.
        """
        if self.vector is not None:
            numbers = np.asarray(self.vector, np.float32)
        else:
            numbers = _signed_bytes(self.vector_i8 or "", "vector_i8").astype(np.float32)
        length = float(np.linalg.norm(numbers))
        if not 0 < length < math.inf:
            raise ValueError("a vector has a direction: this one is empty, zero or too long")
        return numbers / np.float32(length)

    def artwork(self, shape: tuple[int, ...]) -> CellArray:
        """(C, H, W) as given; zeros, which speak for no candidate, where there is none.

        Raises:
            ValueError: it is no base64, or not as many numbers as the embedder's artwork has.
        """
        if self.artwork_i8 is None:
            return np.zeros(shape, np.int8)
        numbers = _signed_bytes(self.artwork_i8, "artwork_i8")
        if numbers.size != math.prod(shape):
            raise ValueError(
                f"artwork_i8 has {numbers.size} numbers, this embedder's has {math.prod(shape)}"
            )
        return numbers.reshape(shape)


def _check_box(box_xyxy: BoxXyxy) -> None:
    left, top, right, bottom = box_xyxy
    if left >= right or top >= bottom:
        raise ValueError("a box goes from its upper left to its lower right corner")


def _signed_bytes(text: str, field: str) -> CellArray:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), np.int8)
    except binascii.Error:
        raise ValueError(f"{field} is not base64") from None


class WitnessIn(Incoming):
    """Another facing of the frame, recognised before."""

    box_xyxy: BoxXyxy
    gtin: Gtin

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_box(self.box_xyxy)
        return self


class RecogniseIn(OptionsIn):
    """A frame whose picture stays where it is."""

    embedder: EmbedderIn
    facings: Annotated[tuple[FacingIn, ...], Field(max_length=MAX_FACINGS)]
    witnesses: Annotated[tuple[WitnessIn, ...], Field(max_length=MAX_FACINGS)] = ()
    """Facings of the frame that are not asked about: their sizes tell the others'."""

    def known(self) -> Witnesses:
        """Give the witnesses."""
        boxes = np.array([each.box_xyxy for each in self.witnesses], np.float32).reshape(-1, 4)
        return Witnesses(boxes, tuple(each.gtin for each in self.witnesses))

    def printed(self) -> tuple[tuple[str, ...], ...]:
        """Give the lines on each facing; empty where none was read at all."""
        lines = tuple(each.printed for each in self.facings)
        return lines if any(lines) else ()

    def likeness(self) -> Clues:
        """Give what pictures said of each facing; empty where none was compared at all."""
        said = tuple(each.likeness for each in self.facings)
        return said if any(said) else ()

    def detections(self) -> Detections:
        """Give the boxes and scores."""
        boxes = np.array([each.box_xyxy for each in self.facings], np.float32).reshape(-1, 4)
        return Detections(boxes, np.array([each.score for each in self.facings], np.float32))

    def embeddings(self, dim: int, artwork_shape: tuple[int, ...] = ()) -> Embeddings:
        """Give the vectors, and the artwork where a facing brings it.

        Args:
            dim: length of a vector where there is none.
            artwork_shape: (C, H, W) of the embedder's; empty where it has none.

        Raises:
            ValueError: a vector or artwork is none, or they differ in length.
        """
        vectors = [each.numbers() for each in self.facings]
        if len({len(each) for each in vectors}) > 1:
            raise ValueError("all vectors have the same length")
        rows = np.stack(vectors) if vectors else np.zeros((0, dim), np.float32)
        made_by = EmbedderId(self.embedder.name, self.embedder.version, self.embedder.sha256)
        if not any(each.artwork_i8 for each in self.facings):
            return Embeddings(rows, made_by)
        if not artwork_shape:
            raise ValueError("this embedder has no artwork: leave artwork_i8 out")
        artwork = np.stack([each.artwork(artwork_shape) for each in self.facings])
        return Embeddings(rows, made_by, artwork)


class AlternativeOut(Outgoing):
    """A product that a facing may be."""

    gtin: str
    similarity: float
    picture_id: int
    name: str | None
    """Of ambiguous facings, so that a person can choose."""
    valid_from: str | None
    valid_until: str | None


class FacingOut(Outgoing):
    """One visible product unit, and what it is."""

    order: int
    """Its place among the facings that were sent, or in reading order for a picture."""
    box_xyxy: tuple[float, float, float, float]
    score: float
    shelf_index: int
    position_index: int
    state: State
    gtin: str | None
    """GTIN-14 when recognised, else null: never a guess."""
    similarity: float
    probability: float
    """That the first alternative is what stands here, all evidence weighed, in [0, 1]."""
    alternatives: tuple[AlternativeOut, ...] | None = None
    evidence: dict[str, float] | None = None
    product: ProductOut | None = None


class FrameOut(Outgoing):
    """One frame, recognised."""

    frame_id: str | None
    session_id: str | None
    width: int | None
    height: int | None
    """Of the upright picture; null where only vectors were sent."""
    models: dict[str, str]
    counts: dict[State, int]
    facings: tuple[FacingOut, ...]
    lines_xyxy: tuple[tuple[float, float, float, float], ...]
    """Front edge of each shelf, left to right."""
    latency_ms: dict[str, float] | None = None


class FeedbackIn(Incoming):
    """A person says what a facing is not, and perhaps what it is."""

    frame_id: Id
    box_xyxy: BoxXyxy
    gtin_given: Gtin | None = None
    """What Facings had said; none where it had said unknown."""
    gtin_corrected: Gtin | None = None
    """What it is; none for only "not this"."""
    session_id: Id | None = None
    embedder: EmbedderIn | None = None
    vector_i8: Annotated[str, StringConstraints(max_length=2 * MAX_DIM)] | None = None
    """The facing's vector, with `embedder`."""
    picture: Annotated[str, StringConstraints(max_length=_MAX_PICTURE)] | None = None
    """Of this facing alone, in base64, where the person wants it to be learned from."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.gtin_given is None and self.gtin_corrected is None:
            raise ValueError(
                "say what it is not (gtin_given), what it is (gtin_corrected), or both"
            )
        if (self.vector_i8 is None) != (self.embedder is None):
            raise ValueError("vector_i8 and embedder come together")
        return self

    def picture_file(self) -> bytes | None:
        """Give the picture's file.

        Raises:
            ValueError: it is no base64.
        """
        if self.picture is None:
            return None
        try:
            return base64.b64decode(self.picture, validate=True)
        except binascii.Error as error:
            raise ValueError(f"picture is no base64: {error}") from None

    def embedding(self) -> Embeddings | None:
        """Give the vector.

        Raises:
            ValueError: it is none.
        """
        if self.vector_i8 is None or self.embedder is None:
            return None
        facing = FacingIn(box_xyxy=(0, 0, 1, 1), vector_i8=self.vector_i8)
        return RecogniseIn(embedder=self.embedder, facings=(facing,)).embeddings(0)


class Created(Outgoing):
    """Something was kept, under this id."""

    id: int
