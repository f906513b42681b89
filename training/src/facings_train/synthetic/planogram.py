"""Decide what stands where: rows of blocks of facings, with gaps, stacks and untidiness.

All measures are millimetres on the shelf's front plane, y down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facings_train.synthetic.package import ShelfItem
from facings_train.synthetic.style import ShelfStyle

STACKABLE = frozenset({"box", "can", "tray", "tub", "brick"})
HANGABLE = frozenset({"bag", "pouch"})
RUNS = (1, 2, 3, 4, 6)
LONG_RUNS = (4, 6, 8, 10, 14)
TOWER = 6
"""Most packs on one another in a tower; elsewhere four."""
TALLEST_TOWER_MM = 420.0


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """One pack on the shelf."""

    item: ShelfItem
    x_mm: float
    """Middle of its base."""
    base_mm: float
    """Height at which it stands."""
    depth_mm: float
    """How far its front is behind the shelf's edge."""
    tilt_deg: float
    turn_deg: float
    row: int
    column: int
    level: int
    """0 on the board, 1 on the pack below."""
    facing: bool
    """False for packs of the second row of depth."""
    fallen: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One shelf: a board, or pegs from which packs hang."""

    top_mm: float
    line_mm: float
    """Where products stand, the front edge of the board; for pegs where they end."""
    left_mm: float
    right_mm: float
    pegs: bool
    hooks_mm: tuple[tuple[float, float], ...] = ()
    blocks_mm: tuple[tuple[float, float], ...] = ()
    """Left and right end of each block of one product: where its price tag goes."""
    prices_cents: tuple[int, ...] = ()
    trays_mm: tuple[tuple[float, float, float], ...] = ()
    """Left, right and height of the cardboard fronts of display trays."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A whole bay."""

    rows: tuple[Row, ...]
    placements: tuple[Placement, ...]
    gaps_xyxy: tuple[tuple[float, float, float, float], ...]
    """Empty facings."""


def plan_bay(
    items: Sequence[ShelfItem],
    rng: np.random.Generator,
    style: ShelfStyle,
    area_xyxy: tuple[float, float, float, float],
    bottom_mm: float,
) -> Plan:
    """Fill an area with shelves from its top down.

    Args:
        items: what may stand there.
        rng: decides.
        style: how tidy.
        area_xyxy: where shelves are wanted.
        bottom_mm: no shelf lies lower, whatever the area.
    """
    left, top, right, bottom = area_xyxy
    rows: list[Row] = []
    placements: list[Placement] = []
    gaps: list[tuple[float, float, float, float]] = []
    aisle = _aisle(items, rng)
    while top < min(bottom, bottom_mm):
        chosen = _row_items(aisle if rng.random() < 0.8 else items, rng)
        wall = style.walls > 0 and bool(rng.random() < style.walls)
        if wall:
            chosen = chosen[: int(rng.integers(1, 4))]
        pegs = bool(rng.random() < style.pegs) and all(i.package in HANGABLE for i in chosen)
        filler = _RowFiller(rng, style, len(rows), pegs, LONG_RUNS if wall else RUNS)
        row = filler.fill(chosen, (left, top, right))
        rows.append(row)
        placements.extend(filler.placements)
        gaps.extend(filler.gaps)
        top = row.line_mm + (12.0 if pegs else style.rail_mm(rng) + 8.0)
    return Plan(tuple(rows), tuple(placements), tuple(gaps))


def _aisle(items: Sequence[ShelfItem], rng: np.random.Generator) -> Sequence[ShelfItem]:
    """A few categories stand together, as in a real aisle."""
    names = list(dict.fromkeys(_category(item) for item in items))
    count = min(int(rng.choice([1, 2, 4, 6, 10, 20])), len(names))
    kept = {names[i] for i in rng.permutation(len(names))[:count]}
    return [item for item in items if _category(item) in kept]


def _category(item: ShelfItem) -> str:
    return getattr(item, "category", "")


def _row_items(items: Sequence[ShelfItem], rng: np.random.Generator) -> list[ShelfItem]:
    """Products of about one height, most in the order of the range."""
    anchor = items[int(rng.integers(len(items)))]
    lowest = 0.8 if rng.random() < 0.7 else 0.55
    similar = [i for i in items if lowest < i.height_mm / anchor.height_mm < 1.15]
    if anchor.package in HANGABLE and rng.random() < 0.6:
        similar = [i for i in similar if i.package in HANGABLE]
    if rng.random() < 0.25:
        similar = [similar[i] for i in rng.permutation(len(similar))]
    start = int(rng.integers(len(similar)))
    return (similar[start:] + similar[:start])[: int(rng.integers(3, 30))]


class _RowFiller:
    """Collects the packs of one row while walking along it."""

    def __init__(
        self,
        rng: np.random.Generator,
        style: ShelfStyle,
        row: int,
        pegs: bool,
        runs: tuple[int, ...] = RUNS,
    ) -> None:
        self.rng, self.style, self.row, self.pegs, self.runs = rng, style, row, pegs, runs
        self.placements: list[Placement] = []
        self.gaps: list[tuple[float, float, float, float]] = []
        self.hooks: list[tuple[float, float]] = []
        self.inset = float(rng.uniform(0, 30)) if rng.random() < 0.8 else float(rng.uniform(0, 90))
        self.stock = style.gaps * float(rng.random() ** 2)
        self.trays = 0.0 if pegs else float(rng.choice([0.0, 0.0, 0.1, 0.6]))
        self.column = 0

    def fill(self, items: list[ShelfItem], span: tuple[float, float, float]) -> Row:
        left, top, right = span
        rng = self.rng
        tallest = max(item.height_mm for item in items)
        stacks = {item.gtin: self._stack(item, tallest) for item in items}
        height = max(item.height_mm * stacks[item.gtin] for item in items)
        line = top + height + float(rng.gamma(2.0, 14.0) + 6 if rng.random() < 0.85 else 130)
        blocks: list[tuple[float, float]] = []
        trays: list[tuple[float, float, float]] = []
        prices: list[int] = []
        x, turn = left + float(rng.uniform(0, 60)), 0
        seam = float(rng.choice([0.3, 1.0, 3.0, 8.0]))
        while x < right:
            item = items[turn % len(items)]
            turn += 1
            count = int(rng.choice(self.runs, p=[0.26, 0.32, 0.22, 0.14, 0.06]))
            start = x
            for _ in range(count):
                if x + item.width_mm > right:
                    break
                self._facing(item, x, line, stacks[item.gtin])
                x += item.width_mm + float(rng.exponential(seam)) - float(rng.random() < 0.1) * 2
            blocks.append((start, max(x, start + 20)))
            if rng.random() < self.trays and x - start > 1.5 * item.width_mm:
                trays.append((start, x, item.height_mm * float(rng.uniform(0.1, 0.32))))
            prices.append(int(getattr(item, "price_cents", rng.integers(49, 900))))
            if x + item.width_mm > right:
                break
            if rng.random() < self.stock * 0.5:
                x += float(rng.uniform(20, 120))
        return Row(
            top,
            line,
            left,
            right,
            self.pegs,
            tuple(self.hooks),
            tuple(blocks),
            tuple(prices),
            tuple(trays),
        )

    def _stack(self, item: ShelfItem, tallest: float) -> int:
        if self.pegs or item.package not in STACKABLE:
            return 1
        if self.style.towers > 0 and self.rng.random() < self.style.towers:
            highest = max(1, int(TALLEST_TOWER_MM // item.height_mm))
            return min(highest, int(self.rng.integers(2, TOWER + 1)))
        fits = int(max(tallest, 110) // item.height_mm)
        return int(np.clip(fits if self.rng.random() < 0.7 else 1, 1, 4))

    def _facing(self, item: ShelfItem, x: float, line: float, stack: int) -> None:
        rng = self.rng
        middle = x + item.width_mm / 2
        self.column += 1
        missing = rng.random() < self.stock
        if missing and rng.random() < 0.65:
            self.gaps.append((x, line - item.height_mm * stack, x + item.width_mm, line))
            return
        depth = self.inset + float(rng.exponential(4.0))
        if missing:
            depth += float(rng.integers(1, 4)) * item.depth_mm
        levels = stack if rng.random() < 0.75 else int(rng.integers(1, stack + 1))
        if self.pegs:
            self.hooks.append((middle, line - item.height_mm))
        fallen = (
            not self.pegs
            and levels == 1
            and rng.random() < self.style.mess * 0.04
            and item.height_mm < 1.25 * item.width_mm
        )
        behind = not missing and not self.pegs and rng.random() < 0.75
        for level in range(levels):
            base = line - level * item.height_mm
            shift = float(rng.normal(0, 1.2)) * self.style.mess * (1 + 1.5 * level)
            if behind and level == levels - 1:
                back = depth + item.depth_mm * 1.02
                self._add(item, middle - shift, base, back, level, facing=False)
            self._add(item, middle + shift, base, depth, level, facing=True, fallen=fallen)

    def _add(
        self,
        item: ShelfItem,
        x: float,
        base: float,
        depth: float,
        level: int,
        *,
        facing: bool,
        fallen: bool = False,
    ) -> None:
        rng, mess = self.rng, self.style.mess
        tilt = float(rng.normal(0, 0.5)) * mess
        if rng.random() < 0.03 * mess:
            tilt = float(rng.normal(0, 6.0))
        if item.package in HANGABLE:
            tilt += float(rng.normal(0, 1.6)) * mess
        turn = float(rng.normal(0, 7)) * mess
        if rng.random() < 0.06 * mess:
            turn = float(rng.uniform(-60, 60))
        self.placements.append(
            Placement(
                item,
                x,
                base,
                depth,
                tilt if level == 0 else 0.0,
                turn,
                self.row,
                self.column,
                level,
                facing,
                fallen,
            )
        )
