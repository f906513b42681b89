"""Intervals over products, against the plain figures they are drawn around."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from facings.evaluate.open_set import area_under_roc

sys.path.insert(0, str(Path(__file__).parent.parent / "evals"))

from scores_by_product import (
    Outcomes,
    folds_by_brand,
    folds_by_product,
    metrics_of,
    over_folds,
    summarise,
)

ONCE = np.ones((1, 4), np.int64)


def outcomes(seed: int = 0, queries: int = 40) -> Outcomes:
    """Four products; what is known scores higher than what is not."""
    rng = np.random.default_rng(seed)
    return Outcomes(
        tuple(f"p{each % 4}" for each in range(queries)),
        rng.integers(1, 4, queries).astype(np.float64),
        rng.normal(1, 1, queries),
        rng.normal(0, 1, queries),
        rng.normal(-1, 1, queries),
    )


def test_each_product_once_is_the_plain_figure():
    """Weights of one change nothing."""
    given = outcomes()
    found = metrics_of(given)
    assert found["hit@1"](ONCE)[0] == pytest.approx((given.ranks == 1).mean())
    assert found["mean average precision"](ONCE)[0] == pytest.approx((1 / given.ranks).mean())
    assert found["auroc"](ONCE)[0] == pytest.approx(area_under_roc(given.known, given.unknown))


def test_the_bar_lets_one_in_a_hundred_unknown_ones_pass():
    """Four of four hundred are above it."""
    given = outcomes(queries=400)
    told = metrics_of(given)["recognised at 1 % false accepts"](ONCE)[0]
    bar = np.sort(given.unknown)[-5]  # four of 400 are above
    assert told == pytest.approx(((given.ranks == 1) & (given.known > bar)).mean())


def test_a_product_drawn_twice_counts_with_all_its_queries():
    """A draw is of products, not of pictures."""
    given = outcomes()
    only_first = np.array([[4, 0, 0, 0]])
    own = given.of(np.array([product == "p0" for product in given.products]))
    assert metrics_of(given)["hit@1"](only_first)[0] == pytest.approx((own.ranks == 1).mean())


def test_intervals_lie_around_their_values():
    """And say of how many queries and products."""
    said = summarise(outcomes())
    value, low, high = said["hit@1"]
    assert low <= value <= high
    assert (said["n"], said["products"]) == (40, 4)


def test_folds_share_no_product_and_no_brand():
    """Two products of one brand part only where products do."""
    brand_of = {"p0": "A", "p1": "A", "p2": "B", "p3": "C"}
    by_product = folds_by_product(list(brand_of), brand_of, 2)
    assert by_product["p0"] != by_product["p1"]
    by_brand = folds_by_brand(list(brand_of), brand_of)
    assert by_brand["p0"] == by_brand["p1"]
    assert len(set(by_brand.values())) == 3
    said = over_folds(outcomes(), by_brand.__getitem__)
    assert said["folds"] == 3
