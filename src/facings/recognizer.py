"""The whole path from a picture to what stands on the shelf. It holds no logic of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from facings.capture import read_picture
from facings.catalogue.gallery import embedder_of, gallery_view, pictures_by_product
from facings.catalogue.records import Records
from facings.compare import PICTURE_WEIGHTS, Comparison
from facings.detect import Detector
from facings.embed import Embedder
from facings.evidence.artwork import near_pictures, weigh_artwork
from facings.evidence.sizes import weigh_sizes
from facings.evidence.words import (
    LinesOf,
    PrintReader,
    label_words,
    lines_on,
    open_reader,
    weigh_words,
)
from facings.product import Product
from facings.rectify import rectify
from facings.rerank import rerank
from facings.retrieve.index import VectorIndex
from facings.retrieve.place import index_place
from facings.scan import Scan
from facings.scope import EVERYTHING, Scope
from facings.settings import Settings
from facings.shelves import find_shelves
from facings.straighten import straighten
from facings.types import (
    NO_WITNESSES,
    Candidates,
    Clues,
    Crops,
    Detections,
    Embeddings,
    Evidence,
    Facing,
    FloatArray,
    Frame,
    Match,
    Shelves,
    Witnesses,
)

NEAREST = 10  # products considered for one facing

EmbedderAndIndex = tuple[Embedder, VectorIndex]
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """What the facings of one frame are whose picture stayed where it was taken."""

    facings: tuple[Facing, ...]
    """In the order of the detections given."""
    lines_xyxy: FloatArray
    """(S, 4) left and right end of each shelf's front edge."""
    latency_ms: Mapping[str, float]
    """Time each stage took, in the order they ran."""


class Recognizer:
    """Scans pictures against one catalogue and its index."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        index: VectorIndex,
        records: Records,
        reader: PrintReader | None = None,
        threads: int | None = None,
    ) -> None:
        self.detector = detector
        self.embedder = embedder
        self.index = index
        self.records = records
        self.reader = reader
        self._threads = threads
        self._comparison = Comparison(partial(pictures_by_product, records), gallery_view, threads)

    @classmethod
    def open(
        cls, home: Path | str | None = None, *, threads: int | None = None, reads_print: bool = True
    ) -> Self:
        """Open the catalogue and index in a folder, with the published models.

        Args:
            home: folder of the catalogue; None means FACINGS_HOME, or the user's data folder.
            threads: cores used by one scan; None means all.
            reads_print: whether facings that are ambiguous otherwise are read, where the extra
                `facings[print]` is installed: some 200 ms each.

        Raises:
            IndexMissing, IndexMismatch: the index must be built (again).
            ModelNotFound, ModelCorrupted: the models that came with the package are damaged.
        """
        settings = Settings() if home is None else Settings(home=Path(home))
        embedder, index = open_index(settings, threads)
        records = Records.open(settings.resolved_database_url)
        reader = open_reader() if reads_print else None
        return cls(Detector.load(threads=threads), embedder, index, records, reader, threads)

    def with_index(self, embedder: Embedder, index: VectorIndex) -> Recognizer:
        """Make one that decides by another index; all the rest is shared with this one."""
        return Recognizer(self.detector, embedder, index, self.records, self.reader, self._threads)

    def scan(self, picture: Frame | Path | str | bytes, scope: Scope = EVERYTHING) -> Scan:
        """Find every facing in a picture and say which product it is.

        Args:
            scope: which products it may be, such as those of one retailer.

        Raises:
            PictureError: the picture cannot be read.
        """
        clock = _Clock()
        frame = clock.time("capture", _as_frame, picture)
        detections = clock.time("detect", self.detector.detect, frame)
        shelves = clock.time("shelves", find_shelves, detections)
        crops = clock.time("rectify", rectify, frame, detections)
        embeddings = clock.time("embed", self.embedder.embed, crops)
        candidates = clock.time("retrieve", self.index.search, embeddings, NEAREST, scope)
        # A video shows a facing again, nearer: looking twice and reading would only hold it up.
        readable = None
        if frame.timestamp_ms is None:
            search = partial(self.index.search, k=NEAREST, scope=scope)
            seen = (crops, embeddings, candidates)
            readable, embeddings, candidates = clock.time(
                "straighten", straighten, frame, detections, seen, self.embedder.embed, search
            )
        lines_of = lines_on(readable, self.reader) if readable else None
        facings = self._name(clock, detections, shelves, embeddings, candidates, readable, lines_of)
        return Scan(
            name=frame.name,
            size_wh=frame.size_wh,
            facings=tuple(
                sorted(facings, key=lambda each: (each.shelf_index, each.position_index))
            ),
            lines_xyxy=shelves.lines_xyxy,
            latency_ms=clock.latency_ms,
            image=frame.image,
            models={
                "detect": self.detector.manifest.label,
                "embed": self.embedder.manifest.label,
            },
            timestamp_ms=frame.timestamp_ms,
        )

    def recognise(
        self,
        embeddings: Embeddings,
        detections: Detections,
        scope: Scope = EVERYTHING,
        witnesses: Witnesses = NO_WITNESSES,
        printed: Sequence[Sequence[str]] = (),
        detail: Clues = (),
    ) -> Recognition:
        """Say which product each facing is that was found and embedded somewhere else.

        Args:
            embeddings: (N, D) of this embedder, in the order of `detections`; where they bring
                their artwork, look-alikes are told apart more surely.
            scope: which products it may be.
            witnesses: other facings of the frame, recognised before.
            printed: lines that were read on each facing, none where it was not read; empty where
                none was.
            detail: likeness of each facing to pictures of what it may be, by GTIN: see
                `facings.compare.compare_by_blocks`; empty where none was compared.

        Raises:
            ValueError: `printed` or `detail` is of another length.
            IndexMismatch: the vectors are of another embedder or length.
        """
        for name, told in (("printed", printed), ("detail", detail)):
            if told and len(told) != len(detections):
                raise ValueError(f"{len(detections)} facings, but {name} tells of {len(told)}")
        clock = _Clock()
        shelves = clock.time("shelves", find_shelves, detections)
        candidates = clock.time("retrieve", self.index.search, embeddings, NEAREST, scope)
        facings = self._name(
            clock,
            detections,
            shelves,
            embeddings,
            candidates,
            lines_of=printed.__getitem__ if printed else None,
            witnesses=witnesses,
            detail=detail,
        )
        return Recognition(facings, shelves.lines_xyxy, clock.latency_ms)

    def _name(
        self,
        clock: _Clock,
        detections: Detections,
        shelves: Shelves,
        embeddings: Embeddings,
        candidates: Candidates,
        crops: Crops | None = None,
        lines_of: LinesOf | None = None,
        witnesses: Witnesses = NO_WITNESSES,
        detail: Clues = (),
    ) -> tuple[Facing, ...]:
        """Name every facing, in the order of the detections."""
        evidence = clock.time(
            "evidence", self._weigh, detections, embeddings, candidates, witnesses, detail
        )
        thresholds = self.index.thresholds
        matches = clock.time("rerank", rerank, candidates, evidence, thresholds)
        if crops and any(map(thresholds.get, PICTURE_WEIGHTS)):
            evidence = clock.time("compare", self._comparison.compare, crops, matches, evidence)
            matches = clock.time("rerank", rerank, candidates, evidence, thresholds)
            # What pictures settled tells sizes better than what merely looked most alike.
            seen = (detections, candidates, witnesses)
            sizes = clock.time("evidence", self._weigh_sizes, *seen, matches)
            evidence = replace(evidence, size_misfit=sizes)
            matches = clock.time("rerank", rerank, candidates, evidence, thresholds)
        if lines_of:
            read = clock.time("read", self._read, matches, lines_of)
            evidence = replace(evidence, words=read)
            matches = clock.time("rerank", rerank, candidates, evidence, thresholds)
        gtins = [match.gtin for match in matches if match.gtin]
        products = clock.time("products", self.records.products, gtins)
        return _facings(detections, shelves, matches, products)

    def _weigh(
        self,
        detections: Detections,
        embeddings: Embeddings,
        candidates: Candidates,
        witnesses: Witnesses,
        detail: Clues,
    ) -> Evidence:
        """Look up what the candidates' records say, and hold it against the facings."""
        gallery = self.records.artwork(near_pictures(candidates), self.embedder.id)
        return Evidence(
            size_misfit=self._weigh_sizes(detections, candidates, witnesses),
            artwork=weigh_artwork(embeddings, candidates, gallery),
            words=({},) * len(candidates),
            detail=detail,
        )

    def _weigh_sizes(
        self,
        detections: Detections,
        candidates: Candidates,
        witnesses: Witnesses,
        matches: Sequence[Match] | None = None,
    ) -> Clues:
        """Hold the candidates' sizes against the facings; `matches` say what these likely are."""
        sizes_mm = self.records.sizes_mm(candidates.gtins().union(witnesses.gtins))
        likely = None if matches is None else [match.likeliest for match in matches]
        return weigh_sizes(detections, candidates, sizes_mm, witnesses, likely)

    def _read(self, matches: tuple[Match, ...], lines_of: LinesOf) -> Clues:
        """Look on ambiguous facings for the words that only one of their products has."""
        unsure = {
            other.gtin
            for match in matches
            if match.state == "ambiguous"
            for other in match.alternatives
        }
        labels = {
            gtin: label_words(product) for gtin, product in self.records.products(unsure).items()
        }
        return weigh_words(matches, labels, lines_of)

    def close(self) -> None:
        """Release the index and the database."""
        self.index.close()
        self.records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_index(settings: Settings, threads: int | None = None) -> EmbedderAndIndex:
    """Open the index of a home, or of a cluster, and the embedder that it was built with.

    Raises:
        IndexMissing, IndexMismatch: the index must be built (again).
        ModelNotFound, ModelCorrupted: its embedder is damaged.
    """
    place = index_place(
        settings.index_folder,
        settings.index_url,
        settings.index_api_key,
        settings.index_name,
    )
    embedder = embedder_of(place, settings.weights_folder, threads)
    return embedder, place.open(embedder.id)


class _Clock:
    """Times the stages of one scan."""

    def __init__(self) -> None:
        self.latency_ms: dict[str, float] = {}

    def time(
        self,
        stage: str,
        run: Callable[_Arguments, _Result],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Result:
        started = time.perf_counter()
        result = run(*arguments, **named)
        took_ms = (time.perf_counter() - started) * 1000
        self.latency_ms[stage] = self.latency_ms.get(stage, 0.0) + took_ms
        return result


def _as_frame(picture: Frame | Path | str | bytes) -> Frame:
    return picture if isinstance(picture, Frame) else read_picture(picture)


def _facings(
    detections: Detections,
    shelves: Shelves,
    matches: tuple[Match, ...],
    products: dict[str, Product],
) -> tuple[Facing, ...]:
    return tuple(
        Facing(
            box_xyxy=(box[0], box[1], box[2], box[3]),
            score=score,
            shelf_index=shelf,
            position_index=position,
            match=match,
            product=products.get(match.gtin) if match.gtin else None,
        )
        for box, score, shelf, position, match in zip(
            detections.boxes_xyxy.tolist(),
            detections.scores.tolist(),
            shelves.shelf_index.tolist(),
            shelves.position_index.tolist(),
            matches,
            strict=True,
        )
    )
