"""Small galleries for tests of retrieval."""

from __future__ import annotations

import numpy as np

from facings.types import Candidates, EmbedderId, Embeddings

EMBEDDER = EmbedderId("embedder-s", 2, "ab" * 32)
OTHER = EmbedderId("embedder-s", 3, "cd" * 32)
THRESHOLDS = {
    "accept": 0.6, "sure": 0.8, "sharpness": 30.0,
    "size_weight": 0.3, "artwork_weight": 0.4, "words_weight": 0.1,
}  # fmt: skip
DIM = 32


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1, float32, exact in float16 as the records keep them."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def embeddings(count: int, *, seed: int = 0, dim: int = DIM) -> Embeddings:
    """Random unit vectors."""
    return Embeddings(unit(np.random.default_rng(seed).standard_normal((count, dim))), EMBEDDER)


def gtins(count: int, *, pictures_a_product: int = 5) -> list[str]:
    """A GTIN for each of `count` pictures."""
    return [f"{number // pictures_a_product:014d}" for number in range(count)]


def assert_same_answers(got: Candidates, expected: Candidates) -> None:
    """The same products with the same similarities; near ties may change places."""
    assert len(got) == len(expected)
    for mine, reference in zip(got.per_crop, expected.per_crop, strict=True):
        assert len(mine) == len({candidate.gtin for candidate in mine}) == len(reference)
        np.testing.assert_allclose(
            [candidate.similarity for candidate in mine],
            [candidate.similarity for candidate in reference],
            atol=1e-3,
        )
        worst = reference[-1].similarity
        clear = {c.gtin for c in reference if c.similarity > worst + 2e-3}
        assert clear <= {candidate.gtin for candidate in mine}
