"""Thresholds come out of facings whose products are known."""

import numpy as np
import pytest

from facings.evaluate.calibration import Observation, calibrate, recognised
from facings.rerank import rerank
from facings.types import Candidate, Candidates, Evidence


def observation(right: float, rival: float, gtin: str | None, misfit: float = 0.0) -> Observation:
    """Product "a" at `right`, product "b" at `rival`; "a" misfits its size by `misfit`."""
    pair = (Candidate("a", right, 1), Candidate("b", rival, 2))
    ranked = tuple(sorted(pair, key=lambda each: -each.similarity))
    return Observation(ranked, {"a": misfit, "b": 0.4}, gtin)


def test_unknown_products_push_the_bar_above_them() -> None:
    """Known facings at 0.9, unknown ones at 0.6: accept lies between."""
    known = [observation(0.9, 0.3, "a")] * 50
    unknown = [observation(0.6, 0.2, None)] * 50

    assert 0.6 < calibrate(known + unknown, 0.98)["accept"] <= 0.9


def test_close_rivals_call_for_a_margin() -> None:
    """Where a lead of 0.02 is wrong half the time, it becomes ambiguous."""
    sure = [observation(0.9, 0.3, "a")] * 50
    coin = [observation(0.80, 0.78, gtin, 0.4) for gtin in ("a", "b")] * 20

    assert calibrate(sure + coin, 0.98)["margin"] > 0.02


def test_size_is_given_weight_when_it_settles_ties() -> None:
    """The right product is second by looks and fits by size."""
    ties = [observation(0.80, 0.82, "a")] * 20

    assert calibrate(ties, 0.98)["size_weight"] > 0


def test_size_gets_no_weight_where_it_misleads() -> None:
    """Right by looks, wrong by size: looks decide."""
    misled = [observation(0.90, 0.85, "a", misfit=1.0)] * 20

    assert calibrate(misled, 0.98)["size_weight"] == 0


def test_out_of_reach_precision_gives_the_most_precise_there_is() -> None:
    """Nothing is right: the bar goes up instead of down."""
    hopeless = [observation(0.9, 0.2, "b")] * 10

    assert calibrate(hopeless, 0.98)["accept"] > 0.3


@pytest.mark.parametrize("thresholds", [(0.3, 0.0), (0.5, 0.05), (0.99, 0.12)])
def test_counting_is_what_reranking_says(thresholds: tuple[float, float]) -> None:
    """Every facing put through `rerank` with both bars, one by one."""
    generator = np.random.default_rng(0)
    observations = [
        observation(*generator.uniform(0.2, 1.0, 2), gtin, generator.uniform(0, 1))
        for gtin in ("a", "b", None) * 40
    ]
    bars = {"accept": thresholds[0], "margin": thresholds[1], "size_weight": 0.2}
    answers = [
        (match.gtin, each.gtin)
        for each in observations
        for match in rerank(Candidates((each.candidates,)), Evidence((each.size_misfit,)), bars)
        if match.state == "recognised"
    ]
    right = sum(said == truth for said, truth in answers)
    assert recognised(observations, bars) == (right, len(answers) - right)
