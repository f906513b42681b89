"""The fast index of many machines: the same points in a Qdrant cluster, by URL.

An index is a collection `NAME-...`, chosen by the alias NAME; that of the embedder before has the
alias `NAME-previous`. What `index.json` says of a folder stands in the collection's metadata.
Sharding and replication are the cluster's own.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from facings.errors import IndexMissing, IndexUnusable
from facings.retrieve.index import (
    REBUILD_HINT,
    Calibration,
    IndexStats,
    gallery_batch,
    require_positive,
    require_same_embedder,
    require_same_vectors,
    search_products,
)
from facings.retrieve.payload import GTIN, batch_of, candidate_of, payload_of
from facings.retrieve.sidecar import stats_document, stats_from_document
from facings.scope import EVERYTHING, GalleryBatch, Labels, Scope
from facings.types import Candidate, Candidates, EmbedderId, Embeddings, FloatArray, IntArray

try:
    from qdrant_client import QdrantClient, models

    from facings.retrieve.collection import (
        METADATA,
        cluster_errors,
        create_collection,
        request_of,
    )
except ModuleNotFoundError as missing:
    raise IndexUnusable(
        "the client for a Qdrant cluster is not installed",
        hint='pip install "facings[cluster]", or unset FACINGS_INDEX_URL',
    ) from missing

_POINTS_A_CALL = 500
_PRODUCTS_COUNTED = 1_000_000
"""Products are counted up to here: a cluster lists them one by one."""
_TIMEOUT_S = 60
_POLL_S = 1.0


def connect(url: str, api_key: str | None = None) -> QdrantClient:
    """Give a client of a cluster; it connects when it is first used."""
    return QdrantClient(url=url, api_key=api_key, timeout=_TIMEOUT_S, check_compatibility=False)


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """A name in a Qdrant cluster."""

    client: QdrantClient
    name: str = "facings"
    """Alias of the collection that answers."""

    def open(self, embedder: EmbedderId) -> ClusterIndex:
        """Open the index, for this embedder's vectors.

        Raises:
            IndexMissing: nothing has been built there.
            IndexMismatch: it holds vectors of another embedder.
            IndexUnusable: the cluster does not answer.
        """
        collection, stats = self._current()
        require_same_embedder(stats.embedder, embedder)
        return ClusterIndex(self, collection, stats)

    def stage(
        self,
        embedder: EmbedderId,
        dim: int,
        thresholds: Mapping[str, float],
        calibration: Calibration | None = None,
    ) -> ClusterIndex:
        """Start an empty index beside the present one.

        Raises:
            IndexUnusable: the cluster does not answer.
        """
        stats = IndexStats(embedder, dim, 0, 0, dict(thresholds), calibration)
        collection = f"{self.name}-{uuid.uuid4().hex[:12]}"
        with cluster_errors(self.name):
            create_collection(self.client, collection, stats)
        return ClusterIndex(self, collection, stats)

    def stats(self) -> IndexStats:
        """Say what the index holds.

        Raises:
            IndexMissing, IndexUnusable: there is none, or the cluster does not answer.
        """
        collection, stats = self._current()
        return ClusterIndex(self, collection, stats).stats()

    def embedder(self) -> EmbedderId:
        """Say whose vectors the index holds; raises as `stats`."""
        return self._current()[1].embedder

    def roll_back(self) -> IndexStats:
        """Go back to the index of the embedder before, in one step; doing it twice changes nothing.

        Raises:
            IndexMissing: none is kept.
            IndexUnusable: the cluster does not answer.
        """
        with cluster_errors(self.name):
            present, previous = self.collection_of(self.name), self.collection_of(self.before)
            if present is None or previous is None:
                raise IndexMissing(
                    f"the cluster keeps no index {self.name} of an earlier embedder",
                    hint='run "facings index reembed --weights FOLDER" with the one you want',
                )
            self.point({self.name: previous, self.before: present})
        return self.stats()

    def require_room(self, picture_count: int, dim: int) -> None:
        """Ask nothing: how much room there is, the cluster alone knows."""

    @property
    def before(self) -> str:
        """Alias of the collection that is kept for the way back."""
        return f"{self.name}-previous"

    def collection_of(self, alias: str) -> str | None:
        """Name the collection that an alias stands for; None where there is none."""
        for each in self.client.get_aliases().aliases:
            if each.alias_name == alias:
                return each.collection_name
        return None

    def point(self, collections: Mapping[str, str]) -> None:
        """Let aliases stand for these collections, all in one step."""
        operations: list[Any] = []
        for alias, collection in collections.items():
            if self.collection_of(alias) is not None:
                drop = models.DeleteAlias(alias_name=alias)
                operations.append(models.DeleteAliasOperation(delete_alias=drop))
            made = models.CreateAlias(collection_name=collection, alias_name=alias)
            operations.append(models.CreateAliasOperation(create_alias=made))
        self.client.update_collection_aliases(operations)

    def embedder_of(self, collection: str) -> EmbedderId | None:
        """Say whose vectors a collection holds; None where it is none of ours."""
        try:
            return self._read(collection).embedder
        except IndexUnusable:
            return None

    def _current(self) -> tuple[str, IndexStats]:
        with cluster_errors(self.name):
            collection = self.collection_of(self.name)
            if collection is None:
                raise IndexMissing(
                    f"there is no index {self.name} in the cluster", hint=REBUILD_HINT
                )
            return collection, self._read(collection)

    def _read(self, collection: str) -> IndexStats:
        metadata = self.client.get_collection(collection).config.metadata or {}
        try:
            return stats_from_document(metadata[METADATA], f"collection {collection}")
        except (ValueError, KeyError, TypeError) as error:
            raise IndexUnusable(
                f"collection {collection} was not made by Facings, or is damaged: {error!r}",
                hint=REBUILD_HINT,
            ) from error


class ClusterIndex:
    """A `VectorIndex` in a Qdrant cluster. Any number of processes may share it."""

    def __init__(self, place: ClusterPlace, collection: str, stats: IndexStats) -> None:
        """Take a collection that exists; use `ClusterPlace.open` or `.stage`."""
        self._place = place
        self._client = place.client
        self._collection = collection
        self._stats = stats

    def publish(self) -> None:
        """Take the place's name, in one step; the index of another embedder before is kept.

        What nobody needs any more is deleted.
        """
        place = self._place
        with self._errors():
            present, previous = place.collection_of(place.name), place.collection_of(place.before)
            aliases, replaced = {place.name: self._collection}, present
            if present and place.embedder_of(present) not in (None, self._stats.embedder):
                aliases[place.before], replaced = present, previous
            place.point(aliases)
            if replaced not in (None, self._collection):
                self._client.delete_collection(str(replaced))

    def is_current(self) -> bool:
        """Say whether this is still the place's index, and not one that took its name since."""
        with self._errors():
            return self._place.collection_of(self._place.name) == self._collection

    def discard(self) -> None:
        """Delete a staged collection."""
        with self._errors():
            self._client.delete_collection(self._collection)

    def add(
        self,
        picture_ids: Sequence[int] | IntArray,
        gtins: Sequence[str],
        embeddings: Embeddings,
        labels: Sequence[Labels] | None = None,
    ) -> None:
        """Keep the vectors of (N,) pictures, found at once; an id that is known is replaced.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: ids, GTINs, embeddings and labels are not equally many.
        """
        require_same_vectors(embeddings, self._stats.embedder, self._stats.dim)
        batch = gallery_batch(picture_ids, gtins, embeddings, labels)
        rows = zip(
            batch.picture_ids.tolist(), embeddings.vectors, batch.gtins, batch.labels, strict=True
        )
        points = [
            models.PointStruct(id=i, vector=vector.tolist(), payload=payload_of(gtin, of_one))
            for i, vector, gtin, of_one in rows
        ]
        with self._errors():
            for start in range(0, len(points), _POINTS_A_CALL):
                portion = points[start : start + _POINTS_A_CALL]
                self._client.upsert(self._collection, portion, wait=True)

    def remove(self, picture_ids: Sequence[int] | IntArray) -> None:
        """Forget pictures; unknown ids are ignored."""
        ids: list[Any] = [int(picture_id) for picture_id in picture_ids]
        if ids:
            with self._errors():
                self._client.delete(self._collection, models.PointIdsList(points=ids), wait=True)

    def search(self, embeddings: Embeddings, k: int, scope: Scope = EVERYTHING) -> Candidates:
        """Find the `k` nearest products of each embedding, each by its best picture.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `k` is below 1.
        """
        require_same_vectors(embeddings, self._stats.embedder, self._stats.dim)
        return search_products(embeddings, k, lambda v, limit: self._nearest(v, limit, scope))

    def nearest_pictures(
        self, embeddings: Embeddings, limit: int, scope: Scope = EVERYTHING
    ) -> list[tuple[Candidate, ...]]:
        """Find the `limit` nearest pictures of each embedding, best first.

        Raises:
            IndexMismatch: the vectors are of another embedder or length.
            ValueError: `limit` is below 1.
        """
        require_same_vectors(embeddings, self._stats.embedder, self._stats.dim)
        require_positive(limit)
        return self._nearest(embeddings.vectors, limit, scope)

    def pictures(self, batch_size: int = 4096) -> Iterator[GalleryBatch]:
        """Walk through everything that is kept, by ascending picture id."""
        offset: Any = None
        while True:
            with self._errors():
                points, offset = self._client.scroll(
                    self._collection,
                    limit=batch_size,
                    offset=offset,
                    with_payload=True,
                    with_vectors=True,
                )
            if points:
                kept = [(point.id, point.payload, point.vector) for point in points]
                yield batch_of(kept, self._stats.embedder, self._stats.dim)
            if offset is None:
                return

    def optimize(self) -> None:
        """Wait until the cluster has built its graphs; it does so by itself."""
        with self._errors():
            while self._client.get_collection(self._collection).status in (
                models.CollectionStatus.YELLOW,
                models.CollectionStatus.GREY,
            ):
                time.sleep(_POLL_S)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Similarities to decide by."""
        return self._stats.thresholds

    @property
    def advice(self) -> str | None:
        """Say what has made the thresholds stale, and what to do; None where nothing has."""
        with self._errors():
            count = self._client.count(self._collection, exact=False).count
        return replace(self._stats, picture_count=count).advice

    def set_thresholds(
        self, thresholds: Mapping[str, float], calibration: Calibration | None
    ) -> None:
        """Decide by these similarities from now on; other processes see them when they open."""
        self._stats = replace(self._stats, thresholds=dict(thresholds), calibration=calibration)
        with self._errors():
            metadata = {METADATA: stats_document(self._stats)}
            self._client.update_collection(self._collection, metadata=metadata)

    def stats(self) -> IndexStats:
        """Say what is in the index; products are counted up to a million."""
        with self._errors():
            pictures = self._client.count(self._collection, exact=True).count
            limit = max(1, min(pictures, _PRODUCTS_COUNTED))
            products = self._client.facet(self._collection, GTIN, limit=limit).hits
        return replace(
            self._stats,
            picture_count=pictures,
            product_count=sum(hit.count > 0 for hit in products),
        )

    def close(self) -> None:
        """Do nothing: the client is the place's."""

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
        if not len(vectors):
            return []
        requests = [request_of(vector.tolist(), limit, scope) for vector in vectors]
        with self._errors():
            answers = self._client.query_batch_points(self._collection, requests)
        return [
            tuple(candidate_of(point.id, point.score, point.payload) for point in answer.points)
            for answer in answers
        ]

    def _errors(self) -> AbstractContextManager[None]:
        return cluster_errors(self._place.name)
