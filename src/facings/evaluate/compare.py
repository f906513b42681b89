"""Two models on the same frozen sets in one run, and whether they can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from facings.detect import Detector
from facings.embed import Embedder
from facings.errors import AnnotationError
from facings.evaluate.bootstrap import (
    FEWEST_PICTURES,
    Difference,
    Metric,
    Verdict,
    compare_metrics,
    draw_pictures,
)
from facings.evaluate.detection import run_detector
from facings.evaluate.frozen import FrozenSet
from facings.evaluate.picture_scores import detection_metrics, retrieval_metrics
from facings.evaluate.retrieval import evaluate_retrieval
from facings.models import Manifest
from facings.session import Session

Task = Literal["detect", "embed"]
JUDGED_BY: Mapping[Task, str] = {"detect": "f1@0.7", "embed": "hit@1"}
"""The metric that the verdict is about."""
Opened = tuple[Manifest, Session]
Progress = Callable[[str, int, int], None]
"""Told of which set how many pictures of how many are done."""


@dataclass(frozen=True, slots=True)
class SetComparison:
    """Two models of one task on one set."""

    task: Task
    name: str
    sha256: str
    """Of the set: see `FrozenSet`."""
    metrics: Mapping[str, Difference]

    @property
    def verdict(self) -> Verdict:
        """Of the metric that this task is judged by."""
        return self.metrics[JUDGED_BY[self.task]].verdict

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, rounded to what can be told apart."""
        judged = self.metrics[JUDGED_BY[self.task]]
        return {
            "task": self.task,
            "set": self.name,
            "sha256": self.sha256,
            "n": judged.n,
            "metrics": {
                name: {
                    "a": round(each.first, 4),
                    "b": round(each.second, 4),
                    "difference": round(each.difference, 4),
                    "interval": [round(each.low, 4), round(each.high, 4)],
                    "verdict": each.verdict,
                }
                for name, each in self.metrics.items()
            },
            "judged_by": JUDGED_BY[self.task],
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Models A and B on every set that says something about them."""

    models: Mapping[Task, tuple[str, str]]
    """Task to the labels of A and B."""
    sets: tuple[SetComparison, ...]

    @property
    def verdict(self) -> Verdict:
        """Worse where B is worse on any set, better where it is so on some and worse on none."""
        verdicts = {each.verdict for each in self.sets}
        if "worse" in verdicts:
            return "worse"
        return "better" if "better" in verdicts else "not told apart"

    @property
    def too_few(self) -> list[str]:
        """Names of sets of so few pictures that nothing can be said."""
        return [
            each.name
            for each in self.sets
            if each.metrics[JUDGED_BY[each.task]].n < FEWEST_PICTURES
        ]

    def value_of(self, set_name: str, metric: str) -> Difference | None:
        """Look up one metric on one set; None where it was not measured."""
        for each in self.sets:
            if each.name == set_name and metric in each.metrics:
                return each.metrics[metric]
        return None

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "models": {task: {"a": a, "b": b} for task, (a, b) in self.models.items()},
            "sets": [each.to_dict() for each in self.sets],
            "verdict": self.verdict,
        }


def compare_models(
    first: Mapping[Task, Opened],
    second: Mapping[Task, Opened],
    sets: Sequence[FrozenSet],
    *,
    seed: int = 1,
    progress: Progress = lambda _name, _done, _total: None,
) -> ModelComparison:
    """Judge two sets of weights on the same pictures; the second is held against the first.

    Embedders are compared by vectors and artwork; print is not read.

    Args:
        first, second: task to model; tasks that only one of them has are left out.
        seed: of the draws of pictures.

    Raises:
        AnnotationError: no set says anything about a task that both have.
        PictureError: a picture cannot be read.
    """
    found: list[SetComparison] = []
    tasks = [task for task in JUDGED_BY if task in first and task in second]
    for task in tasks:
        for each in sets:
            if each.truths if task == "detect" else each.queries:
                n = len(each.truths) if task == "detect" else len(each.queries)
                metrics = compare_metrics(
                    _score(first[task], task, each, progress),
                    _score(second[task], task, each, progress),
                    draw_pictures(n, seed),
                )
                found.append(SetComparison(task, each.name, each.sha256, metrics))
    if not found:
        raise AnnotationError(
            "none of these sets says anything about what both models do",
            hint="detectors are judged by boxes, embedders by gallery.csv and queries.csv",
        )
    judged = {each.task for each in found}
    labels = {task: (first[task][0].label, second[task][0].label) for task in tasks}
    return ModelComparison(
        {task: pair for task, pair in labels.items() if task in judged}, tuple(found)
    )


def _score(
    opened: Opened, task: Task, judged_on: FrozenSet, progress: Progress
) -> dict[str, Metric]:
    def told(done: int, total: int) -> None:
        progress(judged_on.name, done, total)

    if task == "detect":
        return detection_metrics(run_detector(Detector(*opened), judged_on.truths, told))
    report = evaluate_retrieval(
        judged_on.gallery, judged_on.queries, Embedder(*opened), None, None, told
    )
    return retrieval_metrics(report.ranks)
