"""The fast index of one machine: vectors in a Qdrant Edge shard, in this process.

A folder holds `index.json` and the shard that it names. It can be rebuilt from the records at
any time.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import qdrant_edge as qdrant

from facings.errors import IndexUnusable
from facings.retrieve import engine
from facings.retrieve.engine import engine_errors
from facings.retrieve.index import (
    EXACT_UP_TO,
    Calibration,
    IndexStats,
    gallery_batch,
    require_positive,
    require_same_embedder,
    require_same_vectors,
    search_products,
)
from facings.retrieve.lending import Lending
from facings.retrieve.optimize import optimize_shard
from facings.retrieve.payload import GTIN, batch_of, candidate_of
from facings.retrieve.room import require_room
from facings.retrieve.sidecar import Sidecar, publish_sidecar, read_sidecar, write_sidecar
from facings.scope import EVERYTHING, GalleryBatch, Labels, Scope
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray

_SHARD_PREFIX = "shard-"
_COPY_PREFIX = "copy-"
_IDS_A_CALL = 1000
_WARM_UP_QUERIES = 24


class EdgeIndex:
    """A `VectorIndex` on disk. One process at a time has it open; its threads share it."""

    def __init__(
        self, folder: Path, sidecar: Sidecar, shard: qdrant.EdgeShard, *, published: bool
    ) -> None:
        """Take an open shard; use `create`, `stage` or `open`."""
        self._folder = folder
        self._sidecar = sidecar
        self._lending = Lending(shard)
        self._published = published
        self._changed = False
        self._writing = threading.RLock()
        self._optimizing = threading.Lock()
        self._changed_meanwhile: set[int] | None = None
        """Ids added or removed since a copy was taken to be optimised; None while there is none."""

    @classmethod
    def create(
        cls, folder: Path, embedder: EmbedderId, dim: int, thresholds: Mapping[str, float]
    ) -> Self:
        """Start an empty index in `folder`, replacing the one that is there.

        Args:
            dim: length of the embedder's vectors.
            thresholds: similarities to decide by, kept with the index.

        Raises:
            IndexUnusable: the folder cannot be written to.
            StorageFull: there is no room.
        """
        index = cls.stage(folder, embedder, dim, thresholds)
        index.publish()
        return index

    @classmethod
    def stage(
        cls,
        folder: Path,
        embedder: EmbedderId,
        dim: int,
        thresholds: Mapping[str, float],
        calibration: Calibration | None = None,
    ) -> Self:
        """Start an empty index beside the one in `folder`, which stays until `publish`.

        Raises:
            IndexUnusable: the folder cannot be written to.
            StorageFull: there is no room.
        """
        name = _new_name(_SHARD_PREFIX)
        with engine_errors(folder):
            (folder / name).mkdir(parents=True)
            shard = engine.create_shard(folder / name, dim)
        stats = IndexStats(embedder, dim, 0, 0, dict(thresholds), calibration)
        return cls(folder, Sidecar(name, stats), shard, published=False)

    @classmethod
    def open(cls, folder: Path, embedder: EmbedderId) -> Self:
        """Open the index in `folder` and warm it up.

        Raises:
            IndexMissing: nothing has been built there.
            IndexMismatch: it holds vectors of another embedder.
            IndexUnusable: another process has it open, or it is damaged.
        """
        sidecar = read_sidecar(folder)
        require_same_embedder(sidecar.stats.embedder, embedder)
        with engine_errors(folder):
            shard = qdrant.EdgeShard.load(str(folder / sidecar.shard))
        index = cls(folder, sidecar, shard, published=True)
        index._warm_up()
        return index

    def publish(self) -> None:
        """Make this the index of its folder, in one step; shards nobody needs are deleted."""
        self._save()
        with engine_errors(self._folder):
            needed = publish_sidecar(self._folder, self._sidecar)
        self._published = True
        for other in self._folder.glob(f"{_SHARD_PREFIX}*"):
            if other.name not in needed:
                engine.delete_unless_open(other)

    def discard(self) -> None:
        """Give up a staged index: what the folder holds besides stays."""
        self._lending.close()
        shutil.rmtree(self._folder / self._sidecar.shard, ignore_errors=True)

    def add(
        self,
        picture_ids: Sequence[int] | IntArray,
        gtins: Sequence[str],
        embeddings: Embeddings,
        labels: Sequence[Labels] | None = None,
    ) -> None:
        """Keep the vectors of (N,) pictures, found at once; an id that is known is replaced.

        When this returns they are in the engine's log: killing the process does not lose them.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: ids, GTINs, embeddings and labels are not equally many.
            StorageFull: there is no room.
        """
        require_same_vectors(embeddings, self._sidecar.stats.embedder, self._sidecar.stats.dim)
        batch = gallery_batch(picture_ids, gtins, embeddings, labels)
        with self._changing(batch.picture_ids.tolist()) as shard:
            engine.upsert(shard, batch)

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        ids = [int(picture_id) for picture_id in picture_ids]
        with self._changing(ids) as shard:
            engine.delete(shard, ids)

    def search(self, embeddings: Embeddings, k: int, scope: Scope = EVERYTHING) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `k` is below 1.
        """
        require_same_vectors(embeddings, self._sidecar.stats.embedder, self._sidecar.stats.dim)
        return search_products(embeddings, k, lambda v, limit: self._nearest(v, limit, scope))

    def nearest_pictures(
        self, embeddings: Embeddings, limit: int, scope: Scope = EVERYTHING
    ) -> list[tuple[Candidate, ...]]:
        """Find the `limit` nearest pictures of each embedding, best first.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `limit` is below 1.
        """
        require_same_vectors(embeddings, self._sidecar.stats.embedder, self._sidecar.stats.dim)
        require_positive(limit)
        return self._nearest(embeddings.vectors, limit, scope)

    def pictures(self, batch_size: int = 4096) -> Iterator[GalleryBatch]:
        """Walk through everything that is kept, by ascending picture id."""
        stats, offset = self._sidecar.stats, None
        while True:
            request = qdrant.ScrollRequest(
                offset=offset, limit=batch_size, with_payload=True, with_vector=True
            )
            with engine_errors(self._folder), self._lending.lend() as shard:
                points, offset = shard.scroll(request)
            if points:
                kept = [(point.id, point.payload, point.vector) for point in points]
                yield batch_of(kept, stats.embedder, stats.dim)
            if offset is None:
                return

    def optimize(self) -> None:
        """Build the graph over what was added since; blocks, minutes for a million pictures.

        Other threads search and change the index meanwhile, and killing the process loses
        nothing: it is a copy that is optimised, in a process of its own, and takes over when it
        has caught up. A small index has no graph: it is searched exactly.

        Raises:
            StorageFull: there is no room for the copy.
            IndexUnusable: it could not be built; the index is as it was.
        """
        if self._picture_count() <= EXACT_UP_TO:
            self._save()
            return
        with self._optimizing:
            if self._published:
                self._optimize_beside()
            else:
                self._optimize_in_place()

    def waiting_count(self) -> int:
        """Count the pictures that are not in the graph yet and are compared one by one."""
        with engine_errors(self._folder), self._lending.lend() as shard:
            info = shard.info()
            return max(0, info.points_count - info.indexed_vectors_count)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by."""
        return self._sidecar.stats.thresholds

    @property
    def advice(self) -> str | None:
        """Say what has made the thresholds stale, and what to do; None where nothing has."""
        return replace(self._sidecar.stats, picture_count=self._picture_count()).advice

    def set_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> None:
        """Decide by these similarities from now on."""
        with self._writing:
            self._sidecar = self._sidecar.with_thresholds(thresholds, calibration)
            self._changed = True
            self._save()

    def stats(self) -> IndexStats:
        """Say what is in the index."""
        picture_count = self._picture_count()
        distinct = qdrant.FacetRequest(GTIN, limit=max(picture_count, 1))
        with engine_errors(self._folder), self._lending.lend() as shard:
            product_count = sum(hit.count > 0 for hit in shard.facet(distinct).hits)
        return self._sidecar.with_counts(picture_count, product_count).stats

    def is_current(self) -> bool:
        """Say whether this is still the folder's index, and not one that was published since."""
        with self._writing:  # while another shard is put in place, neither is
            return self._answers(self._sidecar.shard)

    def close(self) -> None:
        """Write what is pending and let go of the lock, when no graph is being built."""
        with self._optimizing:
            try:
                if not self._lending.is_closed:
                    self._save()
            finally:
                self._lending.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _nearest(
        self, vectors: FloatArray, limit: int, scope: Scope
    ) -> list[tuple[Candidate, ...]]:
        with engine_errors(self._folder), self._lending.lend() as shard:
            answers = engine.query(shard, vectors, limit, scope)
        return [
            tuple(candidate_of(point.id, point.score, point.payload) for point in points)
            for points in answers
        ]

    def _picture_count(self) -> int:
        with engine_errors(self._folder), self._lending.lend() as shard:
            return int(shard.count(qdrant.CountRequest()))

    def _warm_up(self) -> None:
        """Ask once, so that the first real query does not wait for the disk."""
        generator = np.random.default_rng(0)
        shape = (_WARM_UP_QUERIES, self._sidecar.stats.dim)
        self._nearest(generator.standard_normal(shape, dtype=np.float32), 1, EVERYTHING)

    @contextmanager
    def _changing(self, picture_ids: Sequence[int]) -> Iterator[qdrant.EdgeShard]:
        """Lend the shard to be written to, and note what an optimised copy will have missed."""
        with self._writing, engine_errors(self._folder), self._lending.lend() as shard:
            self._changed = True
            if self._changed_meanwhile is not None:
                self._changed_meanwhile.update(picture_ids)
            yield shard

    def _optimize_in_place(self) -> None:
        """Optimise a staged index, which nobody searches."""
        self._save()
        shard_folder = self._folder / self._sidecar.shard
        self._lending.close()
        optimize_shard(shard_folder, politely=False)
        with engine_errors(self._folder):
            self._lending = Lending(qdrant.EdgeShard.load(str(shard_folder)))

    def _optimize_beside(self) -> None:
        """Optimise a copy, let it catch up, and put it in the shard's place."""
        for left_over in self._folder.glob(f"{_COPY_PREFIX}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        copy = self._folder / _new_name(_COPY_PREFIX)
        try:
            self._copy_shard(copy)
            optimize_shard(copy, politely=True)
            name = _new_name(_SHARD_PREFIX)
            copy.rename(self._folder / name)
            self._take_over(name)
        finally:
            self._changed_meanwhile = None
            shutil.rmtree(copy, ignore_errors=True)

    def _copy_shard(self, target: Path) -> None:
        source = self._folder / self._sidecar.shard
        require_room(self._folder, 3 * sum(f.stat().st_size for f in source.rglob("*")))
        with self._writing, engine_errors(self._folder):
            self._save()
            shutil.copytree(source, target)
            self._changed_meanwhile = set()

    def _take_over(self, name: str) -> None:
        replaced = self._folder / self._sidecar.shard
        with engine_errors(self._folder):
            fresh = qdrant.EdgeShard.load(str(self._folder / name))
            with self._writing:
                self._catch_up(fresh)
                fresh.flush()
                self._sidecar = replace(self._sidecar, shard=name)
                if self._answers(replaced.name):
                    write_sidecar(self._folder, self._sidecar)
                self._lending.replace(fresh)
        shutil.rmtree(replaced, ignore_errors=True)

    def _catch_up(self, fresh: qdrant.EdgeShard) -> None:
        """Bring what was added and removed meanwhile into the optimised shard."""
        changed = sorted(self._changed_meanwhile or ())
        for start in range(0, len(changed), _IDS_A_CALL):
            ids = changed[start : start + _IDS_A_CALL]
            with self._lending.lend() as shard:
                found = shard.retrieve(list(ids), with_payload=True, with_vector=True)
            points = [qdrant.Point(each.id, each.vector or [], each.payload) for each in found]
            engine.upsert_points(fresh, points)
            engine.delete(fresh, sorted(set(ids) - {int(point.id) for point in found}))

    def _save(self) -> None:
        """Write what is pending, and the counts where this is still the folder's index."""
        with self._writing, engine_errors(self._folder):
            with self._lending.lend() as shard:
                shard.flush()
            if not self._changed:
                return
            stats = self.stats()
            self._sidecar = self._sidecar.with_counts(stats.picture_count, stats.product_count)
            if self._answers(self._sidecar.shard):
                write_sidecar(self._folder, self._sidecar)
            self._changed = False

    def _answers(self, shard: str) -> bool:
        try:
            return self._published and read_sidecar(self._folder).shard == shard
        except IndexUnusable:
            return False


def _new_name(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:12]}"
