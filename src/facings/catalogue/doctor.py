"""Doctor: what in a gallery will make scans ambiguous or wrong, found without any scan.

Every picture asks for its nearest ones, as a facing would. The bars are the index's own: what
lies within its margin of a perfect match would be called ambiguous even of the catalogue
picture itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from facings.catalogue.records import Records
from facings.retrieve.index import SAME_SIMILARITY, VectorIndex
from facings.scope import GalleryBatch
from facings.types import Candidate

_NEIGHBOURS = 3
_LIMIT = 32
_BATCH = 32
_MARGIN = 0.04  # where an index has no thresholds
_ACCEPT = 0.68

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SamePicture:
    """One file that is a picture of several products."""

    gtins: tuple[str, ...]
    """GTIN-14, ascending."""
    picture_ids: tuple[int, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two pictures of different products that show the same artwork."""

    gtins: tuple[str, str]
    picture_ids: tuple[int, int]
    similarity: float


@dataclass(frozen=True, slots=True)
class Mislabelled:
    """A picture that looks like another product and not like its own."""

    gtin: str
    """Product it is recorded for."""
    picture_id: int
    looks_like: str
    """GTIN-14 of the one product that its nearest pictures are of."""
    similarity: float
    """With the nearest of those."""
    own_similarity: float | None
    """With the nearest other picture of its own product; None where it is not among the nearest."""


@dataclass(frozen=True, slots=True)
class Indistinguishable:
    """Two products that no picture of either can tell apart."""

    gtins: tuple[str, str]
    similarity: float
    """Of the pair of pictures least alike among each one's nearest."""
    sizes_differ: bool
    """Whether their recorded fronts differ by a tenth, so that a shelf may tell them by size."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found; nothing is good."""

    picture_count: int
    same_picture: tuple[SamePicture, ...]
    duplicates: tuple[Duplicate, ...]
    mislabelled: tuple[Mislabelled, ...]
    indistinguishable: tuple[Indistinguishable, ...]

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to mend."""
        return not (
            self.same_picture or self.duplicates or self.mislabelled or self.indistinguishable
        )


def _sure_lead(thresholds: Mapping[str, float]) -> float:
    """Similarity by which one of two products must lead to be recognised by looks alone."""
    if not {"sure", "sharpness"} <= thresholds.keys():
        return _MARGIN
    sure = thresholds["sure"]
    return math.log(sure / (1 - sure)) / thresholds["sharpness"]


def examine(index: VectorIndex, records: Records, *, progress: Progress | None = None) -> Diagnosis:
    """Look at every picture of an index; for a million pictures this takes a while."""
    total = index.stats().picture_count
    margin = _sure_lead(index.thresholds)
    accept = index.thresholds.get("accept", _ACCEPT)
    duplicates: dict[tuple[int, int], Duplicate] = {}
    mislabelled: list[Mislabelled] = []
    rivals: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    done = 0
    for batch in index.pictures(_BATCH):
        for picture_id, gtin, others in _neighbours(index, batch):
            for found in _duplicates(picture_id, gtin, others):
                duplicates[found.picture_ids] = found
            mislabelled += _mislabelled(picture_id, gtin, others, accept)
            rivals[gtin].append(_best_of_others(gtin, others, 1.0 - margin))
        done += len(batch)
        if progress:
            progress(done, total)
    same = tuple(_same_pictures(records))
    for each in same:
        for pair in combinations(each.picture_ids, 2):
            duplicates.pop(pair, None)
    return Diagnosis(
        picture_count=done,
        same_picture=same,
        duplicates=tuple(duplicates[pair] for pair in sorted(duplicates)),
        mislabelled=tuple(mislabelled),
        indistinguishable=tuple(_indistinguishable(rivals, records)),
    )


def _neighbours(
    index: VectorIndex, batch: GalleryBatch
) -> Iterator[tuple[int, str, list[Candidate]]]:
    """Give each picture with its nearest others, best first."""
    hits = index.nearest_pictures(batch.embeddings, _LIMIT)
    rows = zip(batch.picture_ids.tolist(), batch.gtins, hits, strict=True)
    for picture_id, gtin, found in rows:
        yield picture_id, gtin, [hit for hit in found if hit.picture_id != picture_id]


def _duplicates(picture_id: int, gtin: str, others: Sequence[Candidate]) -> Iterator[Duplicate]:
    for other in others:
        if other.similarity >= SAME_SIMILARITY and other.gtin != gtin:
            first, second = sorted([(picture_id, gtin), (other.picture_id, other.gtin)])
            similarity = round(min(other.similarity, 1.0), 4)
            yield Duplicate((first[1], second[1]), (first[0], second[0]), similarity)


def _mislabelled(
    picture_id: int, gtin: str, others: Sequence[Candidate], accept: float
) -> Iterator[Mislabelled]:
    nearest = others[:_NEIGHBOURS]
    looks_like = {each.gtin for each in nearest if each.similarity >= accept}
    if len(nearest) < _NEIGHBOURS or len({each.gtin for each in nearest}) > 1:
        return
    if not looks_like or gtin in looks_like:
        return
    own = next((round(each.similarity, 4) for each in others if each.gtin == gtin), None)
    best = nearest[0]
    yield Mislabelled(gtin, picture_id, best.gtin, round(best.similarity, 4), own)


def _best_of_others(gtin: str, others: Sequence[Candidate], at_least: float) -> Mapping[str, float]:
    """Give the other products that come within the margin of a perfect match, by similarity."""
    best: dict[str, float] = {}
    for each in others:
        if each.gtin != gtin and each.similarity > at_least:
            best.setdefault(each.gtin, each.similarity)
    return best


def _indistinguishable(
    rivals: Mapping[str, Sequence[Mapping[str, float]]], records: Records
) -> Iterator[Indistinguishable]:
    """Keep the pairs where every picture of both products has the other one as a rival."""
    always = {
        gtin: {
            rival: min(of_picture[rival] for of_picture in pictures)
            for rival in set.intersection(*(set(of_picture) for of_picture in pictures))
        }
        for gtin, pictures in rivals.items()
    }
    pairs = [
        (gtin, rival)
        for gtin in sorted(always)
        for rival in sorted(always[gtin])
        if gtin < rival and gtin in always.get(rival, {})
    ]
    sizes_mm = records.sizes_mm({gtin for pair in pairs for gtin in pair})
    for gtin, rival in pairs:
        similarity = min(always[gtin][rival], always[rival][gtin], 1.0)
        differ = _differ(sizes_mm.get(gtin), sizes_mm.get(rival))
        yield Indistinguishable((gtin, rival), round(similarity, 4), differ)


def _differ(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    if one is None or other is None:
        return False
    return any(max(a, b) > 1.1 * min(a, b) for a, b in zip(one, other, strict=True))


def _same_pictures(records: Records) -> Iterator[SamePicture]:
    by_bytes = defaultdict(list)
    for picture in records.pictures_of_several():
        by_bytes[picture.source.sha256].append(picture)
    for pictures in by_bytes.values():
        gtins = sorted({picture.gtin for picture in pictures})
        ids = tuple(picture.id for picture in pictures)
        yield SamePicture(tuple(gtins), ids, str(pictures[0].path))
