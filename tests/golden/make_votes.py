"""Write votes.json and looks.json anew: what votes and looks say, for Python and TypeScript alike.

    .venv/bin/python tests/golden/make_votes.py

Look at the difference before committing it; tests/test_vote.py says in words what must hold.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from facings.looks import Looks
from facings.types import Match, State
from facings.vote import Votes

Answer = tuple[State, str | None, float] | None
"""State, product and probability; None is where it is seen much better and starts anew."""

VOTES: dict[str, list[Answer]] = {
    "nobody answers": [],
    "one answer decides": [("recognised", "A", 0.7)],
    "a single contrary answer turns nothing": [
        ("recognised", "A", 0.9),
        ("recognised", "B", 0.9),
    ],
    "contrary answers turn it when they outweigh": [
        ("recognised", "A", 0.9),
        *[("recognised", "B", 0.9)] * 3,
    ],
    "an unsure answer keeps the name": [
        ("recognised", "A", 0.9),
        ("ambiguous", None, 0.5),
        ("unknown", None, 0.1),
    ],
    "ambiguous tells more than unknown": [
        ("unknown", None, 0.1),
        ("ambiguous", None, 0.5),
        ("unknown", None, 0.1),
    ],
    "the first name ends doubt": [("ambiguous", None, 0.5), ("recognised", "A", 0.8)],
    "old answers are forgotten": [
        *[("recognised", "A", 0.9)] * 5,
        *[("recognised", "B", 0.9)] * 5,
    ],
    "what is seen better is decided anew": [
        *[("recognised", "A", 0.9)] * 3,
        None,
        ("recognised", "B", 0.7),
    ],
    "starting anew keeps the label until then": [("recognised", "A", 0.9), None],
}


def _match(answer: tuple[State, str | None, float]) -> Match:
    state, gtin, probability = answer
    return Match(state, gtin, 0.8, probability, ())


def _votes_case(name: str, answers: list[Answer]) -> dict[str, object]:
    votes, steps = Votes(), []
    for answer in answers:
        if answer is None:
            votes.start_anew()
        else:
            votes.add(_match(answer))
        now = votes.decided
        said = {"state": now.state, "gtin": now.gtin} if now else None
        steps.append({"answer": answer, "decided": said, "agreeing": votes.agreeing})
    return {"name": name, "steps": steps}


def _looks_case(name: str, areas_px: list[float], seed: int) -> dict[str, object]:
    random = np.random.default_rng(seed)
    looks, steps = Looks(), []
    for area_px in areas_px:
        vector = random.integers(-90, 90, 8).astype(np.int8)
        artwork = random.integers(-90, 90, (3, 2, 2)).astype(np.int8)
        looks.add(vector.astype(np.float32), artwork, area_px)
        whole = looks.artwork
        assert whole is not None
        steps.append(
            {
                "area_px": area_px,
                "vector": vector.tolist(),
                "artwork": artwork.reshape(-1).tolist(),
                "count": looks.count,
                "fused": np.rint(looks.vector * 127).astype(int).tolist(),
                "fused_artwork": whole.reshape(-1).tolist(),
            }
        )
    return {"name": name, "channels": 3, "steps": steps}


if __name__ == "__main__":
    folder = Path(__file__).parent
    looks = [
        _looks_case("one look is itself", [900.0], 1),
        _looks_case("looks of one size weigh the same", [900.0, 900.0, 900.0], 2),
        _looks_case("a larger look weighs more", [900.0, 1500.0], 3),
        _looks_case("one from much nearer begins anew", [900.0, 900.0, 1800.0, 1700.0], 4),
    ]
    votes = [_votes_case(name, answers) for name, answers in VOTES.items()]
    for name, cases in (("votes", votes), ("looks", looks)):
        (folder / f"{name}.json").write_text(json.dumps({"cases": cases}) + "\n")
