"""Gates: what a model must score before it is published, kept as data.

[[gate]]
set = "../work/fresh-511"     # folder of a frozen set, from this file's folder
metric = "f1@0.7"             # as `facings models compare` names them
least = 0.88                  # never below this
drop = 0.01                   # nor more than this below the one that is in use
better = true                 # told apart from it as better: the interval lies above 0
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from facings.evaluate.bootstrap import Difference
from facings.evaluate.compare import ModelComparison
from facings_train.errors import TrainingRefused

Metric = Literal[
    "precision@0.5", "recall@0.5", "f1@0.5", "precision@0.7", "recall@0.7", "f1@0.7", "ap50",
    "hit@1", "hit@10",
]  # fmt: skip


class Gate(BaseModel):
    """One condition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: Path
    metric: Metric
    least: Annotated[float, Field(ge=0, le=1)] | None = None
    drop: Annotated[float, Field(ge=0, le=1)] | None = None
    better: bool = False

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.least is None and self.drop is None and not self.better:
            raise ValueError("least, drop or better must be given")
        return self


class _Gates(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gate: Annotated[list[Gate], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class GateResult:
    """One condition and what was measured."""

    gate: Gate
    published: float | None
    """Of the model in use; None where there is none."""
    candidate: float
    measured: Difference
    """Of the candidate against the one in use; against itself where there is none."""

    @property
    def complaint(self) -> str | None:
        """What is not good enough, with both numbers; None where it is."""
        what = f"{self.gate.set.name} {self.gate.metric}"
        least, drop = self.gate.least, self.gate.drop
        if least is not None and self.candidate < least:
            return f"{what} is {self.candidate:.4f}, at least {least:.4f} is asked"
        if self.published is None:
            return None
        both = f"{what} is {self.candidate:.4f}, the one in use has {self.published:.4f}"
        fallen = self.published - self.candidate
        if drop is not None and fallen > drop:
            return f"{both}: {fallen:.4f} below, at most {drop:.4f} is allowed"
        if self.gate.better and self.measured.verdict != "better":
            low, high = self.measured.low, self.measured.high
            return f"{both}: {low:+.4f} to {high:+.4f} is not surely above 0"
        return None

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "set": self.gate.set.name,
            "metric": self.gate.metric,
            "least": self.gate.least,
            "drop": self.gate.drop,
            "better": self.gate.better,
            "published": None if self.published is None else round(self.published, 4),
            "candidate": round(self.candidate, 4),
            "holds": self.complaint is None,
        }


def read_gates(file: Path) -> tuple[Gate, ...]:
    """Read the gates of a file; their sets become absolute paths.

    Raises:
        TrainingRefused: it cannot be read, or says something else than gates.
    """
    try:
        found = _Gates.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise TrainingRefused(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise TrainingRefused(f"{file}: {where}: {first['msg']}", hint=_FORM) from error
    except ValueError as error:
        raise TrainingRefused(f"{file} is no TOML: {error}", hint=_FORM) from error
    folder = file.parent.resolve()
    return tuple(
        gate.model_copy(update={"set": (folder / gate.set).resolve()}) for gate in found.gate
    )


def judge(
    gates: Sequence[Gate], comparison: ModelComparison, *, is_first: bool
) -> tuple[GateResult, ...]:
    """Hold each gate against what was measured.

    Args:
        comparison: of the model in use and the candidate, on the gates' sets.
        is_first: nothing is in use: the comparison is of the candidate with itself.

    Raises:
        TrainingRefused: a gate asks for something that its set cannot say.
    """
    results = []
    for gate in gates:
        measured = comparison.value_of(gate.set.name, gate.metric)
        if measured is None:
            raise TrainingRefused(
                f"{gate.set.name} says nothing about {gate.metric}",
                hint="detectors: f1@0.7 and the like on boxes; embedders: hit@1 on queries",
            )
        published = None if is_first else measured.first
        results.append(GateResult(gate, published, measured.second, measured))
    return tuple(results)


_FORM = "gates are [[gate]] tables with set, metric, and least, drop or better"
