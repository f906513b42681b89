"""Rerank: candidates and evidence to one honest answer a facing.

A conditional logit (McFadden, 1974): each candidate stands at its similarity, corrected by what
the evidence says, and "none of these" stands at the bar `accept`. Their softmax is how likely each
is. Where a kind of evidence says nothing of a candidate, it corrects nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from facings.types import Candidate, Candidates, Evidence, Match

MAX_ALTERNATIVES = 5
A_CHANCE = 0.05  # probability from which a product is worth asking a person about
WEIGHTS = (
    "size_weight", "artwork_weight", "words_weight", "geometry_weight", "detail_weight",
)  # fmt: skip

WITHOUT_PICTURES = "_without_pictures"
"""Ends the names of what facings are decided by that no pictures were compared for: what pictures
tell need not be told by artwork once more."""
BY_BLOCKS = "_by_blocks"
"""And of those that pictures were compared for without points, as on a phone: what these have none
of is as without pictures."""


def without_pictures(thresholds: Mapping[str, float]) -> dict[str, float]:
    """Put in place what facings are decided by that no pictures were compared for.

    What an index has only one of, such as bars that it found by itself, holds for all.
    """
    return _in_place(thresholds, WITHOUT_PICTURES)


def common_name(name: str) -> str:
    """Give a threshold's name without its ending."""
    return name.removesuffix(WITHOUT_PICTURES).removesuffix(BY_BLOCKS)


def is_compared(clues: Mapping[str, Mapping[str, float]]) -> bool:
    """Say whether pictures were compared for a facing of such evidence."""
    return bool(clues["geometry"] or clues["detail"])


def deciding(
    thresholds: Mapping[str, float], clues: Mapping[str, Mapping[str, float]]
) -> Mapping[str, float]:
    """Choose what a facing of such evidence is decided by."""
    if clues["geometry"]:
        return thresholds
    return _in_place(thresholds, WITHOUT_PICTURES, *([BY_BLOCKS] if clues["detail"] else []))


def _in_place(thresholds: Mapping[str, float], *endings: str) -> dict[str, float]:
    """Common names, each with the value of the last of these endings that it has one of."""
    found = {name: value for name, value in thresholds.items() if name == common_name(name)}
    for ending in endings:
        own = [name for name in thresholds if name.endswith(ending)]
        found |= {name.removesuffix(ending): thresholds[name] for name in own}
    return found


def rerank(
    candidates: Candidates, evidence: Evidence, thresholds: Mapping[str, float]
) -> tuple[Match, ...]:
    """Say for each facing which product it is, which it may be, or that it is unknown.

    Args:
        candidates: per facing, best first.
        evidence: of the same facings.
        thresholds: stored with the index: `accept` (standing of "none of these"), `sure`
            (probability from which a facing is recognised), `sharpness` (logits a unit of
            similarity) and each of WEIGHTS (similarity a unit of that evidence is worth; nothing
            where an index from before has no such weight); of each perhaps others for facings that
            no pictures were compared for, or by blocks: see WITHOUT_PICTURES and BY_BLOCKS.
    """
    said = map(evidence.of, range(len(candidates)))
    return tuple(
        _decide(per_crop, clues, deciding(thresholds, clues))
        for per_crop, clues in zip(candidates.per_crop, said, strict=True)
    )


def corrections(
    candidates: tuple[Candidate, ...], clues: Mapping[str, Mapping[str, float]]
) -> NDArray[np.float64]:
    """(N, kinds) what evidence of WEIGHTS, in their order, says for each candidate, unweighted.

    Counted from the mean of those that evidence speaks of: the others neither gain nor lose.
    """
    misfit = {gtin: -value for gtin, value in clues["size_misfit"].items()}
    said = np.zeros((len(candidates), len(WEIGHTS)))
    others = [clues.get(name, {}) for name in ("artwork", "words", "geometry", "detail")]
    for kind, of_gtin in enumerate((misfit, *others)):
        spoken = [i for i, each in enumerate(candidates) if each.gtin in of_gtin]
        values = np.array([of_gtin[candidates[i].gtin] for i in spoken])
        if spoken:
            said[spoken, kind] = values - values.mean()
    return said


def standings(
    candidates: tuple[Candidate, ...],
    clues: Mapping[str, Mapping[str, float]],
    thresholds: Mapping[str, float],
) -> NDArray[np.float64]:
    """(N,) similarity of each candidate, corrected by weighted evidence."""
    similarity = np.array([each.similarity for each in candidates])
    weights = np.array([thresholds.get(name, 0.0) for name in WEIGHTS])
    return np.asarray(similarity + corrections(candidates, clues) @ weights)


def _decide(
    candidates: tuple[Candidate, ...],
    clues: Mapping[str, Mapping[str, float]],
    thresholds: Mapping[str, float],
) -> Match:
    if not candidates:
        return Match("unknown", None, -1.0, 0.0, ())
    standing = standings(candidates, clues, thresholds)
    chance = likelihoods(standing, thresholds["accept"], thresholds["sharpness"])
    order = np.argsort(-chance, kind="stable")
    ranked = tuple(candidates[i] for i in order[:MAX_ALTERNATIVES])
    best, probability = ranked[0], float(chance[order[0]])
    said = {name: of_crop[best.gtin] for name, of_crop in clues.items() if best.gtin in of_crop}
    if probability >= thresholds["sure"]:
        return Match("recognised", best.gtin, best.similarity, probability, ranked, said)
    possible = ranked[: int((chance >= A_CHANCE).sum())]
    if len(possible) > 1 and standing[order[0]] >= thresholds["accept"]:
        return Match("ambiguous", None, best.similarity, probability, possible, said)
    return Match("unknown", None, best.similarity, probability, ranked, said)


def likelihoods(
    standing: NDArray[np.float64], accept: float, sharpness: float
) -> NDArray[np.float64]:
    """(N,) probability of each candidate beside "none of these", which stands at `accept`."""
    lead = sharpness * (standing - standing.max())
    odds = np.exp(lead)
    none = np.exp(min(sharpness * (accept - standing.max()), 700.0))
    return np.asarray(odds / (odds.sum() + none))
