"""What an engine keeps beside a vector: a GTIN and labels as plain values, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from facings.errors import IndexUnusable
from facings.retrieve.index import REBUILD_HINT
from facings.scope import GalleryBatch, Labels, Scope
from facings.types import Candidate, EmbedderId, Embeddings, Look

GTIN = "gtin"
_ACTIVE = "active"
_YES, _NO = "yes", "no"
"""Words, because Qdrant Edge 0.9.0 takes a Python bool for a number and then finds nothing."""
KEYWORD_FIELDS = (GTIN, "retailers", "countries", "category", _ACTIVE)
"""Fields with an index of their own."""
ANSWER_FIELDS = [GTIN, "valid_from", "valid_until"]
"""What a search needs of a picture it found."""

Payload = dict[str, Any]
Kept = tuple[object, Mapping[str, Any] | None, object]
"""A point as engines give it back: id, payload, vector."""


def payload_of(gtin: str, labels: Labels) -> Payload:
    """Lay out what is kept beside a vector; what is not recorded takes no room."""
    look = labels.look
    payload = {
        GTIN: gtin,
        "retailers": list(labels.retailers),
        "countries": list(labels.countries),
        "category": labels.category,
        "valid_from": look.valid_from if look else None,
        "valid_until": look.valid_until if look else None,
        _ACTIVE: _YES if labels.active else _NO,
    }
    return {name: value for name, value in payload.items() if value}


def labels_of(payload: Mapping[str, Any]) -> Labels:
    """Read the labels back."""
    return Labels(
        retailers=tuple(payload.get("retailers", ())),
        countries=tuple(payload.get("countries", ())),
        category=payload.get("category"),
        active=payload.get(_ACTIVE) != _NO,
        look=_look_of(payload),
    )


def conditions(scope: Scope) -> dict[str, str]:
    """Say which payload field must hold (or contain) which value; all of them must."""
    wanted = {
        "retailers": scope.retailer,
        "countries": scope.country,
        "category": scope.category,
        _ACTIVE: None if scope.active is None else _YES if scope.active else _NO,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def candidate_of(
    picture_id: object, similarity: float, payload: Mapping[str, Any] | None
) -> Candidate:
    """Read a picture that was found.

    Raises:
        IndexUnusable: it was not put there by Facings.
    """
    gtin = (payload or {}).get(GTIN)
    if payload is None or gtin is None or not isinstance(picture_id, int):
        raise IndexUnusable(
            f"the index holds a point without a GTIN: {picture_id}", hint=REBUILD_HINT
        )
    return Candidate(str(gtin), similarity, picture_id, _look_of(payload))


def batch_of(points: Sequence[Kept], embedder: EmbedderId, dim: int) -> GalleryBatch:
    """Put points that were read back together."""
    kept = [
        (candidate_of(point_id, 0.0, payload), payload or {}) for point_id, payload, _ in points
    ]
    vectors = np.array([vector for *_, vector in points], dtype=np.float32).reshape(-1, dim)
    return GalleryBatch(
        np.array([candidate.picture_id for candidate, _ in kept], dtype=np.int64),
        tuple(candidate.gtin for candidate, _ in kept),
        Embeddings(vectors, embedder),
        tuple(labels_of(payload) for _, payload in kept),
    )


def _look_of(payload: Mapping[str, Any]) -> Look | None:
    first, last = payload.get("valid_from"), payload.get("valid_until")
    return Look(first, last) if first or last else None
