"""Gallery: the catalogue's pictures, embedded and kept with the records."""

from __future__ import annotations

from collections.abc import Callable

from facings.capture import read_picture
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.main_product import gallery_crop
from facings.types import Crops

_BATCH = 32  # pictures whose vectors are kept at once: an interruption loses no more than these


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
