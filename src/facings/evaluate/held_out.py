"""Find an index's thresholds from its own pictures, each held out of the gallery in turn.

A picture asks with its product's other pictures in the gallery. Every fourth one asks once more
with none of them, as a product that the catalogue lacks: a fifth of what is asked is unknown.
Another product's picture of the same artwork is held out with it, as its copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from facings.errors import IndexTooSmall
from facings.evaluate.calibration import NO_CLUES, Observation, calibrate, recognised
from facings.rerank import common_name, without_pictures
from facings.retrieve.index import (
    PICTURES_A_PRODUCT,
    SAME_SIMILARITY,
    Calibration,
    VectorIndex,
    best_per_product,
)
from facings.types import Candidate, EmbedderId, Embeddings, FloatArray

MOST_HELD_OUT = 1000
FEWEST_HELD_OUT = 30
_NEAREST = 10
_BATCH = 32
_KNOWN_FOR_ONE_UNKNOWN = 4
_DRAWN_FOR_ONE = 4  # pictures drawn for one that is wanted: some products have no other

BARS = ("accept", "sure")
"""What is found here; weights and sharpness stay."""

Progress = Callable[[int, int], None]


def calibrate_index(
    index: VectorIndex, precision: float, *, seed: int = 0, progress: Progress | None = None
) -> Calibration:
    """Set "accept" and "sure" of an index for a wanted precision, and keep how.

    Only vectors are asked: the index keeps the weights of evidence it has, and has one pair of bars
    from then on, whether pictures are compared or not. Where the precision is
    out of reach, what is returned says how near it comes, and the index keeps all its thresholds.

    Args:
        precision: wanted share of right ones among what is called recognised, in (0, 1].
        seed: of the choice of pictures, where there are more than enough.

    Raises:
        IndexTooSmall: too few products have several pictures.
    """
    stats = index.stats()
    asked = observe_held_out(index, seed=seed, progress=progress)
    known, unknown = asked[::2], asked[1 :: 2 * _KNOWN_FOR_ONE_UNKNOWN]
    found = calibrate([*known, *unknown], precision, without_pictures(stats.thresholds))
    right, wrong = recognised([*known, *unknown], found)
    calibration = Calibration(
        precision=precision,
        reached=right / (right + wrong) if right + wrong else 0.0,
        recognised=round(right / len(known), 4),
        held_out=len(known),
        picture_count=stats.picture_count,
        date=datetime.now(UTC).date().isoformat(),
    )
    if calibration.reached >= precision:
        kept = {
            name: value for name, value in stats.thresholds.items() if common_name(name) not in BARS
        }
        index.set_thresholds(kept | {bar: found[bar] for bar in BARS}, calibration)
    return calibration


def observe_held_out(
    index: VectorIndex, *, seed: int = 0, progress: Progress | None = None
) -> list[Observation]:
    """Hold pictures out one by one: for each what it sees without itself, then without its product.

    Raises:
        IndexTooSmall: too few products have several pictures.
    """
    stats = index.stats()
    observations: list[Observation] = []
    held_out = _choose(index, stats.picture_count, seed)
    for start in range(0, len(held_out), _BATCH):
        portion = held_out[start : start + _BATCH]
        observations += _observe(index, portion, stats.embedder)
        if progress:
            progress(start + len(portion), len(held_out))
    return observations


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """A picture that asks, and the product it shows."""

    picture_id: int
    gtin: str
    vector: FloatArray


def _choose(index: VectorIndex, picture_count: int, seed: int) -> list[_HeldOut]:
    """Draw pictures of products that have several, in one walk through the index."""
    share = min(1.0, _DRAWN_FOR_ONE * MOST_HELD_OUT / max(picture_count, 1))
    generator = np.random.default_rng(seed)
    pictures_of: Counter[str] = Counter()
    drawn: list[_HeldOut] = []
    for batch in index.pictures():
        pictures_of.update(batch.gtins)
        for row in np.flatnonzero(generator.random(len(batch)) < share):
            picture_id, vector = int(batch.picture_ids[row]), batch.embeddings.vectors[row]
            drawn.append(_HeldOut(picture_id, batch.gtins[row], vector))
    several = [each for each in drawn if pictures_of[each.gtin] > 1]
    if len(several) < FEWEST_HELD_OUT:
        raise IndexTooSmall(
            f"{len(several)} pictures are of a product that has another one; calibration takes "
            f"at least {FEWEST_HELD_OUT}",
            hint="add second pictures, best of all photos from a shelf: facings index add GTIN ...",
        )
    chosen = generator.permutation(len(several))[:MOST_HELD_OUT]
    return [several[i] for i in chosen]


def _observe(
    index: VectorIndex, held_out: Sequence[_HeldOut], embedder: EmbedderId
) -> Iterator[Observation]:
    """Ask for each picture, without itself and without its product."""
    for asked, hits in zip(held_out, _hits(index, held_out, embedder), strict=True):
        others = [hit for hit in hits if not _is_copy(hit, asked)]
        strangers = [hit for hit in others if hit.gtin != asked.gtin]
        yield Observation(best_per_product(others, _NEAREST), NO_CLUES, asked.gtin)
        yield Observation(best_per_product(strangers, _NEAREST), NO_CLUES, None)


def _is_copy(hit: Candidate, asked: _HeldOut) -> bool:
    """Say whether a hit is the picture that asks, or the same artwork under another GTIN."""
    if hit.gtin == asked.gtin:
        return hit.picture_id == asked.picture_id
    return hit.similarity >= SAME_SIMILARITY


def _hits(
    index: VectorIndex, held_out: Sequence[_HeldOut], embedder: EmbedderId
) -> list[tuple[Candidate, ...]]:
    """Find so many pictures of each that at least one other product is among them."""
    embeddings = Embeddings(np.stack([each.vector for each in held_out]), embedder)
    limit = _NEAREST * PICTURES_A_PRODUCT
    while True:
        hits = index.nearest_pictures(embeddings, limit)
        crowded = (
            len(found) == limit
            and all(hit.gtin == asked.gtin or _is_copy(hit, asked) for hit in found)
            for asked, found in zip(held_out, hits, strict=True)
        )
        if not any(crowded):
            return hits
        limit *= 4
