"""Packs: made from the records and the index, kept in a folder, told and served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from facings.catalogue.pack import PackContents, PackHead, int8_from_unit, pack_bytes, read_head
from facings.catalogue.records import Records
from facings.catalogue.sources import Sources
from facings.errors import CatalogueError
from facings.output import replaced_file
from facings.product import Product
from facings.rerank import without_pictures
from facings.retrieve.index import IndexStats
from facings.scope import Scope
from facings.server.details import Details
from facings.server.schemas.product import ProductOut
from facings.types import CellArray, EmbedderId, FloatArray

SUFFIX = ".facpack"
MIB = 2**20
_CHUNK = 256
_PICTURES = (8, 3, 2, 1)
"""Most pictures of a product, the first that fits."""


def packs_folder(home: Path) -> Path:
    """Where the service finds them."""
    return home / "packs"


def list_packs(home: Path) -> Iterator[tuple[Path, PackHead, bytes]]:
    """List the packs that can be read, with their heads, by name."""
    for file in sorted(packs_folder(home).glob(f"*{SUFFIX}")):
        try:
            yield file, *read_head(file)
        except (CatalogueError, OSError):
            continue


def make_pack(
    records: Records,
    stats: IndexStats,
    file: Path,
    scope: Scope,
    *,
    name: str,
    artwork_shape: tuple[int, ...],
    max_bytes: int,
    progress: Callable[[int, int], None] | None = None,
) -> PackHead:
    """Write everything a device needs to recognise and explain the products of a scope.

    As many pictures of each product go in as fit, and their artwork where all of that fits too.

    Args:
        name: of the store or region, for its reader.
        stats: of the index, whose embedder and thresholds the pack carries.
        artwork_shape: (C, H, W) of the embedder's artwork; empty where it has none.
        max_bytes: of the file.
        progress: called with the number of records done and of all.

    Raises:
        CatalogueError: there is nothing of that scope, or it is too much.
    """
    gallery = _gallery(records, stats.embedder, scope)
    if not gallery:
        raise CatalogueError(
            "no product of that scope has pictures",
            hint="look at what there is with `facings catalogue show`",
        )
    gtins = tuple(sorted(gallery))
    products = records.products(gtins)
    told = _told(records, [products[gtin] for gtin in gtins], progress)
    head = PackHead(
        name=name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        embedder=stats.embedder,
        thresholds=without_pictures(stats.thresholds),
        scope={name: value for name in ("retailer", "country", "category")
               if (value := getattr(scope, name))},
        attributions=_attributions(records, products),
        product_count=len(gtins),
        picture_count=0,
        dim=stats.dim,
        artwork_shape=(),
    )  # fmt: skip
    sizes = np.array([products[gtin].size_mm or (0, 0) for gtin in gtins], np.float32)
    tries = [(_PICTURES[0], True), *((most, False) for most in _PICTURES)]
    for most, with_artwork in tries if artwork_shape else tries[1:]:
        chosen = [(i, each) for i, gtin in enumerate(gtins) for each in gallery[gtin][:most]]
        vectors = np.stack([vector for _, (_, vector) in chosen])
        ids = [picture_id for _, (picture_id, _) in chosen]
        shape = artwork_shape if with_artwork else ()
        if len(ids) * (stats.dim + int(np.prod(shape)) * bool(shape)) > max_bytes:
            continue
        contents = PackContents(
            gtins,
            told,
            sizes,
            np.array([i for i, _ in chosen], np.uint32),
            int8_from_unit(vectors),
            _artwork(records, ids, stats.embedder, shape),
        )
        full = _with_counts(head, contents)
        packed = pack_bytes(full, contents)
        if len(packed) <= max_bytes:
            with replaced_file(file) as fresh:
                fresh.write_bytes(packed)
            return full
    raise CatalogueError(
        f"{len(gtins)} products do not fit into {max_bytes / MIB:.0f} MiB",
        hint="narrow it by --retailer, --country or --category, or raise --max-mb",
    )


def _gallery(
    records: Records, embedder: EmbedderId, scope: Scope
) -> dict[str, list[tuple[int, FloatArray]]]:
    """Pictures of each product in the scope, with their vectors, by ascending id."""
    found: dict[str, list[tuple[int, FloatArray]]] = defaultdict(list)
    for batch in records.embeddings(embedder):
        ids, vectors = batch.picture_ids.tolist(), batch.embeddings.vectors
        for i, (gtin, labels) in enumerate(zip(batch.gtins, batch.labels, strict=True)):
            if scope.covers(labels):
                found[gtin].append((ids[i], vectors[i]))
    return found


def _told(
    records: Records, products: list[Product], progress: Callable[[int, int], None] | None
) -> tuple[Mapping[str, Any], ...]:
    """Each product's record as the service tells it, without what is not known."""
    details = Details(records, frozenset({"knowledge", "offers", "reviews"}))
    told: list[Mapping[str, Any]] = []
    for start in range(0, len(products), _CHUNK):
        portion = products[start : start + _CHUNK]
        found = details.of(portion)
        told.extend(_compact(found[each.gtin]) for each in portion)
        if progress:
            progress(len(told), len(products))
    return tuple(told)


def _compact(product: ProductOut) -> Mapping[str, Any]:
    return product.model_dump(mode="json", exclude_none=True)


def _attributions(records: Records, products: Mapping[str, Product]) -> tuple[str, ...]:
    sources = Sources(records.database)
    found = [sources.of(name) for name in sorted({each.source or "" for each in products.values()})]
    return tuple(dict.fromkeys(each.attribution for each in found if each))


def _artwork(
    records: Records, ids: list[int], embedder: EmbedderId, shape: tuple[int, ...]
) -> CellArray | None:
    """(N, C, H, W) zeros for pictures whose artwork is not kept; None where none is wanted."""
    if not shape:
        return None
    known = records.artwork(ids, embedder)
    nothing = np.zeros(int(np.prod(shape)), np.int8)
    return np.stack([known.get(each, nothing) for each in ids]).reshape(len(ids), *shape)


def _with_counts(head: PackHead, contents: PackContents) -> PackHead:
    shape = () if contents.artwork is None else contents.artwork.shape[1:]
    return replace(head, picture_count=len(contents.vectors), artwork_shape=shape)
