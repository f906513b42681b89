"""How a training went: as JSON to be read again, and as a small drawing to be looked at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT, _MARGIN = 720, 360, 48
_PAPER, _INK, _GRID = (255, 255, 255), (40, 46, 54), (225, 228, 232)
_LOSS, _F1 = (196, 98, 16), (0, 122, 204)
_RULES = 4


@dataclass(frozen=True)
class CurvePoint:
    """What was known after some steps."""

    step: int
    loss: float | None  # mean since the point before, on training windows; None before step 1
    f1: float  # at IoU 0.7 and the operating threshold, on the held-back pictures

    def __post_init__(self) -> None:
        if self.step < 0 or not 0 <= self.f1 <= 1:
            raise ValueError(f"a step from 0 on and an F1 in [0, 1], got {self}")


def load_curve(file: Path, until_step: int) -> list[CurvePoint]:
    """Read what `save_curve` wrote, up to the step that a training goes on from."""
    if not file.exists():
        return []
    points = [CurvePoint(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
    return [point for point in points if point.step <= until_step]


def save_curve(points: Sequence[CurvePoint], file: Path) -> None:
    """Write the points as JSON, and beside it a drawing of the same name, `.png`.

    Args:
        points: at least one, by ascending step.
    """
    lines = ",\n".join(f"  {json.dumps(asdict(point))}" for point in points)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    draw_curve(points).save(file.with_suffix(".png"))


def draw_curve(points: Sequence[CurvePoint]) -> Image.Image:
    """Draw F1 on the held-back pictures (left axis) and the training loss (right axis)."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    losses = [(point.step, point.loss) for point in points if point.loss is not None]
    highest = max((loss for _, loss in losses), default=1.0) or 1.0
    last = max(points[-1].step, 1)
    bottom, right = _HEIGHT - _MARGIN, _WIDTH - _MARGIN
    for rule in range(_RULES + 1):
        share = rule / _RULES
        y = bottom - share * (bottom - _MARGIN)
        pen.line((_MARGIN, y, right, y), fill=_GRID)
        pen.text((_MARGIN - 6, y), f"{share:.2f}", fill=_F1, font=font, anchor="rm")
        pen.text((right + 6, y), f"{share * highest:.1f}", fill=_LOSS, font=font, anchor="lm")
    for values, color in (
        ([(step, loss / highest) for step, loss in losses], _LOSS),
        ([(point.step, point.f1) for point in points], _F1),
    ):
        _draw_line(pen, [(step / last, share) for step, share in values], color)
    pen.text((_MARGIN, 14), "F1 at IoU 0.7, held-back pictures", fill=_F1, font=font)
    pen.text((right, 14), "loss, training windows", fill=_LOSS, font=font, anchor="ra")
    pen.text((_MARGIN, bottom + 10), "0", fill=_INK, font=font, anchor="ma")
    pen.text((right, bottom + 10), f"{last} steps", fill=_INK, font=font, anchor="ma")
    return picture


def _draw_line(
    pen: ImageDraw.ImageDraw, shares: Sequence[tuple[float, float]], color: tuple[int, int, int]
) -> None:
    """Draw a line through points whose x and y are shares of the axes, in [0, 1]."""
    inner_wh = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    places = [(_MARGIN + x * inner_wh[0], _HEIGHT - _MARGIN - y * inner_wh[1]) for x, y in shares]
    if len(places) > 1:
        pen.line(places, fill=color, width=2)
    for x, y in places:
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=color)
