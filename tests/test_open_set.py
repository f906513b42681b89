"""Known products are told from unknown ones, against slow and obvious counts."""

from __future__ import annotations

import numpy as np
import pytest

from facings.evaluate.open_set import area_under_roc, score_open_set
from facings.types import Candidate, Candidates
from galleries import THRESHOLDS


def candidates_of(*queries: dict[str, float]) -> Candidates:
    """Nearest products of each query."""
    return Candidates(
        tuple(
            tuple(Candidate(name, s, i) for i, (name, s) in enumerate(each.items()))
            for each in queries
        )
    )


def test_no_queries_have_no_scores() -> None:
    """Nor has a gallery of one product: without it there is nothing to be taken for it."""
    assert score_open_set(Candidates(()), [], (), THRESHOLDS) is None
    assert score_open_set(candidates_of({"a": 0.9}), ["a"], ({},), THRESHOLDS) is None


def test_area_is_the_share_of_pairs_in_order() -> None:
    """Every pair looked at, ties half."""
    rng = np.random.default_rng(0)
    known, unknown = rng.integers(0, 9, 40) / 9, rng.integers(0, 7, 30) / 9
    pairs = [1.0 if k > u else 0.5 if k == u else 0.0 for k in known for u in unknown]

    assert area_under_roc(known, unknown) == pytest.approx(np.mean(pairs))


def test_what_is_far_from_everything_else_is_told_from_strangers() -> None:
    """Own product at 0.9, the next at 0.2: known and unknown do not overlap."""
    report = score_open_set(
        candidates_of({"a": 0.9, "b": 0.2}, {"b": 0.9, "a": 0.2}), ["a", "b"], ({}, {}), THRESHOLDS
    )

    assert report is not None
    assert (report.auroc, report.recognised) == (1.0, 1.0)


def test_a_wrong_first_product_is_not_recognised_however_sure() -> None:
    """The score is as high as it gets, of another product."""
    report = score_open_set(
        candidates_of({"b": 0.95, "a": 0.3}, {"b": 0.9, "a": 0.2}), ["a", "b"], ({}, {}), THRESHOLDS
    )

    assert report is not None
    assert report.recognised <= 0.5


def test_artwork_counts() -> None:
    """The vector prefers "b"; what is printed says "a"."""
    ask = candidates_of({"b": 0.70, "a": 0.69, "c": 0.1})

    plain = score_open_set(ask, ["a"], ({},), THRESHOLDS)
    seen = score_open_set(ask, ["a"], ({"a": 0.9, "b": 0.5},), THRESHOLDS)

    assert plain is not None
    assert seen is not None
    assert (plain.recognised, seen.recognised) == (0.0, 1.0)
