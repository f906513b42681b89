"""What a person asks of a product, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from facings.catalogue.profile import Avoided, Diet, Limit, LimitedNutrient, Profile, Traces
from facings.server.schemas.base import Incoming, Outgoing


class AvoidIn(Incoming):
    """One allergen to avoid, by its GS1 code."""

    code: str
    traces: Traces = "avoid"

    @model_validator(mode="after")
    def _known(self) -> Self:
        Avoided(self.code, self.traces)
        return self


class LimitIn(Incoming):
    """The most of a nutrient that 100 g or 100 ml may hold."""

    nutrient: LimitedNutrient
    most: Annotated[float, Field(ge=0)]


class ProfileIn(Incoming):
    """What a person asks of a product. It is used for the answer and not kept."""

    avoid: tuple[AvoidIn, ...] = ()
    diets: tuple[Diet, ...] = ()
    limits: tuple[LimitIn, ...] = ()
    worst_grade: Literal["A", "B", "C", "D", "E"] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.profile()
        return self

    def profile(self) -> Profile:
        """Give it as the value that products are held against.

        Raises:
            ValueError: something is asked twice.
        """
        return Profile(
            tuple(Avoided(each.code, each.traces) for each in self.avoid),
            self.diets,
            tuple(Limit(each.nutrient, each.most) for each in self.limits),
            self.worst_grade,
        )


class ReasonOut(Outgoing):
    """What one wish of a profile came to."""

    outcome: str
    about: str
    words: str


class VerdictOut(Outgoing):
    """Whether a product fits a profile; `fits` is never said on missing data."""

    outcome: Literal["fits", "does_not_fit", "unknown"]
    reasons: tuple[ReasonOut, ...]
