"""What every vector index does: keep pictures' vectors, find the nearest products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from facings.errors import IndexMismatch
from facings.scope import EVERYTHING, GalleryBatch, Labels, Scope
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray

REBUILD_HINT = 'run "facings index build"'
CALIBRATE_HINT = 'run "facings index calibrate"'
PICTURES_A_PRODUCT = 5
"""Pictures asked for at first for one product wanted; a search asks again when it was short."""
SAME_SIMILARITY = 0.995
"""Two pictures nearer than this are the same artwork: another crop or JPEG of one file."""
EXACT_UP_TO = 20_000
"""Pictures compared one by one, with perfect recall: 24 queries take about 20 ms on two cores."""
LINKS, BUILDING_WIDTH = 32, 200
"""Neighbours of each picture in a graph, and pictures kept in mind while they are chosen. Families
of look-alikes fill 16 links with each other, and one query in a hundred never gets out of the
wrong family (docs/concepts/scale.md)."""
LEAST_WIDTH = 160
"""Pictures a graph keeps in mind while it is walked: at a million pictures 96 find 0.990 of the
first ten, 160 0.995, 256 0.997 in a third more time (docs/concepts/scale.md)."""
_STALE_GROWTH = 1.5
"""Growth after which the bars are worth finding anew: see docs/concepts/scale.md."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How thresholds were found from the index's own pictures, each held out in turn."""

    precision: float
    """Wanted share of right ones among what is called recognised."""
    reached: float
    """That share among the pictures held out."""
    recognised: float
    """Share of the held-out pictures of known products that was recognised rightly."""
    held_out: int
    """Pictures of known products that were asked for; a fourth of them asked as unknown too."""
    picture_count: int
    """Pictures in the index then."""
    date: str
    """ISO date."""

    def is_stale(self, picture_count: int) -> bool:
        """Say whether the index has grown so much since that the bars may be too low."""
        return picture_count > _STALE_GROWTH * self.picture_count


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an index holds, and for which embedder."""

    embedder: EmbedderId
    dim: int
    """Length of a vector."""
    picture_count: int
    product_count: int
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """What `facings.rerank` decides by, by name."""
    calibration: Calibration | None = None
    """How they were found; None where they are those published with the embedder."""

    @property
    def advice(self) -> str | None:
        """Say what has made the thresholds stale, and what to do; None where nothing has."""
        if self.calibration is None or not self.calibration.is_stale(self.picture_count):
            return None
        then = self.calibration.picture_count
        return f"calibrated at {then} pictures, now {self.picture_count}: {CALIBRATE_HINT}"


class VectorIndex(Protocol):
    """Gallery pictures by similarity, reduced to products.

    Vectors of another embedder or length are refused with `IndexMismatch`.
    """

    @property
    def thresholds(self) -> Mapping[str, float]:
        """What `facings.rerank` decides by, by name."""
        ...

    @property
    def advice(self) -> str | None:
        """Say what has made the thresholds stale, and what to do; None where nothing has."""
        ...

    def add(
        self,
        picture_ids: Sequence[int] | IntArray,
        gtins: Sequence[str],
        embeddings: Embeddings,
        labels: Sequence[Labels] | None = None,
    ) -> None:
        """Keep the vectors of (N,) pictures; an id that is known is replaced."""
        ...

    def search(self, embeddings: Embeddings, k: int, scope: Scope = EVERYTHING) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture."""
        ...

    def nearest_pictures(
        self, embeddings: Embeddings, limit: int, scope: Scope = EVERYTHING
    ) -> list[tuple[Candidate, ...]]:
        """Find the `limit` nearest pictures of each embedding, best first."""
        ...

    def pictures(self, batch_size: int = 4096) -> Iterator[GalleryBatch]:
        """Walk through everything that is kept, by ascending picture id."""
        ...

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        ...

    def optimize(self) -> None:
        """Make searches fast after many additions; blocks until done, other threads search on."""
        ...

    def set_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> None:
        """Decide by these similarities from now on."""
        ...

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        ...

    def is_current(self) -> bool:
        """Say whether this is still its place's index, and not one that was published since."""
        ...

    def close(self) -> None:
        """Let go of files and locks; the index is not used afterwards."""
        ...


class StagedIndex(VectorIndex, Protocol):
    """An index being filled beside the one that answers."""

    def publish(self) -> None:
        """Become the index of the place, in one step."""
        ...

    def discard(self) -> None:
        """Give up: what the place holds besides stays."""
        ...


class IndexPlace(Protocol):
    """Where an index is kept: a folder of this machine, or a cluster."""

    def open(self, embedder: EmbedderId) -> VectorIndex:
        """Open the index, for this embedder's vectors."""
        ...

    def stage(
        self,
        embedder: EmbedderId,
        dim: int,
        thresholds: Mapping[str, float],
        calibration: Calibration | None = None,
    ) -> StagedIndex:
        """Start an empty index beside the present one."""
        ...

    def stats(self) -> IndexStats:
        """Say what the index holds, without opening it."""
        ...

    def embedder(self) -> EmbedderId:
        """Say whose vectors the index holds."""
        ...

    def roll_back(self) -> IndexStats:
        """Go back to the index of the embedder before, in one step."""
        ...

    def require_room(self, picture_count: int, dim: int) -> None:
        """Refuse to start an index that would not fit."""
        ...


PictureSearch = Callable[[FloatArray, int], Iterable[Sequence[Candidate]]]
"""(Q, D) vectors and a limit to the nearest pictures of each vector, best first."""


def search_products(embeddings: Embeddings, k: int, nearest: PictureSearch) -> Candidates:
    """Find the `k` nearest products of each embedding with a search for pictures.

    Raises:
        ValueError: `k` is below 1.
    """
    require_positive(k)
    found: list[tuple[Candidate, ...]] = [()] * len(embeddings)
    waiting = list(range(len(embeddings)))
    limit = k * PICTURES_A_PRODUCT
    while waiting:
        short: list[int] = []
        hits = nearest(embeddings.vectors[waiting], limit)
        for i, pictures in zip(waiting, hits, strict=True):
            found[i] = best_per_product(pictures, k)
            if len(found[i]) < k and len(pictures) == limit:
                short.append(i)
        waiting, limit = short, limit * 4
    return Candidates(tuple(found))


def best_per_product(hits: Iterable[Candidate], k: int) -> tuple[Candidate, ...]:
    """Reduce pictures, best first, to the first `k` products, each by its best picture."""
    best: dict[str, Candidate] = {}
    for hit in hits:
        best.setdefault(hit.gtin, hit)
        if len(best) == k:
            break
    return tuple(best.values())


def gallery_batch(
    picture_ids: Sequence[int] | IntArray,
    gtins: Sequence[str],
    embeddings: Embeddings,
    labels: Sequence[Labels] | None,
) -> GalleryBatch:
    """Put together what is added; without labels a picture is in every scope that names nothing.

    Raises:
        ValueError: ids, GTINs, embeddings and labels are not equally many.
    """
    counts = (len(picture_ids), len(gtins), len(embeddings))
    if len({*counts, len(gtins if labels is None else labels)}) != 1:
        raise ValueError(
            f"one id, one GTIN and one set of labels an embedding, got {counts[0]} ids, "
            f"{counts[1]} GTINs, {counts[2]} embeddings"
            + ("" if labels is None else f", {len(labels)} labels")
        )
    return GalleryBatch(
        np.asarray(picture_ids, dtype=np.int64),
        tuple(gtins),
        embeddings,
        (Labels(),) * len(gtins) if labels is None else tuple(labels),
    )


def require_same_vectors(embeddings: Embeddings, embedder: EmbedderId, dim: int) -> None:
    """Refuse vectors that cannot be compared with those of an index.

    Raises:
        IndexMismatch: they come from another embedder, or their length differs.
    """
    if embeddings.embedder != embedder:
        raise IndexMismatch(
            f"the index was built with {embedder}, these vectors are of {embeddings.embedder}",
            hint=REBUILD_HINT,
        )
    given = embeddings.vectors.shape[1]
    if given != dim:
        raise IndexMismatch(
            f"the index holds vectors of length {dim}, these have length {given}",
            hint=REBUILD_HINT,
        )


def require_same_embedder(built_with: EmbedderId, embedder: EmbedderId) -> None:
    """Refuse to open an index for another embedder than its own.

    Raises:
        IndexMismatch: they differ.
    """
    if built_with != embedder:
        raise IndexMismatch(
            f"the index was built with {built_with}, this is {embedder}", hint=REBUILD_HINT
        )


def require_positive(k: int) -> None:
    """Refuse a search for nothing.

    Raises:
        ValueError: `k` is below 1.
    """
    if k < 1:
        raise ValueError(f"a search asks for at least 1, got {k}")
