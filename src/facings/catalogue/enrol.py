"""Enrol: pictures make a product findable at once, and are taken back as quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facings.capture import read_picture
from facings.catalogue.gtin import is_restricted, natural_form
from facings.catalogue.pictures import PictureFile, read_picture_file
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.errors import CatalogueError, IndexMissing
from facings.main_product import gallery_crop
from facings.product import Product
from facings.retrieve.build import rebuild_index
from facings.retrieve.index import IndexPlace, IndexStats, VectorIndex
from facings.scope import Labels
from facings.types import Crops, EmbedderId, Embeddings, Look


def enrol_product(
    gtin: str,
    files: Sequence[Path],
    *,
    name: str | None,
    records: Records,
    embedder: Embedder,
    place: IndexPlace,
    look: Look | None = None,
) -> IndexStats:
    """Keep pictures of a product with the records and add them to the index.

    Everything that may be wrong is checked before anything is written. Where there is no
    index yet, one is built of all that the records hold.

    Args:
        gtin: GTIN-14.
        files: at least one picture; one with the same bytes as another counts once.
        name: of a product that has no record yet; a record's name is never changed.
        look: packaging version that the pictures show; None leaves it as it is recorded.

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
    enrolment = _prepare(gtin, files, name, records, embedder, look)
    with _open_index(place, embedder.id) as index:
        if index:
            return _store_and_add(enrolment, records, index)
        _store(enrolment, records)
    return rebuild_index(records, place, embedder.id, embedder.manifest.thresholds)


def enrol_into(
    index: VectorIndex,
    gtin: str,
    files: Sequence[Path],
    *,
    name: str | None,
    records: Records,
    embedder: Embedder,
    look: Look | None = None,
) -> IndexStats:
    """Keep pictures of a product in an index that is open: see `enrol_product`."""
    return _store_and_add(_prepare(gtin, files, name, records, embedder, look), records, index)


def withdraw_pictures(
    gtin: str,
    picture_ids: Sequence[int] | None,
    *,
    records: Records,
    embedder: EmbedderId,
    place: IndexPlace,
) -> IndexStats:
    """Take pictures of a product out of the index and the records; the product's record stays.

    They leave the index first: after an interruption it can simply be done again.

    Args:
        gtin: GTIN-14.
        picture_ids: which of its pictures; None means all.

    Returns:
        What the index holds afterwards.

    Raises:
        CatalogueError: the product has no such picture.
        IndexMissing, IndexMismatch, IndexUnusable: there is no index to take them out of.
    """
    of_product = {picture.id for picture in records.pictures([gtin])}
    wanted = of_product if picture_ids is None else set(picture_ids)
    if not wanted or wanted - of_product:
        listed = ", ".join(map(str, sorted(wanted - of_product))) or "it has none"
        raise CatalogueError(
            f"no such picture of {natural_form(gtin)}: {listed}",
            hint="picture ids are those that facings scan --json and index doctor show",
        )
    index = place.open(embedder)
    try:
        index.remove(sorted(wanted))
        records.remove_pictures(sorted(wanted))
        return index.stats()
    finally:
        index.close()


def _new_product(gtin: str, name: str | None) -> Product:
    if name is None:
        raise CatalogueError(
            f"there is no product {natural_form(gtin)}",
            hint='give it a name with --name, or add it with "facings catalogue import FILE"',
        )
    return Product(gtin, name)


@contextmanager
def _open_index(place: IndexPlace, embedder: EmbedderId) -> Iterator[VectorIndex | None]:
    """Open the index while pictures are added; None where there is none yet."""
    try:
        index = place.open(embedder)
    except IndexMissing:
        yield None
        return
    try:
        yield index
    finally:
        index.close()


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """Everything that is to be written, checked."""

    product: Product
    sources: list[PictureFile]
    """Pictures with different bytes."""
    embeddings: Embeddings
    """(N, D), one a picture."""


def _prepare(
    gtin: str,
    files: Sequence[Path],
    name: str | None,
    records: Records,
    embedder: Embedder,
    look: Look | None,
) -> _Enrolment:
    if is_restricted(gtin):
        raise CatalogueError(
            f"{natural_form(gtin)} is a store-internal number, another product in another store",
            hint="use the number that the maker printed under the barcode",
        )
    product = records.product(gtin) or _new_product(gtin, name)
    read = {file: read_picture(file) for file in files}
    source_of = {
        file: read_picture_file(file.name, folder=file.parent, look=look) for file in files
    }
    different = list({source.sha256: file for file, source in source_of.items()}.values())
    crops = Crops(tuple(gallery_crop(read[file]) for file in different))
    return _Enrolment(product, [source_of[file] for file in different], embedder.embed(crops))


def _store_and_add(enrolment: _Enrolment, records: Records, index: VectorIndex) -> IndexStats:
    picture_ids, labels = _store(enrolment, records)
    gtins = [enrolment.product.gtin] * len(picture_ids)
    index.add(picture_ids, gtins, enrolment.embeddings, labels)
    return index.stats()


def _store(enrolment: _Enrolment, records: Records) -> tuple[list[int], list[Labels]]:
    """Write product, pictures and embeddings; return the pictures' ids and labels in order."""
    product = enrolment.product
    records.upsert([product], {product.gtin: enrolment.sources})
    kept = {each.source.sha256: each for each in records.pictures([product.gtin])}
    pictures = [kept[source.sha256] for source in enrolment.sources]
    picture_ids = [picture.id for picture in pictures]
    records.store_embeddings(picture_ids, enrolment.embeddings)
    labels = [
        Labels(
            retailers=product.retailers,
            countries=product.countries,
            category=product.category,
            active=product.active,
            look=picture.source.look,
        )
        for picture in pictures
    ]
    return picture_ids, labels
