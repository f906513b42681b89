"""Progress of a field session: what is covered aisle by aisle, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from facings.collect.field import Capture, Session

Part = Literal["far", "near", "products"]


@dataclass(frozen=True, slots=True)
class AisleProgress:
    """What there is of one aisle; pictures with a fault do not count."""

    aisle: str
    """Empty for what was captured without one."""
    far: int
    """Pictures of whole bays."""
    near: int
    """Pictures of a few facings."""
    products: int
    """Bound to a GTIN."""

    @property
    def missing(self) -> tuple[Part, ...]:
        """What there is none of."""
        return tuple(part for part in get_args(Part) if getattr(self, part) == 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one session is."""

    captures: int
    products: int
    again: tuple[Capture, ...]
    """Captures with a fault, to be taken again."""
    aisles: tuple[AisleProgress, ...]
    """Those that are to be covered first."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Aisles without any picture of their shelves."""
        return tuple(each.aisle for each in self.aisles if each.aisle and each.far + each.near == 0)


def progress_of(session: Session, captures: Sequence[Capture]) -> Progress:
    """Count what was captured."""
    seen = dict.fromkeys([*session.aisles, *(each.aisle or "" for each in captures)])
    return Progress(
        captures=len(captures),
        products=len({each.gtin for each in captures if each.gtin}),
        again=tuple(each for each in captures if each.faults),
        aisles=tuple(
            _aisle(name, [each for each in captures if (each.aisle or "") == name]) for name in seen
        ),
    )


def _aisle(name: str, captures: Sequence[Capture]) -> AisleProgress:
    fit = [each for each in captures if not each.faults]
    return AisleProgress(
        name,
        far=sum(each.kind == "shelf far" for each in fit),
        near=sum(each.kind == "shelf near" for each in fit),
        products=len({each.gtin for each in fit if each.gtin and each.kind == "product"}),
    )
