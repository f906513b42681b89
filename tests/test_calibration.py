"""What rerank decides by comes out of facings whose products are known."""

import numpy as np
import pytest

from facings.evaluate.calibration import Observation, calibrate, fit_weights, recognised
from facings.rerank import WEIGHTS, rerank
from facings.types import Candidate, Candidates, Evidence

PLAIN = {"sharpness": 40.0} | dict.fromkeys(WEIGHTS, 0.0)


def observation(
    right: float, rival: float, gtin: str | None, misfit: float = 0.0, artwork: float = 0.0
) -> Observation:
    """Product "a" at `right`, "b" at `rival`; "a" misfits by `misfit`, "b" by 0.4."""
    pair = (Candidate("a", right, 1), Candidate("b", rival, 2))
    ranked = tuple(sorted(pair, key=lambda each: -each.similarity))
    clues = {
        "size_misfit": {"a": misfit, "b": 0.4},
        "artwork": {"a": artwork, "b": 0.0},
        "words": {},
    }
    return Observation(ranked, clues, gtin)


def drawn(weight: float, n: int = 3000) -> list[Observation]:
    """Facings whose product is drawn as the model says, artwork worth `weight`."""
    rng = np.random.default_rng(0)
    facings = []
    for _ in range(n):
        first, second, artwork = *rng.uniform(0.4, 0.9, 2), rng.normal(0, 0.2)
        lead = 30 * (first - second + weight * artwork)
        chance = 1 / (1 + np.exp(-lead))
        gtin = "a" if rng.random() < chance else "b"
        facings.append(observation(first, second, gtin, misfit=0.4, artwork=artwork))
    return facings


def test_weights_of_the_model_that_drew_the_facings_are_found() -> None:
    """Sharpness 30, artwork 0.5; size says the same of both and gets nothing."""
    found = fit_weights(drawn(0.5))

    assert found["sharpness"] == pytest.approx(30, rel=0.1)
    assert found["artwork_weight"] == pytest.approx(0.5, rel=0.15)
    assert found["size_weight"] == found["words_weight"] == 0


def test_a_weight_that_is_held_stays_and_the_rest_is_found_beside_it() -> None:
    """Artwork at what it is worth: sharpness comes out the same, size may still be weighed."""
    facings = drawn(0.5)
    held = fit_weights(facings, {"artwork_weight": 0.5})

    assert held["artwork_weight"] == 0.5
    assert held["sharpness"] == pytest.approx(fit_weights(facings)["sharpness"], rel=0.1)
    ties = [observation(0.80, 0.82, "a")] * 20
    assert fit_weights(facings + ties, {"artwork_weight": 0.5})["size_weight"] > 0


def test_size_is_given_weight_when_it_settles_ties() -> None:
    """The right product is second by looks and fits by size."""
    ties = [observation(0.80, 0.82, "a")] * 20 + [observation(0.9, 0.5, "a", misfit=0.4)] * 20

    assert fit_weights(ties)["size_weight"] > 0


def test_evidence_that_misleads_gets_no_weight() -> None:
    """Right by looks, wrong by size: looks decide."""
    misled = [observation(0.90, 0.85, "a", misfit=1.0)] * 20

    assert fit_weights(misled)["size_weight"] == 0


def test_unknown_products_push_the_bar_above_them() -> None:
    """Known facings at 0.9, unknown ones at 0.6: accept lies between."""
    known = [observation(0.9, 0.3, "a")] * 50
    unknown = [observation(0.6, 0.2, None)] * 50

    found = calibrate(known + unknown, 0.98, PLAIN)

    assert recognised(known + unknown, found) == (50, 0)


def test_close_rivals_call_for_being_sure() -> None:
    """Where a lead of 0.02 is wrong half the time, it becomes ambiguous."""
    clear = [observation(0.9, 0.3, "a")] * 50
    coin = [observation(0.80, 0.78, gtin) for gtin in ("a", "b")] * 20

    found = calibrate(clear + coin, 0.98, PLAIN)

    assert found["sure"] > 1 / (1 + np.exp(-40 * 0.02))
    assert recognised(clear + coin, found) == (50, 0)


def test_what_others_are_called_counts_for_the_precision() -> None:
    """Where they are rightly named a coin may be tossed; where half is wrong it may not."""
    clear = [observation(0.9, 0.3, "a")] * 50
    coin = [observation(0.80, 0.78, gtin) for gtin in ("a", "b")] * 20

    lenient = calibrate(clear + coin, 0.98, PLAIN, beside=(2000, 0))
    strict = calibrate(clear + coin, 0.98, PLAIN, beside=(20, 1))

    assert recognised(clear + coin, lenient) == (70, 20)
    assert recognised(clear + coin, strict) == (50, 0)


def test_out_of_reach_precision_gives_the_most_precise_there_is() -> None:
    """Nothing is right: the bar goes up instead of down."""
    hopeless = [observation(0.9, 0.2, "b")] * 10

    assert recognised(hopeless, calibrate(hopeless, 0.98, PLAIN)) == (0, 0)


@pytest.mark.parametrize("thresholds", [(0.3, 0.5), (0.5, 0.8), (0.99, 0.95)])
def test_counting_is_what_reranking_says(thresholds: tuple[float, float]) -> None:
    """Every facing put through `rerank` with both bars, one by one."""
    generator = np.random.default_rng(0)
    observations = [
        observation(*generator.uniform(0.2, 1.0, 2), gtin, *generator.uniform(0, 1, 2))
        for gtin in ("a", "b", None) * 40
    ]
    bars = PLAIN | {"accept": thresholds[0], "sure": thresholds[1], "size_weight": 0.2}
    answers = [
        (match.gtin, each.gtin)
        for each in observations
        for match in rerank(
            Candidates((each.candidates,)),
            Evidence(**{kind: (said,) for kind, said in each.clues.items()}),
            bars,
        )
        if match.state == "recognised"
    ]
    right = sum(said == truth for said, truth in answers)
    assert recognised(observations, bars) == (right, len(answers) - right)
