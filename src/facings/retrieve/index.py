"""What every vector index does: keep pictures' vectors, find the nearest products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from facings.errors import IndexMismatch
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, IntArray

REBUILD_HINT = 'run "facings index build"'


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an index holds, and for which embedder."""

    embedder: EmbedderId
    dim: int
    """Length of a vector."""
    picture_count: int
    product_count: int
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Similarities to decide by, calibrated for these vectors: "accept" and "margin"."""


class VectorIndex(Protocol):
    """Gallery pictures by similarity, reduced to products.

    Vectors of another embedder or length are refused with `IndexMismatch`.
    """

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by, calibrated for these vectors: "accept" and "margin"."""
        ...

    def add(
        self, picture_ids: Sequence[int] | IntArray, gtins: Sequence[str], embeddings: Embeddings
    ) -> None:
        """Keep the vectors of (N,) pictures; an id that is known is replaced."""
        ...

    def search(self, embeddings: Embeddings, k: int) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture."""
        ...

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        ...

    def optimize(self) -> None:
        """Make searches fast after many additions; blocks until done."""
        ...

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        ...

    def close(self) -> None:
        """Let go of files and locks; the index is not used afterwards."""
        ...


def best_per_product(hits: Iterable[Candidate], k: int) -> tuple[Candidate, ...]:
    """Reduce pictures, best first, to the first `k` products, each by its best picture."""
    best: dict[str, Candidate] = {}
    for hit in hits:
        best.setdefault(hit.gtin, hit)
        if len(best) == k:
            break
    return tuple(best.values())


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


def require_one_each(picture_count: int, gtin_count: int, embedding_count: int) -> None:
    """Refuse additions that do not line up.

    Raises:
        ValueError: the three counts differ.
    """
    if not picture_count == gtin_count == embedding_count:
        raise ValueError(
            f"one id and one GTIN an embedding, got {picture_count} ids, "
            f"{gtin_count} GTINs, {embedding_count} embeddings"
        )


def require_positive(k: int) -> None:
    """Refuse a search for no products.

    Raises:
        ValueError: `k` is below 1.
    """
    if k < 1:
        raise ValueError(f"a search asks for at least 1 product, got {k}")
