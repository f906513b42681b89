"""The collections of a cluster: how one is made, what it is asked, and how its errors read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client import QdrantClient, models

from facings.errors import FacingsError, IndexUnusable
from facings.retrieve.index import (
    BUILDING_WIDTH,
    EXACT_UP_TO,
    LEAST_WIDTH,
    LINKS,
    IndexStats,
)
from facings.retrieve.payload import ANSWER_FIELDS, KEYWORD_FIELDS, conditions
from facings.retrieve.sidecar import stats_document
from facings.scope import Scope

METADATA = "facings"
"""What of a collection's metadata is ours."""


def create_collection(client: QdrantClient, collection: str, stats: IndexStats) -> None:
    """Make a collection as `engine.create_shard` makes a shard.

    The full-scan threshold is in kilobytes of float32 vectors: filters that leave fewer pictures
    than are searched exactly on one machine are answered exactly here too.
    """
    kilobytes = EXACT_UP_TO * stats.dim * 4 // 1024
    client.create_collection(
        collection,
        vectors_config=models.VectorParams(
            size=stats.dim,
            distance=models.Distance.DOT,
            datatype=models.Datatype.FLOAT16,
            on_disk=True,
        ),
        hnsw_config=models.HnswConfigDiff(
            m=LINKS,
            ef_construct=BUILDING_WIDTH,
            payload_m=0,
            full_scan_threshold=max(10, kilobytes),
        ),
        quantization_config=models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(
                type=models.ScalarType.INT8, quantile=0.99, always_ram=True
            )
        ),
        metadata={METADATA: stats_document(stats)},
    )
    for field in KEYWORD_FIELDS:
        client.create_payload_index(collection, field, models.PayloadSchemaType.KEYWORD)


def request_of(vector: list[float], limit: int, scope: Scope) -> models.QueryRequest:
    """Ask for the nearest pictures in scope, as `engine.query` asks a shard."""
    wanted = conditions(scope)
    within = models.Filter(
        must=[
            models.FieldCondition(key=name, match=models.MatchValue(value=value))
            for name, value in wanted.items()
        ]
    )
    return models.QueryRequest(
        query=vector,
        limit=limit,
        filter=within if wanted else None,
        with_payload=ANSWER_FIELDS,
        params=models.SearchParams(
            hnsw_ef=max(LEAST_WIDTH, 2 * limit),
            quantization=models.QuantizationSearchParams(rescore=True, oversampling=1.5),
            acorn=models.AcornSearchParams(enable=True) if wanted else None,
        ),
    )


@contextmanager
def cluster_errors(name: str) -> Iterator[None]:
    """Turn what the client raises into Facings' own errors."""
    try:
        yield
    except FacingsError:
        raise
    except Exception as error:
        raise IndexUnusable(
            f"the index {name} in the cluster does not answer: {error}",
            hint="check FACINGS_INDEX_URL and FACINGS_INDEX_API_KEY, and that the cluster runs",
        ) from error
