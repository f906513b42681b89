"""Rerank: candidates and evidence to one honest answer a facing."""

from __future__ import annotations

from collections.abc import Mapping

from facings.types import Candidate, Candidates, Evidence, Match

MAX_MISFIT = 0.5  # size speaks no louder beyond this: a box may simply be cut or merged
MAX_ALTERNATIVES = 5


def rerank(
    candidates: Candidates, evidence: Evidence, thresholds: Mapping[str, float]
) -> tuple[Match, ...]:
    """Say for each facing which product it is, which it may be, or that it is unknown.

    Args:
        candidates: per facing, best first.
        evidence: of the same facings.
        thresholds: stored with the index: `accept` (similarity below which a facing is unknown),
            `margin` (lead over the second product below which it is ambiguous) and `size_weight`
            (similarity taken off for each unit of size misfit).
    """
    return tuple(
        _decide(per_crop, misfit, thresholds)
        for per_crop, misfit in zip(candidates.per_crop, evidence.size_misfit, strict=True)
    )


def _decide(
    candidates: tuple[Candidate, ...], misfit: Mapping[str, float], thresholds: Mapping[str, float]
) -> Match:
    if not candidates:
        return Match("unknown", None, -1.0, ())

    def standing(candidate: Candidate) -> float:
        penalty = min(misfit.get(candidate.gtin, 0.0), MAX_MISFIT)
        return candidate.similarity - thresholds["size_weight"] * penalty

    ranked = sorted(candidates, key=standing, reverse=True)
    best = ranked[0]
    known = {"size_misfit": misfit[best.gtin]} if best.gtin in misfit else {}
    if best.similarity < thresholds["accept"]:
        return Match("unknown", None, best.similarity, tuple(ranked[:MAX_ALTERNATIVES]), known)
    rivals = [
        other for other in ranked[1:] if standing(best) - standing(other) < thresholds["margin"]
    ]
    if rivals:
        close = (best, *rivals)[:MAX_ALTERNATIVES]
        return Match("ambiguous", None, best.similarity, close, known)
    alternatives = tuple(ranked[:MAX_ALTERNATIVES])
    return Match("recognised", best.gtin, best.similarity, alternatives, known)
