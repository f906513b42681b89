"""Scope: what an index keeps of each gallery picture, and which of them a search looks at."""

from __future__ import annotations

from dataclasses import dataclass

from facings.types import Embeddings, IntArray, Look


@dataclass(frozen=True, slots=True)
class Labels:
    """What an index keeps with a gallery picture besides its GTIN: see `Scope`."""

    retailers: tuple[str, ...] = ()
    """Who sells the product, by the names the catalogue uses."""
    countries: tuple[str, ...] = ()
    """Where it is sold: ISO 3166 codes of two letters."""
    category: str | None = None
    active: bool = True
    """Whether it is still sold."""
    look: Look | None = None
    """Packaging version the picture shows."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which gallery pictures a search looks at; what is None does not matter.

    A product whose retailers, countries or category are not recorded is in no scope that names one.
    """

    retailer: str | None = None
    country: str | None = None
    category: str | None = None
    active: bool | None = None

    def covers(self, labels: Labels) -> bool:
        """Say whether a picture with these labels is looked at."""
        return (
            (self.retailer is None or self.retailer in labels.retailers)
            and (self.country is None or self.country in labels.countries)
            and (self.category is None or self.category == labels.category)
            and (self.active is None or self.active == labels.active)
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class GalleryBatch:
    """Some gallery pictures with all that an index keeps of them, in the same order."""

    picture_ids: IntArray
    """(N,) ascending."""
    gtins: tuple[str, ...]
    """GTIN-14 of the product each picture shows."""
    embeddings: Embeddings
    """(N, D), rounded to float16 where they are kept."""
    labels: tuple[Labels, ...]

    def __post_init__(self) -> None:
        counts = {len(self.picture_ids), len(self.gtins), len(self.embeddings), len(self.labels)}
        if len(counts) != 1:
            raise ValueError(f"one of each a picture, got {sorted(counts)}")

    def __len__(self) -> int:
        return len(self.gtins)
