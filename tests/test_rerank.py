"""A facing is recognised, ambiguous or unknown, and never a forced guess."""

from dataclasses import replace

import numpy as np
import pytest

from facings.rerank import corrections, likelihoods, rerank, without_pictures
from facings.types import Candidate, Candidates, Evidence, Match

THRESHOLDS = {
    "accept": 0.7, "sure": 0.8, "sharpness": 40.0,
    "size_weight": 0.2, "artwork_weight": 0.5, "words_weight": 0.1, "geometry_weight": 0.1,
    "detail_weight": 0.1,
}  # fmt: skip
KINDS = ("size_misfit", "artwork", "words", "geometry", "detail")


def answer(similarities: dict[str, float], **clues: dict[str, float]) -> Match:
    """Rerank one facing."""
    ranked = sorted(similarities.items(), key=lambda item: -item[1])
    candidates = tuple(Candidate(gtin, value, i) for i, (gtin, value) in enumerate(ranked))
    kinds = {kind: (clues.get(kind, {}),) for kind in KINDS}
    return rerank(Candidates((candidates,)), Evidence(**kinds), THRESHOLDS)[0]


def test_no_facings_give_no_matches() -> None:
    """Empty in, empty out."""
    assert rerank(Candidates(()), Evidence((), (), ()), THRESHOLDS) == ()


@pytest.mark.parametrize(
    ("similarities", "state", "gtin"),
    [
        ({}, "unknown", None),
        ({"a": 0.69}, "unknown", None),
        ({"a": 0.71}, "unknown", None),
        ({"a": 0.75}, "recognised", "a"),
        ({"a": 0.90, "b": 0.80}, "recognised", "a"),
        ({"a": 0.90, "b": 0.88}, "ambiguous", None),
        ({"a": 0.69, "b": 0.68}, "unknown", None),
        ({"a": 0.71, "b": 0.705}, "ambiguous", None),
    ],
)
def test_state_follows_similarity_and_lead(
    similarities: dict[str, float], state: str, gtin: str | None
) -> None:
    """Below `accept` unknown; recognised where one of several is `sure`, else ambiguous."""
    match = answer(similarities)

    assert (match.state, match.gtin) == (state, gtin)


def test_ambiguous_names_only_the_rivals() -> None:
    """What has hardly a chance is no alternative."""
    match = answer({"a": 0.90, "b": 0.88, "c": 0.60})

    assert [each.gtin for each in match.alternatives] == ["a", "b"]


def test_size_settles_a_tie() -> None:
    """Of two look-alikes the one that is as large as the facing is taken."""
    match = answer({"small": 0.90, "large": 0.91}, size_misfit={"small": 0.02, "large": 0.41})

    assert (match.state, match.gtin) == ("recognised", "small")
    assert match.evidence == {"size_misfit": 0.02}


@pytest.mark.parametrize(
    "clue", [{"artwork": {"tea": 0.6, "mint": 0.8}}, {"words": {"tea": 0.0, "mint": 1.0}}]
)
def test_print_settles_a_tie(clue: dict[str, dict[str, float]]) -> None:
    """Of two flavours the one whose picture or word is seen is taken, against the vector."""
    assert answer({"tea": 0.91, "mint": 0.90}, **clue).gtin == "mint"


def test_missing_evidence_changes_nothing() -> None:
    """Evidence on one candidate alone, or on none, leaves the answer that looks alone give."""
    by_looks = answer({"a": 0.90, "b": 0.80})

    for kind in KINDS:
        assert answer({"a": 0.90, "b": 0.80}, **{kind: {}}) == by_looks
        assert answer({"a": 0.90, "b": 0.80}, **{kind: {"b": 0.4}}).gtin == by_looks.gtin
        assert answer({"a": 0.90, "b": 0.80}, **{kind: {"b": 0.4}}).probability == pytest.approx(
            by_looks.probability
        )


def test_candidates_without_evidence_neither_gain_nor_lose() -> None:
    """Those that evidence speaks of share what it says among themselves."""
    candidates = tuple(Candidate(gtin, 0.9, i) for i, gtin in enumerate("abc"))
    said = corrections(
        candidates, {"size_misfit": {"a": 0.1, "c": 0.5}, "artwork": {}, "words": {"b": 1.0}}
    )

    assert said[:, 0] == pytest.approx([0.2, 0.0, -0.2])
    assert said[:, 1:] == pytest.approx(np.zeros((3, 4)))


@pytest.mark.parametrize("kind", ["geometry", "detail"])
def test_an_index_from_before_pictures_were_compared_decides_without(kind: str) -> None:
    """Its thresholds name no weight of it."""
    before = {name: value for name, value in THRESHOLDS.items() if name != f"{kind}_weight"}
    candidates = Candidates(((Candidate("a", 0.90, 0), Candidate("b", 0.89, 1)),))
    evidence = replace(Evidence(({},), ({},), ({},)), **{kind: ({"a": 0.0, "b": 3.0},)})

    assert rerank(candidates, evidence, before)[0].state == "ambiguous"
    assert rerank(candidates, evidence, THRESHOLDS)[0].gtin == "b"


def test_facings_without_pictures_are_decided_by_what_is_their_own() -> None:
    """Bars and weights, where there are any; nothing else changes."""
    others = {"accept": 0.6, "sure": 0.5, "sharpness": 20.0, "size_weight": 0.3}
    own = {f"{name}_without_pictures": value for name, value in others.items()}

    assert without_pictures(THRESHOLDS) == THRESHOLDS
    assert without_pictures(THRESHOLDS | own | {"sure_by_blocks": 0.9}) == THRESHOLDS | others
    assert without_pictures({}) == {}


@pytest.mark.parametrize(
    ("bars", "states"),
    [
        ({"accept_without_pictures": 2.0}, ["recognised", "unknown", "unknown"]),
        ({"accept_by_blocks": 2.0}, ["recognised", "unknown", "recognised"]),
        (
            {"accept_without_pictures": 2.0, "accept_by_blocks": 0.5},
            ["recognised", "recognised", "unknown"],
        ),
    ],
)
def test_facings_are_decided_by_bars_for_what_was_compared(
    bars: dict[str, float], states: list[str]
) -> None:
    """Three of one look: points were compared of the first, blocks of the second, of the last none.

    Blocks have what is without pictures where they have nothing of their own.
    """
    one = (Candidate("a", 0.90, 0), Candidate("b", 0.40, 1))
    said = {"a": 0.5, "b": 0.5}
    evidence = Evidence(*[({},) * 3] * 3, geometry=(said, {}, {}), detail=(said, said, {}))

    found = rerank(Candidates((one,) * 3), evidence, THRESHOLDS | bars)
    assert [each.state for each in found] == states


def test_likelihoods_are_a_softmax_with_none_of_these() -> None:
    """The formula written out."""
    standing = np.array([0.9, 0.85, 0.2])
    odds = np.exp(40 * standing)

    assert likelihoods(standing, 0.7, 40) == pytest.approx(odds / (odds.sum() + np.exp(40 * 0.7)))


def test_far_from_everything_is_no_overflow() -> None:
    """Nothing near, sharply: chances of zero, not warnings."""
    assert likelihoods(np.array([-1.0, -1.0]), 1.0, 5000.0).max() < 1e-200
