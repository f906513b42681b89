"""The values that travel from stage to stage: frozen, and checked where they are born.

Pictures are RGB uint8 (H, W, 3). Boxes are `xyxy` in pixels of the frame, float32,
x right and y down. Similarity is a dot product of unit vectors, higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facings.product import Product

ByteImage = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
CellArray = NDArray[np.int8]

State = Literal["recognised", "ambiguous", "unknown"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One upright picture, as a person would see it."""

    image: ByteImage
    """(H, W, 3) RGB, EXIF rotation already applied."""
    name: str = "frame"
    """Where it came from: a file name, or `video.mp4#120` for a frame of a video."""
    timestamp_ms: float | None = None
    """Time since the video's start; None for a still."""

    def __post_init__(self) -> None:
        shape, dtype = self.image.shape, self.image.dtype
        if len(shape) != 3 or shape[2] != 3 or dtype != np.uint8 or 0 in shape:
            raise ValueError(f"a frame is a non-empty (H, W, 3) uint8 array, got {shape} {dtype}")

    @property
    def size_wh(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Marks:
    """Price tags or empty facings found in one frame, best score first."""

    boxes_xyxy: FloatArray
    """(N, 4) corners in pixels of the frame."""
    scores: FloatArray
    """(N,) in [0, 1]."""

    def __post_init__(self) -> None:
        _check_scored_boxes("marks", self.boxes_xyxy, self.scores)

    def __len__(self) -> int:
        return len(self.scores)


def _check_scored_boxes(what: str, boxes_xyxy: FloatArray, scores: FloatArray) -> None:
    count = len(scores)
    if boxes_xyxy.shape != (count, 4) or scores.shape != (count,):
        raise ValueError(
            f"{what} need (N, 4) boxes and (N,) scores, got {boxes_xyxy.shape} and {scores.shape}"
        )


NO_MARKS = Marks(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Detections:
    """Facings found in one frame, best score first, and what else is on its shelves."""

    boxes_xyxy: FloatArray
    """(N, 4) corners in pixels of the frame."""
    scores: FloatArray
    """(N,) in [0, 1]."""
    quads: FloatArray | None = None
    """(N, 4, 2) corners of each front from the top left, clockwise; None where boxes are all that
    is known."""
    price_tags: Marks = NO_MARKS
    gaps: Marks = NO_MARKS
    """Empty facings."""

    def __post_init__(self) -> None:
        _check_scored_boxes("detections", self.boxes_xyxy, self.scores)
        if self.quads is not None and self.quads.shape != (len(self), 4, 2):
            raise ValueError(f"detections need (N, 4, 2) quads, got {self.quads.shape}")

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Which shelf each facing stands on, and where on it."""

    shelf_index: IntArray
    """(N,) row of each detection, 0 at the top."""
    position_index: IntArray
    """(N,) place in its row, 0 at the left."""
    lines_xyxy: FloatArray
    """(S, 4) left and right end of each shelf's front edge, where its products stand."""

    def __post_init__(self) -> None:
        if self.shelf_index.shape != self.position_index.shape:
            raise ValueError(
                f"one shelf and one position a detection, "
                f"got {self.shelf_index.shape} and {self.position_index.shape}"
            )
        if self.lines_xyxy.ndim != 2 or self.lines_xyxy.shape[1] != 4:
            raise ValueError(f"shelf lines are (S, 4), got {self.lines_xyxy.shape}")


@dataclass(frozen=True, slots=True)
class Crops:
    """One upright picture a detection, in the same order."""

    images: tuple[ByteImage, ...]
    """Each (h, w, 3) RGB, sizes differ."""

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True)
class EmbedderId:
    """Which embedder made a vector: vectors of two embedders never meet."""

    name: str
    version: int
    sha256: str
    """Hash of the weights file."""

    def __str__(self) -> str:
        return f"{self.name} v{self.version} ({self.sha256[:8]})"


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One unit vector a crop, in the same order."""

    vectors: FloatArray
    """(N, D), rows of length 1."""
    embedder: EmbedderId
    artwork: CellArray | None = None
    """(N, C, H, W) what is printed where: for each cell of an upright pack a unit vector x 127.
    None where nobody computed it."""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2:
            raise ValueError(f"embeddings are (N, D), got {self.vectors.shape}")
        if self.artwork is not None and (
            self.artwork.ndim != 4 or len(self.artwork) != len(self.vectors)
        ):
            raise ValueError(
                f"artwork is (N, C, H, W) for {len(self.vectors)} vectors, got {self.artwork.shape}"
            )
        if len(self.vectors) and not np.allclose(
            np.linalg.norm(self.vectors, axis=1), 1.0, atol=1e-3
        ):
            raise ValueError("embeddings are unit vectors: normalise them before")

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: Sequence[int]) -> Embeddings:
        """Those of these rows, in this order."""
        which = np.asarray(rows, np.int64)
        artwork = None if self.artwork is None else self.artwork[which]
        return Embeddings(self.vectors[which], self.embedder, artwork)


def join_embeddings(parts: Sequence[Embeddings]) -> Embeddings:
    """Put at least one part of the same embedder one behind the other.

    There is artwork where every part that has rows brings it.
    """
    artwork = [each.artwork for each in parts if len(each) or each.artwork is not None]
    known = [each for each in artwork if each is not None]
    return Embeddings(
        np.concatenate([each.vectors for each in parts]),
        parts[0].embedder,
        np.concatenate(known) if known and len(known) == len(artwork) else None,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """A packaging version of a product: when packs that look like this are sold."""

    valid_from: str | None = None
    """ISO date of the first day; None where it is not known."""
    valid_until: str | None = None
    """ISO date, last day included; None where it is not known, or not over."""

    def __post_init__(self) -> None:
        first, last = (
            None if each is None else date.fromisoformat(each)
            for each in (self.valid_from, self.valid_until)
        )
        if first is None and last is None:
            raise ValueError("a look without dates says nothing: leave it out")
        if first and last and first > last:
            raise ValueError(f"a look ends on {last}, before it begins on {first}")

    def __str__(self) -> str:
        return f"{self.valid_from or ''}..{self.valid_until or ''}"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Facings of a frame whose products are known from before: they tell how large things are."""

    boxes_xyxy: FloatArray
    """(K, 4) corners in pixels of the frame."""
    gtins: tuple[str, ...]
    """GTIN-14 of each."""

    def __post_init__(self) -> None:
        if self.boxes_xyxy.shape != (len(self.gtins), 4):
            raise ValueError(f"one box a witness, got {self.boxes_xyxy.shape}")


NO_WITNESSES = Witnesses(np.zeros((0, 4), np.float32), ())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a facing may be, with its best gallery picture."""

    gtin: str
    """GTIN-14."""
    similarity: float
    """Dot product with that picture in [-1, 1]."""
    picture_id: int
    """Gallery picture that was nearest."""
    look: Look | None = None
    """Packaging version which that picture shows."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """For each crop the nearest products, each product once, best first."""

    per_crop: tuple[tuple[Candidate, ...], ...]

    def __len__(self) -> int:
        return len(self.per_crop)

    def gtins(self) -> frozenset[str]:
        """Every GTIN-14 that is a candidate anywhere."""
        return frozenset(each.gtin for per_crop in self.per_crop for each in per_crop)


Clues = tuple[Mapping[str, float], ...]
"""For each crop what one kind of evidence says of its candidates, by GTIN; absent where nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else than its vector speaks for or against each candidate, each in the crops' order."""

    size_misfit: Clues
    """How far the facing's size is from the product's here: 0 fits, more is worse."""
    artwork: Clues
    """How alike print and pictures are where the candidates differ, cell by cell, in [-1, 1]."""
    words: Clues
    """How much of what only this candidate's label says can be read on the facing, in [0, 1]."""
    geometry: Clues = ()
    """Share of points that lie as on the gallery picture, in [0, 1]; empty if none was compared."""
    detail: Clues = ()
    """How alike facing and gallery picture are where the candidates' pictures differ, place by
    place, squared with its sign, in [-1, 1]; empty if none was compared."""

    def __post_init__(self) -> None:
        counts = [len(each) for each in (self.size_misfit, self.artwork, self.words)]
        compared = [len(each) for each in (self.geometry, self.detail) if each]
        if len({*counts, *compared}) > 1:
            raise ValueError(f"evidence of as many crops each, got {counts} and {compared}")

    def __len__(self) -> int:
        return len(self.size_misfit)

    def of(self, crop: int) -> Mapping[str, Mapping[str, float]]:
        """Each kind's name to what it says of one crop's candidates."""
        return {
            "size_misfit": self.size_misfit[crop],
            "artwork": self.artwork[crop],
            "words": self.words[crop],
            "geometry": self.geometry[crop] if self.geometry else {},
            "detail": self.detail[crop] if self.detail else {},
        }


@dataclass(frozen=True, slots=True)
class Match:
    """What Facings says about one facing. It never guesses: see `state`."""

    state: State
    gtin: str | None
    """GTIN-14 of the product when recognised, else None."""
    similarity: float
    """Best candidate's similarity; -1 where there was no candidate."""
    probability: float
    """That the first alternative is what stands here, all evidence weighed, in [0, 1]."""
    alternatives: tuple[Candidate, ...]
    """Products it may be, best first; the first is the match when recognised."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """What else spoke for or against the first alternative: `Evidence`, by name."""

    def __post_init__(self) -> None:
        if (self.state == "recognised") != (self.gtin is not None):
            raise ValueError(f"a GTIN belongs to a recognised match only, got {self.state}")

    @property
    def likeliest(self) -> str | None:
        """GTIN-14 of the first alternative, sure or not; None where there is none."""
        return self.alternatives[0].gtin if self.alternatives else None


@dataclass(frozen=True, slots=True)
class Facing:
    """One visible product unit: where it stands and what it is."""

    box_xyxy: tuple[float, float, float, float]
    score: float
    """How sure the detector is that a product stands here, in [0, 1]."""
    shelf_index: int
    position_index: int
    match: Match
    product: Product | None
    """Record of the matched GTIN; None when unknown, ambiguous or without a record."""
    track_id: int | None = None  # of a video: the same from frame to frame
