"""What everything that goes over the wire has in common.

What comes in is refused where it holds a field that is not known: a misspelt wish in a profile
must not make everything fit. What goes out may get more fields later, so its readers ignore them.
GTINs come in any form and go out as GTIN-14. Lengths are pixels of the frame, moments ISO 8601.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from facings.catalogue.gtin import gtin14
from facings.errors import InvalidGtin

MAX_DIM = 1024
"""Longest vector that is taken."""
_MAX_PX = 100_000.0


class Incoming(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Outgoing(BaseModel):
    """What the service answers."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


def _known_gtin(text: str) -> str:
    try:
        return gtin14(text)
    except InvalidGtin as error:
        raise ValueError(error.message) from None


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Gtin = Annotated[str, StringConstraints(max_length=32), AfterValidator(_known_gtin)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]
Coordinate = Annotated[float, Field(ge=-_MAX_PX, le=_MAX_PX)]
BoxXyxy = tuple[Coordinate, Coordinate, Coordinate, Coordinate]


class FieldProblem(Outgoing):
    """What is wrong with one part of a request."""

    pointer: str
    """Where: `body/facings/3/box_xyxy`, `query/limit`."""
    detail: str


class Problem(Outgoing):
    """An error, as RFC 9457 writes it."""

    type: str
    """`urn:facings:problem:` and its kind."""
    title: str
    status: int
    detail: str
    hint: str | None = None
    """What to do."""
    request_id: str | None = None
    """As in the header X-Request-ID and in the service's log."""
    fields: list[FieldProblem] | None = None
