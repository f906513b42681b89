"""What is proposed for a picture: boxes, found now or taken from a batch, and likely products."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from facings.batch.results import Job, read_job, result_file
from facings.capture import read_picture, small_jpeg
from facings.catalogue.gtin import natural_form
from facings.catalogue.records import Records
from facings.collect.review import disagreement, uncertainty
from facings.detect import Detector
from facings.errors import PictureError
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.types import Detections, FloatArray, Frame

_SUGGESTED = 3
_THUMBNAIL_PX = 96
_THUMBNAILS_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that a box may be."""

    gtin: str
    name: str
    similarity: float

    @property
    def title(self) -> str:
        """The number as it is printed, and the name: what a person reads and chooses."""
        return f"{natural_form(self.gtin)} {self.name}".strip()


Suggestions = tuple[tuple[Suggestion, ...], ...]
"""For each box its likeliest products, the likeliest first; empty where nobody asked."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """Boxes for one picture, and what may help a person with them."""

    detections: Detections
    suggestions: Suggestions = ()
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)
    """GTIN to a small picture of the product, a JPEG file; those without a picture are absent."""
    disagreement: float = 0.0
    """Of a second look at the same picture with the first, in [0, 1]."""

    @property
    def need(self) -> float:
        """How much a person is needed, in [0, 2]: what comes first in the queue."""
        return uncertainty(self.detections.scores) + self.disagreement


Propose = Callable[[Frame], Proposed]
Suggest = Callable[[Frame, Proposed], Proposed]
"""Adds likely products to boxes."""


def no_suggestions(_frame: Frame, proposed: Proposed) -> Proposed:
    """Suggest nothing: boxes alone are wanted."""
    return proposed


@dataclass(frozen=True, slots=True)
class ByDetector:
    """Proposes what a detector finds, and how far its look at the mirror image differs."""

    detector: Detector
    suggest: Suggest = no_suggestions

    @property
    def model(self) -> str:
        """Name and version of what finds the boxes."""
        return f"{self.detector.manifest.name} v{self.detector.manifest.version}"

    def propose(self, frame: Frame) -> Proposed:
        """Look at a picture twice."""
        found = self.detector.detect(frame)
        mirrored = mirrored_boxes(frame, self.detector.detect)
        differs = disagreement(found.boxes_xyxy, mirrored)
        return self.suggest(frame, Proposed(found, disagreement=differs))


@dataclass(frozen=True, slots=True)
class FromBatch:
    """Proposes what `facings batch propose` found, by the bytes of the picture."""

    folder: Path
    files: Mapping[str, Path]
    """Frames' names to the pictures' files."""
    suggest: Suggest = no_suggestions
    _job: Job = field(init=False)

    def __post_init__(self) -> None:
        """Read whose results the folder holds.

        Raises:
            PictureError: it holds none, or no boxes.
        """
        job = read_job(self.folder)
        if job.task != "propose":
            raise PictureError(
                f"{self.folder} holds results of {job.task}, not of propose",
                hint='"facings batch propose" writes boxes',
            )
        object.__setattr__(self, "_job", job)

    @property
    def model(self) -> str:
        """Name and version of what found the boxes."""
        return f"{self._job.model} v{self._job.version}"

    def propose(self, frame: Frame) -> Proposed:
        """Take the boxes of a picture; nobody looked twice.

        Raises:
            PictureError: there are none for it, or they are of another size.
        """
        file = self.files.get(frame.name)
        if file is None:
            raise PictureError(
                f"{frame.name} is no picture of its own: a batch has no frames of videos",
                hint="push videos without --proposals",
            )
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        try:
            kept = json.loads(result_file(self.folder, "propose", sha256).read_text("utf-8"))
        except FileNotFoundError:
            raise PictureError(
                f"{file} has no boxes in {self.folder}",
                hint=f'"facings batch propose {file} --out {self.folder}" finds them',
            ) from None
        found = Detections(
            np.array(kept["boxes_xyxy"], np.float32).reshape(-1, 4),
            np.array(kept["scores"], np.float32),
        )
        return self.suggest(frame, Proposed(found))


def suggest_by(recognizer: Recognizer) -> Suggest:
    """Add up to three products of the recognizer's catalogue to each box, with their pictures."""
    thumbnail_of = lru_cache(_THUMBNAILS_KEPT)(partial(_thumbnail, recognizer.records))

    def suggest(frame: Frame, proposed: Proposed) -> Proposed:
        found = proposed.detections
        embeddings = recognizer.embedder.embed(rectify(frame, found))
        facings = recognizer.recognise(embeddings, found).facings
        likely = [facing.match.alternatives[:_SUGGESTED] for facing in facings]
        gtins = {each.gtin for several in likely for each in several}
        products = recognizer.records.products(gtins)
        suggestions = tuple(
            tuple(
                Suggestion(each.gtin, products[each.gtin].name, each.similarity)
                for each in several
                if each.gtin in products
            )
            for several in likely
        )
        pictured = {gtin: small for gtin in sorted(gtins) if (small := thumbnail_of(gtin))}
        return replace(proposed, suggestions=suggestions, thumbnails=pictured)

    return suggest


def _thumbnail(records: Records, gtin: str) -> bytes | None:
    """Small JPEG of a product's first picture that can be read; None where there is none."""
    for picture in records.pictures([gtin]):
        try:
            return small_jpeg(read_picture(picture.path).image, _THUMBNAIL_PX)
        except PictureError:
            continue
    return None


def mirrored_boxes(frame: Frame, detect: Callable[[Frame], Detections]) -> FloatArray:
    """(N, 4) what a detector finds in the picture's mirror image, in pixels of the picture."""
    mirrored = Frame(np.ascontiguousarray(frame.image[:, ::-1]), frame.name)
    boxes = detect(mirrored).boxes_xyxy
    width = frame.size_wh[0]
    turned = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)
    return np.asarray(turned, np.float32)
