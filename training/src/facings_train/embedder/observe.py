"""What the stages before `rerank` see on rendered shelves of which every product is known."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Self

import numpy as np

from facings.capture import read_picture
from facings.catalogue.gallery import embed_pictures, gallery_view, pictures_by_product
from facings.catalogue.gtin import gtin14
from facings.catalogue.importer import import_products
from facings.catalogue.pictures import Picture
from facings.catalogue.records import Records
from facings.compare import Comparison, compare_by_blocks, grey_view
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.calibration import Observation
from facings.evaluate.end_to_end import ShelfTruth, match_boxes
from facings.evidence.artwork import near_pictures, weigh_artwork
from facings.evidence.sizes import weigh_sizes
from facings.evidence.words import PrintReader, label_words, lines_on, weigh_words
from facings.main_product import main_index
from facings.recognizer import NEAREST
from facings.rectify import rectify
from facings.rerank import rerank
from facings.retrieve.exact import ExactIndex
from facings.straighten import straighten
from facings.types import (
    ByteImage,
    Candidates,
    CellArray,
    Clues,
    Crops,
    Detections,
    Evidence,
    Match,
)

LeavesOut = Callable[[dict[str, object]], bool]
"""Says of a product's record that the gallery shall not have it."""


def is_left_out(product: dict[str, object]) -> bool:
    """A fifth of the lines, by brand and kind, whatever the order."""
    line = f"{product['brand']} {product['category']}"
    return zlib.crc32(line.encode()) % 5 == 0


@dataclass(frozen=True)
class Gallery:
    """The products of one store that the index knows."""

    index: ExactIndex
    sizes_mm: Mapping[str, tuple[float, float]]
    labels: Mapping[str, frozenset[str]]
    artwork: Mapping[int, CellArray]
    comparison: Comparison[Picture]
    view: Callable[[str], ByteImage | None]
    """A product's first picture as it is compared; None where it has none."""

    def compare_by_blocks(self, crops: Crops, matches: Sequence[Match]) -> Clues:
        """Compare what is ambiguous, as a phone does; empty where that says nothing."""
        return tuple(
            self._by_blocks(crop, [each.gtin for each in match.alternatives])
            if match.state == "ambiguous"
            else {}
            for crop, match in zip(crops.images, matches, strict=True)
        )

    def _by_blocks(self, crop: ByteImage, gtins: Sequence[str]) -> Mapping[str, float]:
        shown = [(gtin, view) for gtin in gtins if (view := self.view(gtin)) is not None]
        if len(shown) < 2:
            return {}
        likeness = compare_by_blocks(crop, [view for _, view in shown])
        return {gtin: each for (gtin, _), each in zip(shown, likeness, strict=False)}


def open_gallery(
    store: Path, embedder: Embedder, home: Path, leaves_out: LeavesOut = is_left_out
) -> Gallery:
    """Import and embed four fifths of a store's lines, or what else `leaves_out` keeps."""
    products = json.loads((store / "products.json").read_text())
    kept = [product for product in products if not leaves_out(product)]
    for product in kept:
        for picture in product["pictures"]:
            picture["file"] = str((store / picture["file"]).resolve())
    table = home / "products.json"
    table.write_text(json.dumps(kept))
    index = ExactIndex(embedder.id, embedder.dim)
    gtins = frozenset(gtin14(product["gtin"]) for product in kept)
    with Records.open(f"sqlite:///{home / 'records.db'}") as records:
        import_products(table, records)
        embed_pictures(records, embedder)
        picture_ids: list[int] = []
        for batch in records.embeddings(embedder.id):
            index.add(batch.picture_ids, batch.gtins, batch.embeddings)
            picture_ids += batch.picture_ids.tolist()
        labels = {gtin: label_words(product) for gtin, product in records.products(gtins).items()}
        artwork = records.artwork(picture_ids, embedder.id)
        pictures = pictures_by_product(records, gtins)
        comparison = Comparison(lambda _gtins: pictures, gallery_view)

        @cache
        def view(gtin: str) -> ByteImage | None:
            shown = gallery_view(pictures[gtin][0]) if pictures.get(gtin) else None
            return None if shown is None else grey_view(shown)

        return Gallery(index, records.sizes_mm(gtins), labels, artwork, comparison, view)


@dataclass(frozen=True)
class Seen:
    """One shelf as the stages before `rerank` see it."""

    detections: Detections
    crops: Crops
    candidates: Candidates
    evidence: Evidence
    gallery: Gallery
    size_wh: tuple[int, int]
    """Of the picture, in pixels."""
    judged: Mapping[int, str | None]
    """Crop to its product's GTIN-14, None for one that the gallery lacks; crops of nothing that is
    there are absent."""

    def observations(self) -> list[Observation]:
        """What calibration learns from."""
        return [
            Observation(self.candidates.per_crop[i], self.evidence.of(i), gtin)
            for i, gtin in self.judged.items()
        ]

    def compare_by_blocks(self, thresholds: Mapping[str, float]) -> Self:
        """Compare what these thresholds leave ambiguous, as a phone does."""
        matches = rerank(self.candidates, self.evidence, thresholds)
        likeness = self.gallery.compare_by_blocks(self.crops, matches)
        return replace(self, evidence=replace(self.evidence, detail=likeness))

    def compare(self, thresholds: Mapping[str, float]) -> Self:
        """Compare what these thresholds do not settle with the gallery's pictures."""
        matches = rerank(self.candidates, self.evidence, thresholds)
        evidence = self.gallery.comparison.compare(self.crops, matches, self.evidence)
        return replace(self, evidence=evidence)

    def measure(self, thresholds: Mapping[str, float]) -> Self:
        """Weigh sizes again, by what these thresholds say the facings most likely are."""
        matches = rerank(self.candidates, self.evidence, thresholds)
        likely = [match.likeliest for match in matches]
        sizes = weigh_sizes(self.detections, self.candidates, self.gallery.sizes_mm, likely=likely)
        return replace(self, evidence=replace(self.evidence, size_misfit=sizes))

    def read(self, thresholds: Mapping[str, float], reader: PrintReader) -> Self:
        """Read what these thresholds leave ambiguous."""
        matches = rerank(self.candidates, self.evidence, thresholds)
        words = weigh_words(matches, self.gallery.labels, lines_on(self.crops, reader))
        return replace(self, evidence=replace(self.evidence, words=words))


def see(truth: ShelfTruth, detector: Detector, embedder: Embedder, gallery: Gallery) -> Seen:
    """Run the stages before `rerank` on one shelf."""
    seen = _look(truth.file, detector, embedder, gallery)
    owner = match_boxes(seen.detections.boxes_xyxy, truth.boxes_xyxy)
    judged = {
        int(i): truth.gtins[owner[i]] if truth.gtins[owner[i]] in gallery.labels else None
        for i in np.flatnonzero(owner >= 0)
    }
    return replace(seen, judged=judged)


def see_package(
    picture: Path, gtin: str, detector: Detector, embedder: Embedder, gallery: Gallery
) -> Seen:
    """Run them on a photo of one package: only the facing over its middle is judged."""
    seen = _look(picture, detector, embedder, gallery)
    main = main_index(seen.detections, seen.size_wh)
    known = gtin if gtin in gallery.labels else None
    return replace(seen, judged={} if main is None else {main: known})


def see_strangers(picture: Path, detector: Detector, embedder: Embedder, gallery: Gallery) -> Seen:
    """Run them on a photograph of a shop that sells nothing of the gallery: all is unknown."""
    seen = _look(picture, detector, embedder, gallery)
    return replace(seen, judged=dict.fromkeys(range(len(seen.detections))))


def _look(picture: Path, detector: Detector, embedder: Embedder, gallery: Gallery) -> Seen:
    frame = read_picture(picture)
    detections = detector.detect(frame)
    crops = rectify(frame, detections)
    embeddings = embedder.embed(crops)
    search = partial(gallery.index.search, k=NEAREST)
    crops, embeddings, candidates = straighten(
        frame, detections, (crops, embeddings, search(embeddings)), embedder.embed, search
    )
    near = {each: gallery.artwork[each] for each in near_pictures(candidates)}
    evidence = Evidence(
        size_misfit=weigh_sizes(detections, candidates, gallery.sizes_mm),
        artwork=weigh_artwork(embeddings, candidates, near),
        words=({},) * len(candidates),
    )
    return Seen(detections, crops, candidates, evidence, gallery, frame.size_wh, {})


def observations_of(shelves: Sequence[Seen]) -> list[Observation]:
    """All shelves' facings."""
    return [each for seen in shelves for each in seen.observations()]
