"""A tiny store with real files: plain colours for products, the test weights for models."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"
TEA, RICE, MILK, TWIN, NEW = (
    "4006381333931",
    "036000291452",
    "5901234123457",
    "96385074",
    "7622210449283",
)
COLORS = {TEA: (255, 255, 60), RICE: (255, 80, 255), MILK: (80, 255, 255), TWIN: (80, 255, 255)}
NEW_COLOR = (255, 160, 120)


@dataclass(frozen=True)
class Said:
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The only line of JSON."""
        [line] = self.out.splitlines()
        return json.loads(line)


Run = Callable[..., Said]


def plain(color: tuple[int, int, int], side: int = 48) -> Image.Image:
    """Make a product's picture."""
    return Image.new("RGB", (side, side), color)


def shelf(*colors: tuple[int, int, int]) -> Image.Image:
    """Make a picture of products side by side, where the tiny detector finds them."""
    image = Image.new("RGB", (64 * (2 * len(colors) + 1), 192), "black")
    for place, color in enumerate(colors):
        image.paste(plain(color, 64), (64 * (2 * place + 1), 64))
    return image
