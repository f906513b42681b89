"""The plain index: every query against every vector, in numpy.

Slow with many pictures and obviously right, it is what the fast ones are tested against,
and enough for a small store or a test without files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from facings.retrieve.index import (
    Calibration,
    IndexStats,
    gallery_batch,
    require_positive,
    require_same_vectors,
    search_products,
)
from facings.scope import EVERYTHING, GalleryBatch, Labels, Scope
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray


class ExactIndex:
    """A `VectorIndex` in memory."""

    def __init__(
        self, embedder: EmbedderId, dim: int, thresholds: Mapping[str, float] | None = None
    ) -> None:
        self._embedder = embedder
        self._dim = dim
        self._thresholds = dict(thresholds or {})
        self._calibration: Calibration | None = None
        self._kept: dict[int, tuple[FloatArray, str, Labels]] = {}

    def add(
        self,
        picture_ids: Sequence[int] | IntArray,
        gtins: Sequence[str],
        embeddings: Embeddings,
        labels: Sequence[Labels] | None = None,
    ) -> None:
        """Keep the vectors of (N,) pictures; an id that is known is replaced.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: ids, GTINs, embeddings and labels are not equally many.
        """
        require_same_vectors(embeddings, self._embedder, self._dim)
        batch = gallery_batch(picture_ids, gtins, embeddings, labels)
        rows = zip(embeddings.vectors, batch.gtins, batch.labels, strict=True)
        self._kept.update(zip(batch.picture_ids.tolist(), rows, strict=True))

    def search(self, embeddings: Embeddings, k: int, scope: Scope = EVERYTHING) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `k` is below 1.
        """
        require_same_vectors(embeddings, self._embedder, self._dim)
        return search_products(embeddings, k, lambda v, limit: self._nearest(v, limit, scope))

    def nearest_pictures(
        self, embeddings: Embeddings, limit: int, scope: Scope = EVERYTHING
    ) -> list[tuple[Candidate, ...]]:
        """Find the `limit` nearest pictures of each embedding, best first.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `limit` is below 1.
        """
        require_same_vectors(embeddings, self._embedder, self._dim)
        require_positive(limit)
        return self._nearest(embeddings.vectors, limit, scope)

    def pictures(self, batch_size: int = 4096) -> Iterator[GalleryBatch]:
        """Walk through everything that is kept, by ascending picture id."""
        ids = sorted(self._kept)
        for start in range(0, len(ids), batch_size):
            portion = ids[start : start + batch_size]
            vectors, gtins, labels = zip(*(self._kept[i] for i in portion), strict=True)
            embeddings = Embeddings(np.stack(vectors), self._embedder)
            yield GalleryBatch(np.array(portion, dtype=np.int64), gtins, embeddings, labels)

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        for picture_id in picture_ids:
            self._kept.pop(int(picture_id), None)

    def optimize(self) -> None:
        """Do nothing: there is nothing to make faster."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by."""
        return self._thresholds

    @property
    def advice(self) -> str | None:
        """Say what has made the thresholds stale, and what to do; None where nothing has."""
        return self.stats().advice

    def set_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> None:
        """Decide by these similarities from now on."""
        self._thresholds, self._calibration = dict(thresholds), calibration

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        return IndexStats(
            self._embedder,
            self._dim,
            len(self._kept),
            len({gtin for _, gtin, _ in self._kept.values()}),
            self._thresholds,
            self._calibration,
        )

    def is_current(self) -> bool:
        """Always: it has no place where another one could take over."""
        return True

    def close(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _nearest(
        self, vectors: FloatArray, limit: int, scope: Scope
    ) -> list[tuple[Candidate, ...]]:
        ids = [i for i, (_, _, labels) in self._kept.items() if scope.covers(labels)]
        if not ids:
            return [()] * len(vectors)
        similarities = vectors @ np.stack([self._kept[i][0] for i in ids]).T
        return [self._best(ids, of_one, limit) for of_one in similarities]

    def _best(self, ids: list[int], similarities: FloatArray, limit: int) -> tuple[Candidate, ...]:
        best = []
        for i in np.argsort(-similarities, kind="stable")[:limit]:
            _, gtin, labels = self._kept[ids[i]]
            best.append(Candidate(gtin, float(similarities[i]), ids[i], labels.look))
        return tuple(best)
