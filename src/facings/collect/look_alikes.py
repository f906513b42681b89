"""Look-alikes: facings of one picture that one answer labels, and how much each group needs one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facings.embed import Embedder
from facings.rectify import rectify
from facings.types import ByteImage, Candidate, Detections, Facing, FloatArray, Frame

LEAST_SIMILARITY = 0.92
"""Between each member and the group's middle: docs/log.md, 2026-11-27."""
_SUGGESTED = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Facings that look alike."""

    members: tuple[int, ...]
    """Places in the picture's facings, the one most alike to the others first."""
    suggestions: tuple[Candidate, ...]
    """Products they may be, the likeliest of all members first."""
    uncertainty: float
    """Mean nearness of the members' probabilities to one half, in [0, 1]."""
    disagreement: float
    """Share of members whose likeliest product is not the group's, in [0, 1]."""


def group_look_alikes(
    vectors: FloatArray, gtins: Sequence[str | None], least: float = LEAST_SIMILARITY
) -> list[list[int]]:
    """Put (N, D) unit vectors into groups, each near its first member; the largest group first.

    Again and again the vector with the most neighbours that are left leads a group of them.

    Args:
        gtins: (N,) what each was recognised as; two products are never in one group.
    """
    similar = vectors @ vectors.T
    left = np.ones(len(vectors), bool)
    groups = []
    while left.any():
        near = (similar >= least) & left[None, :] & left[:, None]
        np.fill_diagonal(near, left)
        leader = int(near.sum(axis=1).argmax())
        members = np.flatnonzero(near[leader])
        order = members[np.argsort(-similar[leader, members], kind="stable")].tolist()
        group = _of_one_product([leader, *(each for each in order if each != leader)], gtins)
        groups.append(group)
        left[group] = False
    return groups


def _of_one_product(members: Sequence[int], gtins: Sequence[str | None]) -> list[int]:
    """Those that are recognised as what the first recognised one is, or not at all."""
    told = next((gtins[each] for each in members if gtins[each]), None)
    return [each for each in members if gtins[each] in (None, told)]


def vectors_of(image: ByteImage, facings: Sequence[Facing], embedder: Embedder) -> FloatArray:
    """(N, D) of facings in a picture (H, W, 3), as a scan embeds them upright."""
    boxes = np.array([each.box_xyxy for each in facings], np.float32).reshape(-1, 4)
    detections = Detections(boxes, np.array([each.score for each in facings], np.float32))
    return embedder.embed(rectify(Frame(image, "shelf"), detections)).vectors


def queue_of(facings: Sequence[Facing], vectors: FloatArray) -> tuple[Group, ...]:
    """Group the facings of a scan; what needs a person most comes first.

    Args:
        vectors: (N, D) of the facings, in their order.
    """
    gtins = [each.match.gtin for each in facings]
    groups = [_group(members, facings) for members in group_look_alikes(vectors, gtins)]
    return tuple(sorted(groups, key=lambda each: -(each.uncertainty + each.disagreement)))


def _group(members: Sequence[int], facings: Sequence[Facing]) -> Group:
    matches = [facings[each].match for each in members]
    best: dict[str, Candidate] = {}
    for match in matches:
        for each in match.alternatives:
            if each.gtin not in best or best[each.gtin].similarity < each.similarity:
                best[each.gtin] = each
    firsts = Counter(match.likeliest for match in matches if match.likeliest)
    agreed = firsts.most_common(1)[0][1] if firsts else len(members)
    nearness = [1 - abs(2 * match.probability - 1) for match in matches]
    ranked = sorted(best.values(), key=lambda each: (-firsts[each.gtin], -each.similarity))
    return Group(
        tuple(members),
        tuple(ranked[:_SUGGESTED]),
        float(np.mean(nearness)),
        1 - agreed / len(members),
    )
