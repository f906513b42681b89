"""How sure a difference between two models is: the paired bootstrap over pictures.

Both models are scored on the same draw of pictures (with replacement), thousands of times; the
middle 95 % of the differences is the interval (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13). A picture drawn twice counts twice: a draw is a weight a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
FEWEST_PICTURES = 5
"""With fewer an interval says nothing: all draws are nearly the same."""

Verdict = Literal["better", "worse", "not told apart"]
Weights = NDArray[np.int64]
"""(R, N): how often each of N pictures is in each of R draws."""
Metric = Callable[[Weights], NDArray[np.float64]]
"""From draws to (R,) scores, higher is better."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the second model scores above the first on the same pictures."""

    first: float
    second: float
    low: float
    """2.5 % of the draws differ by less."""
    high: float
    """2.5 % differ by more."""
    n: int
    """Pictures."""

    @property
    def difference(self) -> float:
        """Second less first."""
        return self.second - self.first

    @property
    def verdict(self) -> Verdict:
        """Whether the second is better for certain, worse for certain, or neither."""
        if self.n >= FEWEST_PICTURES and self.low > 0:
            return "better"
        if self.n >= FEWEST_PICTURES and self.high < 0:
            return "worse"
        return "not told apart"


def draw_pictures(n: int, seed: int, resamples: int = RESAMPLES) -> Weights:
    """Draw `n` of `n` pictures with replacement, `resamples` times; see `Weights`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.int64)


def compare_metrics(
    first: Mapping[str, Metric], second: Mapping[str, Metric], draws: Weights
) -> dict[str, Difference]:
    """Compare two models metric by metric, on the same draws.

    Args:
        first, second: metrics of the two models by the same names.
        draws: of `draw_pictures`.
    """
    once = np.ones((1, draws.shape[1]), np.int64)
    found = {}
    for name in first:
        differences = second[name](draws) - first[name](draws)
        low, high = np.percentile(differences, [2.5, 97.5])
        found[name] = Difference(
            float(first[name](once)[0]),
            float(second[name](once)[0]),
            float(low),
            float(high),
            draws.shape[1],
        )
    return found
