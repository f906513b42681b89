"""What Qdrant Edge is told, and what its errors mean.

The engine is young: everything that knows its classes is here and in `edge.py`. Why each
value is as it is: docs/decisions/0002-qdrant-edge.md.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as qdrant

from facings.errors import FacingsError, IndexUnusable, StorageFull
from facings.retrieve.index import (
    BUILDING_WIDTH,
    EXACT_UP_TO,
    LEAST_WIDTH,
    LINKS,
    REBUILD_HINT,
)
from facings.retrieve.payload import (
    ANSWER_FIELDS,
    KEYWORD_FIELDS,
    conditions,
    payload_of,
)
from facings.scope import GalleryBatch, Scope
from facings.types import FloatArray

_POINTS_A_CALL = 1000
_BYTES_A_NUMBER = 4
"""The engine counts vectors as float32 where it asks whether a graph is worth it."""


def create_shard(folder: Path, dim: int) -> qdrant.EdgeShard:
    """Start an empty shard in a folder that is empty, with its payload indexes."""
    vectors = qdrant.EdgeVectorParams(
        size=dim,
        distance=qdrant.Distance.Dot,
        datatype=qdrant.VectorStorageDatatype.Float16,
        memory=qdrant.Memory.Cached,
    )
    quantisation = qdrant.ScalarQuantizationConfig(
        type=qdrant.ScalarType.Int8, quantile=0.99, memory=qdrant.Memory.Pinned
    )
    graph = qdrant.HnswIndexConfig(
        m=LINKS, ef_construct=BUILDING_WIDTH, full_scan_threshold=10_000, payload_m=0
    )
    # of each segment, and a shard may have two
    threshold = qdrant.EdgeOptimizersConfig(
        indexing_threshold=max(1, EXACT_UP_TO // 2 * dim * _BYTES_A_NUMBER // 1024)
    )
    configuration = qdrant.EdgeConfig(
        vectors=vectors,
        quantization_config=quantisation,
        hnsw_config=graph,
        optimizers=threshold,
        payload_memory=qdrant.Memory.Cached,
    )
    shard = qdrant.EdgeShard.create(str(folder), configuration)
    for field in KEYWORD_FIELDS:
        shard.update(
            qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Keyword)
        )
    return shard


def upsert(shard: qdrant.EdgeShard, batch: GalleryBatch) -> None:
    """Write pictures; an id that is known is replaced."""
    rows = zip(
        batch.picture_ids.tolist(),
        batch.embeddings.vectors,
        batch.gtins,
        batch.labels,
        strict=True,
    )
    points = [
        qdrant.Point(picture_id, vector.tolist(), payload_of(gtin, labels))
        for picture_id, vector, gtin, labels in rows
    ]
    upsert_points(shard, points)


def upsert_points(shard: qdrant.EdgeShard, points: Sequence[qdrant.Point]) -> None:
    """Write points as they are."""
    for start in range(0, len(points), _POINTS_A_CALL):
        portion = list(points[start : start + _POINTS_A_CALL])
        shard.update(qdrant.UpdateOperation.upsert_points(portion))


def delete(shard: qdrant.EdgeShard, picture_ids: Sequence[int]) -> None:
    """Forget points; unknown ids are ignored."""
    ids: list[qdrant.PointId] = list(picture_ids)
    shard.update(qdrant.UpdateOperation.delete_points(ids))


def scope_filter(scope: Scope) -> qdrant.Filter | None:
    """Translate a scope; None where it names nothing."""
    wanted = conditions(scope)
    if not wanted:
        return None
    return qdrant.Filter(
        must=[
            qdrant.FieldCondition(name, match=qdrant.MatchValue(value))
            for name, value in wanted.items()
        ]
    )


def query(
    shard: qdrant.EdgeShard, vectors: FloatArray, limit: int, scope: Scope
) -> list[list[qdrant.ScoredPoint]]:
    """Find the nearest points: exactly where there are few in scope, else along the graph.

    Along the graph a filter needs ACORN (arXiv 2403.04871), which steps over points out of scope.
    """
    within = scope_filter(scope)
    exact = shard.count(qdrant.CountRequest(exact=False, filter=within)) <= EXACT_UP_TO
    params = qdrant.SearchParams(
        exact=exact,
        hnsw_ef=None if exact else max(LEAST_WIDTH, 2 * limit),
        quantization=qdrant.QuantizationSearchParams(rescore=True, oversampling=1.5),
        acorn=None if within is None or exact else qdrant.AcornSearchParams(enable=True),
    )
    requests = [
        qdrant.QueryRequest(
            limit=limit,
            query=qdrant.Query.Nearest(vector.tolist()),
            with_payload=ANSWER_FIELDS,
            filter=within,
            params=params,
        )
        for vector in vectors
    ]
    return shard.query_batch(qdrant.QueryBatchRequest(requests))


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
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
        if is_locked(error):
            raise IndexUnusable(
                f"the index in {folder} is open in another process",
                hint="stop the other one (a running server?) or give this one its own index",
            ) from error
        raise IndexUnusable(
            f"the index in {folder} cannot be used: {error}", hint=REBUILD_HINT
        ) from error


def is_locked(error: Exception) -> bool:
    """Say whether the engine failed because another process has the shard open."""
    return "WouldBlock" in str(error)


def delete_unless_open(shard_folder: Path) -> None:
    """Delete a shard that was replaced; one that a process still answers from is left for later."""
    try:
        qdrant.EdgeShard.load(str(shard_folder)).close()
    except Exception as error:  # noqa: BLE001 (the engine raises nothing more precise)
        if is_locked(error):
            return
    shutil.rmtree(shard_folder, ignore_errors=True)
