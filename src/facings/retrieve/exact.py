"""The plain index: every query against every vector, in numpy.

Slow with many pictures and obviously right, it is what the fast index is tested against,
and enough for a small store or a test without files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from facings.retrieve.index import (
    IndexStats,
    best_per_product,
    require_one_each,
    require_positive,
    require_same_vectors,
)
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray


class ExactIndex:
    """A `VectorIndex` in memory."""

    def __init__(
        self, embedder: EmbedderId, dim: int, thresholds: Mapping[str, float] | None = None
    ) -> None:
        self._embedder = embedder
        self._dim = dim
        self._thresholds = dict(thresholds or {})
        self._vectors: dict[int, FloatArray] = {}
        self._gtins: dict[int, str] = {}

    def add(
        self, picture_ids: Sequence[int] | IntArray, gtins: Sequence[str], embeddings: Embeddings
    ) -> None:
        """Keep the vectors of (N,) pictures; an id that is known is replaced.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: ids, GTINs and embeddings are not equally many.
        """
        require_same_vectors(embeddings, self._embedder, self._dim)
        require_one_each(len(picture_ids), len(gtins), len(embeddings))
        for picture_id, gtin, vector in zip(picture_ids, gtins, embeddings.vectors, strict=True):
            self._vectors[int(picture_id)] = vector
            self._gtins[int(picture_id)] = gtin

    def search(self, embeddings: Embeddings, k: int) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `k` is below 1.
        """
        require_same_vectors(embeddings, self._embedder, self._dim)
        require_positive(k)
        if not self._vectors:
            return Candidates(((),) * len(embeddings))
        ids = list(self._vectors)
        similarities = embeddings.vectors @ np.stack([self._vectors[i] for i in ids]).T
        return Candidates(tuple(best_per_product(self._ranked(ids, s), k) for s in similarities))

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        for picture_id in picture_ids:
            self._vectors.pop(int(picture_id), None)
            self._gtins.pop(int(picture_id), None)

    def optimize(self) -> None:
        """Do nothing: there is nothing to make faster."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by, as the index was created with."""
        return self._thresholds

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        products = len(set(self._gtins.values()))
        return IndexStats(self._embedder, self._dim, len(self._gtins), products, self._thresholds)

    def close(self) -> None:
        """Forget everything."""
        self._vectors.clear()
        self._gtins.clear()

    def _ranked(self, ids: list[int], similarities: FloatArray) -> Iterator[Candidate]:
        for i in np.argsort(-similarities, kind="stable"):
            picture_id = ids[i]
            yield Candidate(self._gtins[picture_id], float(similarities[i]), picture_id)
