"""A catalogue moves to another embedder beside the old one, and switches when all is there.

Vectors are kept with the records, each embedder's beside the others', so a killed run goes on where
it was. The index is built beside the old one and takes its place in one step; the embedder follows
its index (`facings.catalogue.gallery.embedder_of`), so both are switched as one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facings.catalogue.gallery import embed_pictures, embedder_of
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.model_versions import find_version, keep_version
from facings.models import open_model, weights_folder
from facings.retrieve.build import rebuild_index
from facings.retrieve.index import IndexPlace, IndexStats

NAME = "facings-embedder"
Progress = Callable[[int, int], None]


def open_new_embedder(weights: Path | None) -> Embedder:
    """Load the embedder to move to.

    Args:
        weights: its folder; None means the published one: see `facings.models.weights_folder`.

    Raises:
        ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
    """
    return Embedder(*open_model(NAME, folder=weights))


def reembed(
    records: Records,
    place: IndexPlace,
    embedder: Embedder,
    kept: Path,
    *,
    weights: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> IndexStats:
    """Embed every picture with `embedder`, build its index beside the present one, and switch.

    Args:
        kept: folder where both embedders are kept, for whoever opens the index, and the way back.
        weights: folder that `embedder` comes from; None means the published one's.
        progress: told how many pictures of those that were waiting are embedded.

    Raises:
        PictureError: a picture of the catalogue is gone or damaged; nothing is switched.
        IndexMissing: the catalogue has no pictures.
        StorageFull: there is no room; the old index answers as before.
    """
    old = embedder_of(place, kept)
    for each, folder in ((old, None), (embedder, weights)):
        _keep(each, weights_folder(folder), kept)
    while True:
        embed_pictures(records, embedder, progress=progress)
        stats = rebuild_index(records, place, embedder.id, embedder.manifest.thresholds)
        if not records.pictures_without_embedding(embedder.id):  # what came meanwhile
            return stats


def _keep(embedder: Embedder, source: Path, kept: Path) -> None:
    """Keep an embedder where it is found without its folder."""
    manifest = embedder.manifest
    if (source / manifest.file).is_file() and not find_version(
        manifest.name, manifest.version, manifest.sha256, kept
    ):
        keep_version(manifest, source, kept)
