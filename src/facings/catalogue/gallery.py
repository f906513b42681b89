"""Gallery: the catalogue's pictures, embedded and kept with the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from facings.capture import read_picture
from facings.catalogue.pictures import Picture
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.errors import IndexUnusable, PictureError
from facings.main_product import gallery_crop
from facings.model_versions import find_version
from facings.models import open_model, weights_folder
from facings.retrieve.index import IndexPlace
from facings.types import ByteImage, Crops

_BATCH = 32  # pictures whose vectors are kept at once: an interruption loses no more than these


def embedder_of(place: IndexPlace, kept: Path, threads: int | None = None) -> Embedder:
    """Load the embedder that the index was built with, so that both are switched as one.

    Args:
        kept: folder of embedders beside the published ones: `reembed` puts them there.
        threads: cores used within one call; None means all this process may use.

    Returns:
        Its embedder; the published one where there is no index, or its embedder is nowhere: then
        opening the index says what to do.

    Raises:
        ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
    """
    try:
        wanted = place.embedder()
    except IndexUnusable:
        return Embedder.load(threads=threads)
    for folder in (weights_folder(), kept):
        stem = find_version(wanted.name, wanted.version, wanted.sha256, folder)
        if stem:
            return Embedder(*open_model(stem, threads, folder))
    return Embedder.load(threads=threads)


def pictures_by_product(records: Records, gtins: Iterable[str]) -> dict[str, list[Picture]]:
    """List the pictures of these products, each product's by ascending id."""
    found: dict[str, list[Picture]] = {}
    for each in records.pictures(gtins):
        found.setdefault(each.gtin, []).append(each)
    return found


def gallery_view(picture: Picture) -> ByteImage | None:
    """Read a picture of a product again, cut as it was embedded; None where it is gone.

    In a photo the detector has to find the product again, which takes as long as a scan's.
    """
    try:
        return gallery_crop(read_picture(picture.path))
    except PictureError:
        return None


def embed_pictures(
    records: Records,
    embedder: Embedder,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Embed every picture that has no vector of this embedder yet; how many there were.

    Args:
        progress: called with the number of pictures done and of all.

    Raises:
        PictureError: a picture of the catalogue is gone or damaged; those before it are kept.
    """
    waiting = records.pictures_without_embedding(embedder.id)
    for start in range(0, len(waiting), _BATCH):
        pictures = waiting[start : start + _BATCH]
        crops = Crops(tuple(gallery_crop(read_picture(each.path)) for each in pictures))
        records.store_embeddings([each.id for each in pictures], embedder.embed(crops))
        if progress:
            progress(start + len(pictures), len(waiting))
    return len(waiting)
