"""The fast index: vectors in a Qdrant Edge shard, in this process.

A folder holds `index.json` and the shard that it names. The engine is young, so everything
that knows it is in this file, and the index can be rebuilt from the records at any time.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import qdrant_edge as qdrant

from facings.errors import FacingsError, IndexMismatch, IndexUnusable, StorageFull
from facings.retrieve.index import (
    REBUILD_HINT,
    IndexStats,
    best_per_product,
    require_one_each,
    require_positive,
    require_same_vectors,
)
from facings.retrieve.sidecar import Sidecar, read_sidecar, write_sidecar
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray

_SHARD_PREFIX = "shard-"
_GTIN = "gtin"
_POINTS_A_CALL = 1000
_PICTURES_A_PRODUCT = 5
"""Pictures asked for at first for one product wanted; a search asks again when it was short."""
_EXACT_UP_TO = 20_000
"""Pictures compared one by one, with perfect recall: 24 queries take about 20 ms on two cores."""
_WARM_UP_QUERIES = 24


class EdgeIndex:
    """A `VectorIndex` on disk. One process at a time has it open; its threads share it."""

    def __init__(self, folder: Path, sidecar: Sidecar, shard: qdrant.EdgeShard) -> None:
        """Take an open shard; use `create` or `open`."""
        self._folder = folder
        self._sidecar = sidecar
        self._shard = shard
        self._changed = False

    @classmethod
    def create(
        cls, folder: Path, embedder: EmbedderId, dim: int, thresholds: Mapping[str, float]
    ) -> Self:
        """Start an empty index in `folder`, replacing the one that is there.

        Args:
            dim: length of the embedder's vectors.
            thresholds: similarities to decide by, kept with the index: "accept", "margin".

        Raises:
            IndexUnusable: the folder cannot be written to.
            StorageFull: there is no room.
        """
        index = cls.stage(folder, embedder, dim, thresholds)
        index.publish()
        return index

    @classmethod
    def stage(
        cls, folder: Path, embedder: EmbedderId, dim: int, thresholds: Mapping[str, float]
    ) -> Self:
        """Start an empty index beside the one in `folder`, which stays until `publish`.

        Raises:
            IndexUnusable: the folder cannot be written to.
            StorageFull: there is no room.
        """
        name = f"{_SHARD_PREFIX}{uuid.uuid4().hex[:12]}"
        with _engine_errors(folder):
            (folder / name).mkdir(parents=True)
            shard = qdrant.EdgeShard.create(str(folder / name), _configuration(dim))
            by_gtin = qdrant.UpdateOperation.create_field_index(
                _GTIN, qdrant.PayloadSchemaType.Keyword
            )
            shard.update(by_gtin)
        return cls(folder, Sidecar(name, IndexStats(embedder, dim, 0, 0, dict(thresholds))), shard)

    @classmethod
    def open(cls, folder: Path, embedder: EmbedderId) -> Self:
        """Open the index in `folder` and warm it up.

        Raises:
            IndexMissing: nothing has been built there.
            IndexMismatch: it holds vectors of another embedder.
            IndexUnusable: another process has it open, or it is damaged.
        """
        sidecar = read_sidecar(folder)
        if sidecar.stats.embedder != embedder:
            raise IndexMismatch(
                f"the index was built with {sidecar.stats.embedder}, this is {embedder}",
                hint=REBUILD_HINT,
            )
        with _engine_errors(folder):
            shard = qdrant.EdgeShard.load(str(folder / sidecar.shard))
        index = cls(folder, sidecar, shard)
        index._warm_up()
        return index

    def publish(self) -> None:
        """Make this the index of its folder, in one step; shards nobody has open are deleted."""
        self._save()
        with _engine_errors(self._folder):
            write_sidecar(self._folder, self._sidecar)
        for other in self._folder.glob(f"{_SHARD_PREFIX}*"):
            if other.name != self._sidecar.shard:
                _delete_unless_open(other)

    def discard(self) -> None:
        """Give up a staged index: what the folder holds besides stays."""
        self._shard.close()
        shutil.rmtree(self._folder / self._sidecar.shard, ignore_errors=True)

    def add(
        self, picture_ids: Sequence[int] | IntArray, gtins: Sequence[str], embeddings: Embeddings
    ) -> None:
        """Keep the vectors of (N,) pictures, found at once; an id that is known is replaced.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: ids, GTINs and embeddings are not equally many.
            StorageFull: there is no room.
        """
        require_same_vectors(embeddings, self._sidecar.stats.embedder, self._sidecar.stats.dim)
        require_one_each(len(picture_ids), len(gtins), len(embeddings))
        points = [
            qdrant.Point(int(picture_id), vector.tolist(), {_GTIN: gtin})
            for picture_id, gtin, vector in zip(picture_ids, gtins, embeddings.vectors, strict=True)
        ]
        self._changed = True
        with _engine_errors(self._folder):
            for start in range(0, len(points), _POINTS_A_CALL):
                portion = points[start : start + _POINTS_A_CALL]
                self._shard.update(qdrant.UpdateOperation.upsert_points(portion))

    def search(self, embeddings: Embeddings, k: int) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `k` is below 1.
        """
        require_same_vectors(embeddings, self._sidecar.stats.embedder, self._sidecar.stats.dim)
        require_positive(k)
        found: list[tuple[Candidate, ...]] = [()] * len(embeddings)
        waiting = list(range(len(embeddings)))
        limit = k * _PICTURES_A_PRODUCT
        while waiting:
            hits = self._nearest_pictures(embeddings.vectors[waiting], limit)
            short: list[int] = []
            for i, pictures in zip(waiting, hits, strict=True):
                found[i] = best_per_product(pictures, k)
                if len(found[i]) < k and len(pictures) == limit:
                    short.append(i)
            waiting, limit = short, limit * 4
        return Candidates(tuple(found))

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        self._changed = True
        ids: list[int | uuid.UUID | str] = [int(picture_id) for picture_id in picture_ids]
        with _engine_errors(self._folder):
            self._shard.update(qdrant.UpdateOperation.delete_points(ids))

    def optimize(self) -> None:
        """Build the graph over what was added since; blocks, minutes for a million pictures."""
        with _engine_errors(self._folder):
            self._shard.optimize()
        self._save()

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by, as the index was created with."""
        return self._sidecar.stats.thresholds

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        with _engine_errors(self._folder):
            picture_count = self._shard.count(qdrant.CountRequest())
            distinct = qdrant.FacetRequest(_GTIN, limit=max(picture_count, 1), exact=True)
            product_count = len(self._shard.facet(distinct).hits)
        return self._sidecar.with_counts(picture_count, product_count).stats

    def close(self) -> None:
        """Write what is pending and let go of the lock."""
        try:
            self._save()
        finally:
            self._shard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _nearest_pictures(self, vectors: FloatArray, limit: int) -> Iterator[list[Candidate]]:
        """Find the `limit` nearest pictures of each vector, best first."""
        with _engine_errors(self._folder):
            exact = self._shard.count(qdrant.CountRequest(exact=False)) <= _EXACT_UP_TO
            requests = [_request(vector, limit, exact=exact) for vector in vectors]
            answers = self._shard.query_batch(qdrant.QueryBatchRequest(requests))
        for points in answers:
            yield [_candidate(point) for point in points]

    def _warm_up(self) -> None:
        """Ask once, so that the first real query does not wait for the disk."""
        generator = np.random.default_rng(0)
        shape = (_WARM_UP_QUERIES, self._sidecar.stats.dim)
        for _ in self._nearest_pictures(generator.standard_normal(shape, dtype=np.float32), 1):
            pass

    def _save(self) -> None:
        """Write what is pending, and the counts where this is still the folder's index."""
        with _engine_errors(self._folder):
            self._shard.flush()
            if not self._changed:
                return
            stats = self.stats()
            self._sidecar = self._sidecar.with_counts(stats.picture_count, stats.product_count)
            if self._is_published():
                write_sidecar(self._folder, self._sidecar)
            self._changed = False

    def _is_published(self) -> bool:
        try:
            return read_sidecar(self._folder).shard == self._sidecar.shard
        except IndexUnusable:
            return False


def _configuration(dim: int) -> qdrant.EdgeConfig:
    """Describe the shard: see docs/decisions/0002-qdrant-edge.md for each value."""
    vectors = qdrant.EdgeVectorParams(
        size=dim,
        distance=qdrant.Distance.Dot,
        datatype=qdrant.VectorStorageDatatype.Float16,
        memory=qdrant.Memory.Cached,
    )
    quantisation = qdrant.ScalarQuantizationConfig(
        type=qdrant.ScalarType.Int8, quantile=0.99, memory=qdrant.Memory.Pinned
    )
    graph = qdrant.HnswIndexConfig(m=16, ef_construct=128, full_scan_threshold=10_000, payload_m=0)
    return qdrant.EdgeConfig(vectors=vectors, quantization_config=quantisation, hnsw_config=graph)


def _request(vector: FloatArray, limit: int, *, exact: bool) -> qdrant.QueryRequest:
    rescored = qdrant.QuantizationSearchParams(rescore=True, oversampling=2.0)
    params = qdrant.SearchParams(
        exact=exact, hnsw_ef=None if exact else max(128, 2 * limit), quantization=rescored
    )
    return qdrant.QueryRequest(
        limit=limit,
        query=qdrant.Query.Nearest(vector.tolist()),
        with_payload=True,
        params=params,
    )


def _candidate(point: qdrant.ScoredPoint) -> Candidate:
    if point.payload is None or not isinstance(point.id, int):
        raise IndexUnusable(
            f"the index holds a point without a GTIN: {point.id}", hint=REBUILD_HINT
        )
    return Candidate(str(point.payload[_GTIN]), point.score, point.id)


def _delete_unless_open(shard_folder: Path) -> None:
    """Delete a shard that was replaced; one that a process still answers from is left for later."""
    try:
        qdrant.EdgeShard.load(str(shard_folder)).close()
    except Exception as error:  # noqa: BLE001 (the engine raises nothing more precise)
        if _is_locked(error):
            return
    shutil.rmtree(shard_folder, ignore_errors=True)


@contextmanager
def _engine_errors(folder: Path) -> Iterator[None]:
    """Turn the engine's errors, all of them plain `Exception`, into Facings' own."""
    try:
        yield
    except (FacingsError, ValueError):
        raise
    except Exception as error:
        if "No space left" in str(error) or "os error 28" in str(error):
            raise StorageFull(
                f"the disk is full: the index in {folder} could not be written",
                hint=f"free some space and {REBUILD_HINT}",
            ) from error
        if _is_locked(error):
            raise IndexUnusable(
                f"the index in {folder} is open in another process",
                hint="stop the other one (a running server?) or give this one its own index",
            ) from error
        raise IndexUnusable(
            f"the index in {folder} cannot be used: {error}", hint=REBUILD_HINT
        ) from error


def _is_locked(error: Exception) -> bool:
    return "WouldBlock" in str(error)
