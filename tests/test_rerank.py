"""A facing is recognised, ambiguous or unknown, and never a forced guess."""

import pytest

from facings.rerank import rerank
from facings.types import Candidate, Candidates, Evidence, Match

THRESHOLDS = {"accept": 0.7, "margin": 0.05, "size_weight": 0.2}


def answer(similarities: dict[str, float], misfit: dict[str, float] | None = None) -> Match:
    """Rerank one facing."""
    ranked = sorted(similarities.items(), key=lambda item: -item[1])
    candidates = tuple(Candidate(gtin, value, i) for i, (gtin, value) in enumerate(ranked))
    return rerank(Candidates((candidates,)), Evidence((misfit or {},)), THRESHOLDS)[0]


def test_no_facings_give_no_matches() -> None:
    """Empty in, empty out."""
    assert rerank(Candidates(()), Evidence(()), THRESHOLDS) == ()


@pytest.mark.parametrize(
    ("similarities", "state", "gtin"),
    [
        ({}, "unknown", None),
        ({"a": 0.69}, "unknown", None),
        ({"a": 0.71}, "recognised", "a"),
        ({"a": 0.90, "b": 0.80}, "recognised", "a"),
        ({"a": 0.90, "b": 0.87}, "ambiguous", None),
        ({"a": 0.69, "b": 0.40}, "unknown", None),
    ],
)
def test_state_follows_similarity_and_lead(
    similarities: dict[str, float], state: str, gtin: str | None
) -> None:
    """Below `accept` unknown; with a rival within `margin` ambiguous."""
    match = answer(similarities)

    assert (match.state, match.gtin) == (state, gtin)


def test_ambiguous_names_only_the_rivals() -> None:
    """What is clearly further away is no alternative."""
    match = answer({"a": 0.90, "b": 0.87, "c": 0.60})

    assert [each.gtin for each in match.alternatives] == ["a", "b"]


def test_size_settles_a_tie() -> None:
    """Of two look-alikes the one that is as large as the facing is taken."""
    match = answer({"small": 0.90, "large": 0.91}, {"small": 0.02, "large": 0.41})

    assert (match.state, match.gtin) == ("recognised", "small")
    assert match.evidence == {"size_misfit": 0.02}


def test_missing_evidence_changes_nothing() -> None:
    """Without measures the answer is the one that looks alone give."""
    assert answer({"a": 0.90, "b": 0.80}, {}) == answer({"a": 0.90, "b": 0.80})
