"""Labelling of shelf pictures, as it goes over the wire."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from facings.server.schemas.base import Gtin, Incoming, Outgoing

MAX_BOXES = 2000
Verdict = Literal["named", "unnamed", "nothing"]


class SuggestionOut(Outgoing):
    """A product that look-alikes may be; its picture is at `/v1/products/GTIN/picture`."""

    gtin: str
    gtin_printed: str
    name: str
    similarity: float | None
    """None where it was searched for."""


class AnswerOut(Outgoing):
    """What somebody said of a box."""

    verdict: Verdict
    gtin: str | None


class GroupOut(Outgoing):
    """Facings that look alike: one answer labels all."""

    boxes: tuple[int, ...]
    """Places in the picture's boxes, the most typical first."""
    suggestions: tuple[SuggestionOut, ...]
    need: float
    """How much it needs a person: uncertainty and disagreement, in [0, 2]."""


class LabellingOut(Outgoing):
    """A shelf picture to be labelled."""

    capture: str
    width: int
    height: int
    model: str
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]
    groups: tuple[GroupOut, ...]
    """What needs a person most first."""
    answers: dict[int, AnswerOut]
    """By box; what is not here nobody answered, and nothing is accepted by itself."""


class AnswerIn(Incoming):
    """What stands in boxes of a picture."""

    boxes: Annotated[tuple[int, ...], Field(min_length=1, max_length=MAX_BOXES)]
    verdict: Verdict
    """A named product, a product nobody can name, or no product."""
    gtin: Gtin | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.verdict == "named") != (self.gtin is not None):
            raise ValueError("a named product comes with its gtin, and no other does")
        return self


class QueueRow(Outgoing):
    """A shelf picture in the queue."""

    capture: str
    aisle: str | None
    need: float | None
    """None where no model has looked at it yet."""
    boxes: int | None
    answered: int


class QueueOut(Outgoing):
    """Shelf pictures of a round, what needs a person most first."""

    captures: tuple[QueueRow, ...]


class FoundProducts(Outgoing):
    """Products found by what was typed."""

    products: tuple[SuggestionOut, ...]
