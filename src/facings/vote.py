"""Vote: what several answers on one facing say together. A label turns only when they outweigh it.

The web client does the same (web/src/engine/vote.ts, tests/golden/votes.json).
"""

from __future__ import annotations

from collections import defaultdict

from facings.types import Match

REMEMBERED = 5
"""Answers that count, the newest."""
LEAD_TO_TURN = 1.0
"""By how many sure answers another product must lead before a label turns."""


class Votes:
    """The answers on one facing."""

    def __init__(self) -> None:
        self._answers: list[Match] = []
        self.decided: Match | None = None
        """What the answers say; None before the first."""

    @property
    def agreeing(self) -> int:
        """How many of the answers say what was decided."""
        now = self.decided
        return sum(
            now is not None and (each.state, each.gtin) == (now.state, now.gtin)
            for each in self._answers
        )

    def add(self, answer: Match) -> None:
        """Take one more answer."""
        is_first = not self._answers
        self._answers = [*self._answers, answer][-REMEMBERED:]
        self.decided = answer if is_first else self._decide(answer)

    def start_anew(self) -> None:
        """Forget the answers: the label stays until the next, which decides."""
        self._answers = []

    def _decide(self, newest: Match) -> Match:
        weights: dict[str, float] = defaultdict(float)
        for each in self._answers:
            if each.gtin is not None:
                weights[each.gtin] += each.probability
        if not weights:
            unsure = [each for each in self._answers if each.state == "ambiguous"]
            return unsure[-1] if unsure else newest  # which tells more than unknown
        best = max(weights, key=lambda gtin: weights[gtin])
        now = self.decided.gtin if self.decided else None
        if now is not None and weights[best] < weights.get(now, 0.0) + LEAD_TO_TURN:
            best = now
        of_best = [each for each in self._answers if each.gtin == best]
        return of_best[-1] if of_best else self.decided or newest
