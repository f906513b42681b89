"""Enrol: pictures make a product findable at once, without building the index anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facings.capture import read_picture
from facings.catalogue.gtin import is_restricted, natural_form
from facings.catalogue.pictures import PictureFile, read_picture_file
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.errors import CatalogueError, IndexMissing
from facings.rectify import trim_packshot
from facings.retrieve.build import build_index
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import IndexStats
from facings.types import Crops, Embeddings, Product


def enrol_product(
    gtin: str,
    files: Sequence[Path],
    *,
    name: str | None,
    records: Records,
    embedder: Embedder,
    index_folder: Path,
) -> IndexStats:
    """Keep pictures of a product with the records and add them to the index.

    Everything that may be wrong is checked before anything is written. Where there is no
    index yet, one is built of all that the records hold.

    Args:
        gtin: GTIN-14.
        files: at least one picture; one with the same bytes as another counts once.
        name: of a product that has no record yet; a record's name is never changed.

    Returns:
        What the index holds afterwards.

    Raises:
        CatalogueError: there is no record of this GTIN and no name for one, or the GTIN is
            one of a single store.
        PictureError: a picture cannot be read.
        IndexMismatch: the index holds vectors of another embedder.
        IndexUnusable: another process has the index open.
        StorageFull: the disk is full.
    """
    if is_restricted(gtin):
        raise CatalogueError(
            f"{natural_form(gtin)} is a store-internal number, another product in another store",
            hint="use the number that the maker printed under the barcode",
        )
    product = records.product(gtin) or _new_product(gtin, name)
    read = {file: read_picture(file) for file in files}
    source_of = {file: read_picture_file(file.name, folder=file.parent) for file in files}
    different = list({source.sha256: file for file, source in source_of.items()}.values())
    crops = Crops(tuple(trim_packshot(read[file].image) for file in different))
    embeddings = embedder.embed(crops)
    index = _open_index(index_folder, embedder)
    try:
        sources = [source_of[file] for file in different]
        picture_ids = _store(records, product, sources, embeddings)
        if index:
            index.add(picture_ids, [gtin] * len(picture_ids), embeddings)
            return index.stats()
    finally:
        if index:
            index.close()
    return build_index(records, index_folder, embedder.id, embedder.manifest.thresholds)


def _new_product(gtin: str, name: str | None) -> Product:
    if name is None:
        raise CatalogueError(
            f"there is no product {natural_form(gtin)}",
            hint='give it a name with --name, or add it with "facings catalogue import FILE"',
        )
    return Product(gtin, name)


def _open_index(folder: Path, embedder: Embedder) -> EdgeIndex | None:
    try:
        return EdgeIndex.open(folder, embedder.id)
    except IndexMissing:
        return None


def _store(
    records: Records, product: Product, sources: Sequence[PictureFile], embeddings: Embeddings
) -> list[int]:
    """Write product, pictures and embeddings; return the pictures' ids in the order given."""
    records.upsert([product], {product.gtin: sources})
    id_of = {each.source.sha256: each.id for each in records.pictures([product.gtin])}
    picture_ids = [id_of[source.sha256] for source in sources]
    records.store_embeddings(picture_ids, embeddings)
    return picture_ids
