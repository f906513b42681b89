"""Vectors shaped like the embedder's: products in families, several pictures each.

A family (a brand's line) is a direction in a latent space whose components fall off as those of
real embeddings do; its products lie close around it, their pictures close around them, some
much less so than others. The constants were set so that cosines resemble those of
facings-embedder v1 on a rendered store of 318 products (docs/log.md, 2026-11-25): query to own
product 0.88, to the nearest other 0.79, random pairs 0.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facings.scope import GalleryBatch, Labels
from facings.types import EmbedderId, Embeddings

EMBEDDER = EmbedderId("synthetic", 1, "0" * 64)
DIM = 256
PICTURES_A_PRODUCT = 5
PRODUCTS_A_FAMILY = 8
RETAILERS = 10
"""One sells each product: a filter of a tenth."""
CATEGORIES = 100
"""One holds each family: a filter of a hundredth."""
_LATENT = 96
_FALL_OFF = 0.5
_OWN_SHARE = 0.17
"""Share of a product's variance that its family does not have."""
_GALLERY_NOISE = 0.30
_QUERY_NOISE = 0.47
_NOISE_SPREAD = 0.35
_BATCH_PRODUCTS = 2000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All pictures, in one array, and the product of each."""

    vectors: Floats
    """(N, DIM) unit rows, exact in float16."""
    product_of: NDArray[np.int64]
    """(N,)"""

    def batches(self, size: int = 4000, start: int = 0) -> Iterator[GalleryBatch]:
        """Give the pictures as an index takes them; ids are places in the array."""
        for first in range(start, len(self.vectors), size):
            products = self.product_of[first : first + size].tolist()
            yield GalleryBatch(
                np.arange(first, first + len(products), dtype=np.int64),
                tuple(map(gtin_of, products)),
                Embeddings(self.vectors[first : first + size], EMBEDDER),
                tuple(map(labels_of, products)),
            )


def gtin_of(product: int) -> str:
    """Name a product."""
    return f"{product:014d}"


def labels_of(product: int) -> Labels:
    """Say who sells a product and what it is."""
    family = product // PRODUCTS_A_FAMILY
    return Labels(
        retailers=(f"retailer-{product % RETAILERS}",),
        countries=("SE",),
        category=f"category-{family % CATEGORIES}",
        active=product % 20 != 0,
    )


def make_gallery(picture_count: int) -> Gallery:
    """Make the first `picture_count` pictures; a larger gallery begins with a smaller one."""
    product_count = -(-picture_count // PICTURES_A_PRODUCT)
    vectors = np.empty((product_count * PICTURES_A_PRODUCT, DIM), dtype=np.float32)
    for first in range(0, product_count, _BATCH_PRODUCTS):
        looks = np.repeat(_looks(first), PICTURES_A_PRODUCT, axis=0)
        pictures = _pictures(looks, _GALLERY_NOISE, np.random.default_rng((2, first)))
        place = first * PICTURES_A_PRODUCT
        vectors[place : place + len(pictures)] = pictures[: len(vectors) - place]
    product_of = np.arange(len(vectors), dtype=np.int64) // PICTURES_A_PRODUCT
    return Gallery(vectors[:picture_count], product_of[:picture_count])


def make_queries(
    picture_count: int, query_count: int, seed: int = 0, first_product: int = 0
) -> tuple[Floats, NDArray[np.int64]]:
    """Make unseen, worse pictures of products of a gallery: (Q, DIM) rows and their products.

    Args:
        first_product: beyond the gallery's products the pictures show what it has not.
    """
    generator = np.random.default_rng((3, seed))
    product_count = -(-picture_count // PICTURES_A_PRODUCT) if not first_product else query_count
    products = first_product + generator.integers(0, product_count, query_count)
    looks = np.empty((query_count, _LATENT), dtype=np.float32)
    block = products // _BATCH_PRODUCTS
    for number in np.unique(block):
        of_block = block == number
        first = int(number) * _BATCH_PRODUCTS
        looks[of_block] = _looks(first)[products[of_block] - first]
    return _pictures(looks, _QUERY_NOISE, generator), products


def _looks(first: int) -> Floats:
    """Latent looks of the products from `first` on, one block of families."""
    generator = np.random.default_rng((1, first))
    shape = (_BATCH_PRODUCTS, _LATENT)
    families = generator.standard_normal(
        (_BATCH_PRODUCTS // PRODUCTS_A_FAMILY, _LATENT), dtype=np.float32
    )
    shared = np.repeat(families, PRODUCTS_A_FAMILY, axis=0)
    own = generator.standard_normal(shape, dtype=np.float32)
    scales = np.arange(1, _LATENT + 1, dtype=np.float32) ** -_FALL_OFF
    scales /= np.linalg.norm(scales)
    looks = (np.sqrt(1 - _OWN_SHARE) * shared + np.sqrt(_OWN_SHARE) * own) * scales
    common = np.zeros(_LATENT, dtype=np.float32)
    common[0] = 0.25
    return np.asarray(looks + common, dtype=np.float32)


def _pictures(looks: Floats, noise: float, generator: np.random.Generator) -> Floats:
    """Embed looks: half of the noise lies along the looks' own directions, half anywhere."""
    axes = np.linalg.qr(np.random.default_rng(0).standard_normal((DIM, _LATENT)))[0]
    strength = noise * np.exp(_NOISE_SPREAD * generator.standard_normal((len(looks), 1)))
    scales = np.arange(1, _LATENT + 1, dtype=np.float32) ** -_FALL_OFF
    scales /= np.linalg.norm(scales)
    along = generator.standard_normal(looks.shape, dtype=np.float32) * scales
    anywhere = generator.standard_normal((len(looks), DIM), dtype=np.float32) / np.sqrt(DIM)
    rows = (looks + strength * 0.7 * along) @ axes.T.astype(np.float32)
    rows = rows + strength * 0.7 * anywhere
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows, dtype=np.float16).astype(np.float32)
