"""Looks and answers on one facing say one thing; the web client passes the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facings.looks import Looks
from facings.types import Match
from facings.vote import Votes

GOLDEN = Path(__file__).parent / "golden"
VOTES = {case["name"]: case for case in json.loads((GOLDEN / "votes.json").read_text())["cases"]}
LOOKS = {case["name"]: case for case in json.loads((GOLDEN / "looks.json").read_text())["cases"]}


def last(name: str) -> dict[str, object]:
    """Say what the votes of a case decided in the end."""
    return VOTES[name]["steps"][-1]["decided"]


@pytest.mark.parametrize("name", VOTES)
def test_every_golden_vote_is_as_it_was(name: str):
    """Decision and agreement after every answer."""
    votes = Votes()
    for step in VOTES[name]["steps"]:
        if step["answer"] is None:
            votes.start_anew()
        else:
            state, gtin, probability = step["answer"]
            votes.add(Match(state, gtin, 0.8, probability, ()))
        assert votes.decided is not None
        decided = {"state": votes.decided.state, "gtin": votes.decided.gtin}
        assert (decided, votes.agreeing) == (step["decided"], step["agreeing"])


def test_no_answer_decides_nothing():
    """Nothing is known before somebody said something."""
    assert Votes().decided is None


@pytest.mark.parametrize(
    ("name", "gtin"),
    [
        ("one answer decides", "A"),
        ("a single contrary answer turns nothing", "A"),
        ("contrary answers turn it when they outweigh", "B"),
        ("an unsure answer keeps the name", "A"),
        ("ambiguous tells more than unknown", None),
        ("the first name ends doubt", "A"),
        ("old answers are forgotten", "B"),
        ("what is seen better is decided anew", "B"),
        ("starting anew keeps the label until then", "A"),
    ],
)
def test_labels_hold_and_turn(name: str, gtin: str | None):
    """Through contrary and unsure answers, and when a facing is seen much better."""
    assert last(name)["gtin"] == gtin


@pytest.mark.parametrize("name", LOOKS)
def test_every_golden_look_is_as_it_was(name: str):
    """Mean direction and artwork after every look, to the last digit."""
    looks = Looks()
    for step in LOOKS[name]["steps"]:
        vector = np.array(step["vector"], np.float32)
        artwork = np.array(step["artwork"], np.int8).reshape(3, 2, 2)
        looks.add(vector, artwork, step["area_px"])
        assert looks.count == step["count"]
        assert np.rint(looks.vector * 127).tolist() == step["fused"]
        assert looks.artwork is not None
        assert looks.artwork.reshape(-1).tolist() == step["fused_artwork"]


def test_nobody_looked_yet():
    """There is no direction to tell."""
    with pytest.raises(ValueError, match="looked at before"):
        _ = Looks().vector


def test_the_mean_of_noisy_looks_is_nearer_than_each():
    """What is noise in one crop is not in the next."""
    random = np.random.default_rng(0)
    true = random.normal(size=256)
    true /= np.linalg.norm(true)
    looks, alone = Looks(), []
    for _ in range(4):
        seen = true + random.normal(0, 0.04, 256)
        seen /= np.linalg.norm(seen)
        alone.append(float(seen @ true))
        looks.add(seen.astype(np.float32), None, 100.0)
    assert float(looks.vector @ true) > max(alone)
    assert looks.artwork is None
