"""What one picture told us: every facing, in a form to use, to keep and to draw.

The JSON of a scan, `format` 1 (lengths in pixels of the upright picture, GTINs as GTIN-14):

    format        1
    name          file name, or `video.mp4#120`
    timestamp_ms  since the video's start; null for a still
    width, height
    models        {stage: model, version and hash}
    counts        {recognised, ambiguous, unknown}
    facings       [{box_xyxy, score, shelf_index, position_index, state, gtin, similarity,
                    probability,
                    alternatives: [{gtin, similarity, picture_id, valid_from, valid_until}],
                    evidence: {name: value},
                    product: null or {gtin, name, brand, ...},
                    track_id: of a video the same from frame to frame; null for a still}]
    lines_xyxy    [[x, y, x, y]] front edge of each shelf, left to right
    latency_ms    {stage: milliseconds}

New keys may be added to format 1; a key that changes or goes makes format 2.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from facings.product import Product
from facings.types import ByteImage, Facing, FloatArray, State

if TYPE_CHECKING:
    from PIL import Image

FORMAT = 1
STATES: tuple[State, ...] = ("recognised", "ambiguous", "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Everything Facings says about one picture."""

    name: str
    """Where the picture came from."""
    size_wh: tuple[int, int]
    """(width, height) of the upright picture in pixels."""
    facings: tuple[Facing, ...]
    """From the top shelf down, each shelf left to right."""
    lines_xyxy: FloatArray
    """(S, 4) left and right end of each shelf's front edge."""
    latency_ms: Mapping[str, float]
    """Time each stage took, in the order they ran."""
    image: ByteImage = field(repr=False)
    """(H, W, 3) RGB, kept for `plot` alone: it goes into no dict and no JSON."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Stage to the name, version and hash of the model it used."""
    timestamp_ms: float | None = None
    """Time since the video's start; None for a still."""

    @property
    def recognised(self) -> tuple[Facing, ...]:
        """The facings whose product is known."""
        return tuple(each for each in self.facings if each.match.state == "recognised")

    def counts(self) -> dict[str, int]:
        """Count the facings of each recognised product: GTIN-14 to number, most first."""
        return dict(Counter(each.match.gtin or "" for each in self.recognised).most_common())

    def state_counts(self) -> dict[State, int]:
        """Count the facings of each state, states without any included."""
        found = Counter(each.match.state for each in self.facings)
        return {state: found[state] for state in STATES}

    def to_dict(self) -> dict[str, object]:
        """Everything but the picture, as plain values (see the module's docstring)."""
        width, height = self.size_wh
        return {
            "format": FORMAT,
            "name": self.name,
            "timestamp_ms": self.timestamp_ms,
            "width": width,
            "height": height,
            "models": dict(self.models),
            "counts": self.state_counts(),
            "facings": [_facing_dict(each) for each in self.facings],
            "lines_xyxy": [_rounded(line.tolist(), 1) for line in self.lines_xyxy],
            "latency_ms": {stage: _number(took, 2) for stage, took in self.latency_ms.items()},
        }

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def plot(self) -> Image.Image:
        """Draw every facing into a copy of the picture."""
        from facings.overlay import draw_scan

        return draw_scan(self.image, self.facings, self.lines_xyxy)


def product_dict(product: Product) -> dict[str, object]:
    """Turn a product record into plain values, field by field; what is unknown stays null."""
    return {
        "gtin": product.gtin,
        "name": product.name,
        "brand": product.brand,
        "variant": product.variant,
        "net_content": product.net_content,
        "category": product.category,
        "retailers": list(product.retailers),
        "countries": list(product.countries),
        "active": product.active,
        "ingredients": product.ingredients,
        "allergens": dict(product.allergens),
        "nutrition_per_100": dict(product.nutrition_per_100),
        "price_cents": product.price_cents,
        "currency": product.currency,
        "size_mm": list(product.size_mm) if product.size_mm else None,
        "offers": [asdict(offer) for offer in product.offers],
        "reviews": [asdict(review) for review in product.reviews],
        "source": product.source,
        "gpc_brick": product.gpc_brick,
        "declared": asdict(product.declared),
    }


def _facing_dict(facing: Facing) -> dict[str, object]:
    match = facing.match
    return {
        "box_xyxy": _rounded(facing.box_xyxy, 1),
        "score": _number(facing.score, 4),
        "shelf_index": facing.shelf_index,
        "position_index": facing.position_index,
        "state": match.state,
        "gtin": match.gtin,
        "similarity": _number(match.similarity, 4),
        "probability": _number(match.probability, 4),
        "alternatives": [
            {
                "gtin": each.gtin,
                "similarity": _number(each.similarity, 4),
                "picture_id": each.picture_id,
                "valid_from": each.look.valid_from if each.look else None,
                "valid_until": each.look.valid_until if each.look else None,
            }
            for each in match.alternatives
        ],
        "evidence": {name: _number(value, 4) for name, value in match.evidence.items()},
        "product": product_dict(facing.product) if facing.product else None,
        "track_id": facing.track_id,
    }


def _rounded(values: tuple[float, ...] | list[float], digits: int) -> list[float]:
    return [_number(value, digits) for value in values]


def _number(value: float, digits: int) -> float:
    """Round to a plain float: NumPy's own scalars are not JSON."""
    return round(float(value), digits)
