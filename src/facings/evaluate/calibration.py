"""Find what `rerank` decides by, from facings whose products are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.rerank import WEIGHTS, corrections, likelihoods, standings
from facings.types import Candidate

ACCEPTS = tuple(np.round(np.arange(0.30, 1.0, 0.01), 2).tolist())
SURES = tuple(np.round(np.arange(0.50, 1.0, 0.01), 2).tolist())
_ROUNDS = 50  # of Newton's method; it settles within ten
_RIDGE = 1e-3  # keeps weights finite where the facings given are told apart without a mistake

Floats = NDArray[np.float64]
NO_CLUES: Mapping[str, Mapping[str, float]] = {
    "size_misfit": {}, "artwork": {}, "words": {}, "geometry": {}, "detail": {}
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Observation:
    """One facing of a known product, as the stages before `rerank` saw it."""

    candidates: tuple[Candidate, ...]
    """Best first."""
    clues: Mapping[str, Mapping[str, float]]
    """Of `Evidence.of`."""
    gtin: str | None
    """GTIN-14 of the product; None when the gallery does not have it."""

    def answer(self) -> int:
        """Which candidate is right; as many as there are when none is."""
        gtins = [each.gtin for each in self.candidates]
        return gtins.index(self.gtin) if self.gtin in gtins else len(gtins)


def fit_weights(
    observations: Sequence[Observation], held: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Fit `sharpness` and the weight of each kind of evidence by maximum likelihood.

    Newton's method on the conditional logit of `rerank`, whose likelihood has one summit. Evidence
    that would get a negative weight is left out: it misleads or says nothing.

    Args:
        observations: at least one with candidates; some of products that the gallery lacks.
        held: weights that stay as they are, found on the same facings with less evidence: who has
            no more than that, such as a phone, decides by them, too.
    """
    held = held or {}
    choices = [_features(each, held) for each in observations if each.candidates]
    answers = [each.answer() for each in observations if each.candidates]
    said = [any(np.any(x[:, 2 + k]) for x in choices) for k in range(len(WEIGHTS))]
    used = [True, True, *said]
    while True:
        columns = np.flatnonzero(used)
        found = np.zeros(len(used))
        found[columns] = _summit([x[:, columns] for x in choices], answers)
        misleading = [k for k in columns if k >= 2 and found[k] < 0]
        if not misleading:
            break
        used[min(misleading, key=lambda k: float(found[k]))] = False
    sharpness = max(float(found[0]), _RIDGE)
    weights = zip(WEIGHTS, found[2:] / sharpness, strict=True)
    fitted = {name: float(weight) for name, weight in weights}
    return {"sharpness": sharpness, **fitted, **held}


def _features(observation: Observation, held: Mapping[str, float]) -> Floats:
    """(N + 1, 2 + kinds): similarity, "none of these", evidence; the last row is that none.

    What has a weight already counts as similarity.
    """
    weights = np.array([held.get(name, 0.0) for name in WEIGHTS])
    free = np.array([name not in held for name in WEIGHTS])
    n = len(observation.candidates)
    features = np.zeros((n + 1, 2 + len(WEIGHTS)))
    said = corrections(observation.candidates, observation.clues)
    features[:n, 0] = [each.similarity for each in observation.candidates] + said @ weights
    features[n, 1] = 1
    features[:n, 2:] = said * free
    return features


def _summit(choices: Sequence[Floats], answers: Sequence[int]) -> Floats:
    """Coefficients under which the answers are likeliest."""
    found = np.zeros(choices[0].shape[1])
    for _ in range(_ROUNDS):
        slope, bend = -_RIDGE * found, _RIDGE * np.eye(len(found))
        for x, answer in zip(choices, answers, strict=True):
            logits = x @ found
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            mean = chance @ x
            slope = slope + x[answer] - mean
            bend = bend + (x * chance[:, None]).T @ x - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        found = found + step * min(1.0, 10 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    return found


def calibrate(
    observations: Sequence[Observation],
    precision: float,
    weights: Mapping[str, float],
    beside: tuple[int, int] = (0, 0),
) -> dict[str, float]:
    """Choose `accept` and `sure`, and return them with the weights.

    They are the two that recognise most facings rightly while at least `precision` of what is
    called recognised is right; facings the gallery does not know count against it.

    Args:
        observations: at least one; some of products that the gallery lacks.
        precision: wanted, in (0, 1]. When it is out of reach the most precise pair is taken.
        weights: `sharpness` and WEIGHTS, as of `fit_weights`.
        beside: how many others are recognised rightly and wrongly whatever these bars are; they
            count for the precision.
    """
    best: tuple[bool, float, int, int, float, float] = (False, -1.0, 0, 0, 0.0, 0.0)
    standings = [_Standing.of(each, weights) for each in observations if each.candidates]
    for accept in ACCEPTS:
        chance = np.array([each.chance(accept, weights["sharpness"]) for each in standings])
        is_right = np.array([each.is_right for each in standings])
        for sure in SURES:
            called = chance >= sure
            right = beside[0] + int((called & is_right).sum())
            wrong = beside[1] + int((called & ~is_right).sum())
            reached = right / (right + wrong) if right + wrong else 0.0
            good = reached >= precision
            best = max(best, (good, 0.0 if good else reached, right, -wrong, -accept, -sure))
    return {**weights, "accept": -best[4], "sure": -best[5]}


def recognised(
    observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> tuple[int, int]:
    """Count the rightly and the wrongly recognised."""
    standings = [_Standing.of(each, thresholds) for each in observations if each.candidates]
    called = [
        each.is_right
        for each in standings
        if each.chance(thresholds["accept"], thresholds["sharpness"]) >= thresholds["sure"]
    ]
    return sum(called), len(called) - sum(called)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One facing's candidates, all evidence weighed."""

    standing: Floats
    is_right: bool
    """Whether the first of them is the product."""

    @classmethod
    def of(cls, observation: Observation, weights: Mapping[str, float]) -> _Standing:
        """Weigh once for every `accept` and `sure` there may be."""
        standing = standings(observation.candidates, observation.clues, weights)
        return cls(standing, observation.answer() == int(standing.argmax()))

    def chance(self, accept: float, sharpness: float) -> float:
        """Probability of the first one."""
        return float(likelihoods(self.standing, accept, sharpness).max())
