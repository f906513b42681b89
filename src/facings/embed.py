"""Embed: each crop to a unit vector that is near those of the same product."""

from __future__ import annotations

import re

import numpy as np

from facings.models import Manifest, open_model
from facings.session import Session
from facings.tensor import crop_tensor
from facings.types import Crops, EmbedderId, Embeddings

_BATCH = 16  # larger batches bring nothing on a CPU and take memory


class Embedder:
    """Turns crops into vectors."""

    def __init__(self, manifest: Manifest, session: Session) -> None:
        self.manifest = manifest
        self.id = EmbedderId(manifest.name, manifest.version, manifest.sha256)
        self._session = session

    @classmethod
    def load(cls, name: str = "facings-embedder", threads: int | None = None) -> Embedder:
        """Load a published embedder.

        Raises:
            ModelNotFound, ModelCorrupted: see `facings.models.open_model`.
        """
        return cls(*open_model(name, threads))

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.manifest.embedding_dim or 0

    @property
    def artwork_shape(self) -> tuple[int, ...]:
        """(C, H, W) of one crop's artwork; empty for an embedder that has none."""
        said = re.match(r"\(crops, (\d+), (\d+), (\d+)\)", self.manifest.outputs.get("artwork", ""))
        return tuple(map(int, said.groups())) if said else ()

    def embed(self, crops: Crops) -> Embeddings:
        """Embed crops of any size, in order. No crops give a (0, D) array."""
        spec = self.manifest.input
        vectors, artwork = [np.zeros((0, self.dim), np.float32)], []
        for start in range(0, len(crops), _BATCH):
            images = crops.images[start : start + _BATCH]
            batch = np.stack([crop_tensor(image, spec) for image in images])
            found = self._session.run({spec.name: batch})
            vectors.append(found["vectors"])
            if "artwork" in found:
                artwork.append(np.rint(found["artwork"] * 127).astype(np.int8))
        whole = np.concatenate(artwork) if artwork else None
        return Embeddings(np.concatenate(vectors), self.id, whole)
