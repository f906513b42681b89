"""What every form is read to, and written from: pictures with their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facings.collect.dataset import Provenance


@dataclass(frozen=True, slots=True)
class AnnotatedBox:
    """One box, with as much as its form tells."""

    xyxy: tuple[float, float, float, float]
    """In pixels of the picture."""
    label: str = "product"
    gtin: str = ""
    """GTIN-14; empty where the product is not known."""
    is_crowd: bool = False
    """A region of things that nobody drew one by one."""
    provenance: Provenance = "human"
    model: str = ""
    """Name and version of the model that proposed it."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class AnnotatedPicture:
    """One picture and its boxes, perhaps none."""

    name: str
    """What the form calls it."""
    file: Path
    """Where it lies; in a form that is written, relative to its folder."""
    size_wh: tuple[int, int]
    boxes: tuple[AnnotatedBox, ...]
