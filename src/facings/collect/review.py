"""Review: boxes a model proposed, held against what people made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facings.geometry import box_iou
from facings.types import FloatArray

Provenance = Literal["model", "edited", "human"]
KINDS = ("accepted", "adjusted", "deleted", "added")

_SAME_PX = 1.0  # a box whose corners all moved less was left as it was
_EDITED_IOU = 0.5  # below it, a box was drawn anew


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of the proposals of one picture."""

    provenance: tuple[Provenance, ...]
    """(N,) of each box that people left: as the model had it, moved, or drawn."""
    proposal: tuple[int | None, ...]
    """(N,) which proposal each comes from."""
    deleted: tuple[int, ...]
    """Proposals that are gone."""

    def counts(self) -> Counter[str]:
        """Proposals accepted, adjusted and deleted, and boxes added."""
        kinds = Counter(self.provenance)
        return Counter(
            accepted=kinds["model"],
            adjusted=kinds["edited"],
            added=kinds["human"],
            deleted=len(self.deleted),
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike two people's boxes of one picture are."""

    matched: int
    only_first: int
    only_second: int
    mean_iou: float
    """Of matched boxes, in [0, 1]; 1 where there are none."""
    kappa: float
    """Cohen's, of the labels of matched boxes; 1 where they all agree."""


def review(
    proposed_xyxy: FloatArray, final_xyxy: FloatArray, accepted_iou: float | None = None
) -> Reviewed:
    """Say where each final box comes from; each proposal becomes one box at most.

    Args:
        proposed_xyxy: (M, 4) as they were pushed.
        final_xyxy: (N, 4) as they came back.
        accepted_iou: overlap from which a box counts as left alone, where the final boxes were not
            made from these proposals; None asks for the same corners.
    """
    origin: list[int | None] = [None] * len(final_xyxy)
    kinds: list[Provenance] = ["human"] * len(final_xyxy)
    for one, other, iou in _pairs(final_xyxy, proposed_xyxy):
        origin[one] = other
        moved = float(np.abs(final_xyxy[one] - proposed_xyxy[other]).max())
        same = moved < _SAME_PX if accepted_iou is None else iou >= accepted_iou
        kinds[one] = "model" if same else "edited"
    gone = sorted(set(range(len(proposed_xyxy))) - {each for each in origin if each is not None})
    return Reviewed(tuple(kinds), tuple(origin), tuple(gone))


def agreement(
    first_xyxy: FloatArray,
    first_labels: Sequence[str],
    second_xyxy: FloatArray,
    second_labels: Sequence[str],
) -> Agreement:
    """Compare two people's boxes (N, 4) and (M, 4) of one picture, and their labels."""
    pairs = _pairs(first_xyxy, second_xyxy)
    labels = [(first_labels[one], second_labels[other]) for one, other, _ in pairs]
    return Agreement(
        matched=len(pairs),
        only_first=len(first_xyxy) - len(pairs),
        only_second=len(second_xyxy) - len(pairs),
        mean_iou=float(np.mean([iou for *_, iou in pairs])) if pairs else 1.0,
        kappa=cohens_kappa(labels),
    )


def cohens_kappa(labels: Sequence[tuple[str, str]]) -> float:
    """Agreement of two labellers beyond chance (Cohen 1960); 1 of nothing, or of one label."""
    if not labels:
        return 1.0
    n = len(labels)
    observed = sum(one == other for one, other in labels) / n
    firsts, seconds = Counter(one for one, _ in labels), Counter(other for _, other in labels)
    by_chance = sum(firsts[label] * seconds[label] for label in firsts) / n**2
    return 1.0 if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def uncertainty(scores: FloatArray) -> float:
    """How much a picture needs a person, in [0, 1]: mean nearness of its scores to one half."""
    return float(np.mean(1 - np.abs(2 * scores - 1))) if len(scores) else 1.0


def disagreement(one_xyxy: FloatArray, other_xyxy: FloatArray) -> float:
    """Share of the boxes of two (N, 4) and (M, 4) that have no partner in the other, in [0, 1]."""
    boxes = len(one_xyxy) + len(other_xyxy)
    return 1 - 2 * len(_pairs(one_xyxy, other_xyxy)) / boxes if boxes else 0.0


def _pairs(one_xyxy: FloatArray, other_xyxy: FloatArray) -> list[tuple[int, int, float]]:
    """Match boxes one to one, the most overlapping first."""
    overlaps = box_iou(one_xyxy, other_xyxy)
    rows, columns = np.nonzero(overlaps >= _EDITED_IOU)
    order = np.argsort(-overlaps[rows, columns], kind="stable")
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken[0] and column not in taken[1]:
            taken[0].add(row)
            taken[1].add(column)
            pairs.append((row, column, float(overlaps[row, column])))
    return pairs
