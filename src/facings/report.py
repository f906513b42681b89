"""Results as a person reads them in a terminal: tables of a scan, a product, a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from facings.catalogue.doctor import Diagnosis
from facings.catalogue.gtin import natural_form
from facings.product import Product
from facings.retrieve.index import IndexStats
from facings.scan import Scan
from facings.types import Detections, Facing, FloatArray, Frame, Look, State

_SIGNS: dict[State, str] = {"recognised": "✓", "ambiguous": "?", "unknown": "–"}  # noqa: RUF001
_COLORS: dict[State, str] = {"recognised": "green", "ambiguous": "yellow", "unknown": "dim"}
_ALLERGEN_WORDS = {
    "contains": "contains",
    "may_contain": "may contain",
    "free_from": "free from",
    "unknown": "unknown",
}


def scan_table(scan: Scan) -> RenderableType:
    """Show what stands on the shelf, a row a product and look; rows and positions count from 1."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Facings", "Row", "Position", "State", "Product", "Size", "GTIN"):
        table.add_column(heading, justify="right" if heading == "Facings" else "left")
    table.add_column("Similarity")
    table.add_column("Price", justify="right")
    for group in _groups(scan.facings):
        table.add_row(*_cells(group), style=_COLORS[group[0].match.state])
    return Group(_headline(scan), table) if scan.facings else _headline(scan)


def product_table(product: Product) -> RenderableType:
    """Show everything known about one product; what is not known is said to be unknown."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for heading, value in _facts(product):
        table.add_row(heading, Text(value))
    return table


def value_table(values: Mapping[str, object]) -> RenderableType:
    """Show names and values side by side; a mapping gets a row for each mapping or value in it."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in values.items():
        entries = value.items() if isinstance(value, Mapping) else [("", value)]
        for key, entry in entries:
            for inner, last in _spelled(entry):
                table.add_row(f"{name} {key} {inner}".strip(), Text(last))
    return table


def _spelled(entry: object) -> Iterator[tuple[str, str]]:
    """One row for a value; for a mapping one for each mapping in it, and one for its values."""
    if not isinstance(entry, Mapping):
        yield "", _plain(entry)
        return
    plain = {key: value for key, value in entry.items() if not isinstance(value, Mapping)}
    if plain:
        yield "", ", ".join(f"{key} {_plain(value)}" for key, value in plain.items())
    for key in (key for key in entry if key not in plain):
        yield key, ", ".join(f"{name} {_plain(value)}" for name, value in entry[key].items())


def stats_dict(stats: IndexStats) -> dict[str, object]:
    """Turn an index's contents into plain values."""
    embedder = stats.embedder
    return {
        "products": stats.product_count,
        "pictures": stats.picture_count,
        "dim": stats.dim,
        "embedder": {
            "name": embedder.name,
            "version": embedder.version,
            "sha256": embedder.sha256,
        },
        "thresholds": dict(stats.thresholds),
        "calibration": None if stats.calibration is None else asdict(stats.calibration),
    }


def diagnosis_dict(diagnosis: Diagnosis) -> dict[str, object]:
    """Turn what the doctor found into plain values."""
    return asdict(diagnosis)


def diagnosis_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Say each thing found in one line, with what mends it."""
    for same in diagnosis.same_picture:
        ids = ", ".join(map(str, same.picture_ids))
        yield f"one file for several products: {same.file} is pictures {ids} of " + " and ".join(
            map(natural_form, same.gtins)
        )
    for pair in diagnosis.duplicates:
        ours, theirs = map(natural_form, pair.gtins)
        yield (
            f"same artwork ({pair.similarity:.3f}): picture {pair.picture_ids[0]} of {ours} and "
            f"picture {pair.picture_ids[1]} of {theirs}"
        )
    for each in diagnosis.mislabelled:
        gtin, other = natural_form(each.gtin), natural_form(each.looks_like)
        yield (
            f"mislabelled? picture {each.picture_id} of {gtin} looks like {other} "
            f"({each.similarity:.3f}): facings index remove {gtin} --picture {each.picture_id}"
        )
    for products in diagnosis.indistinguishable:
        hint = "sizes differ" if products.sizes_differ else "no size tells them apart"
        yield (
            f"cannot be told apart ({products.similarity:.3f}): "
            f"{' and '.join(map(natural_form, products.gtins))} ({hint})"
        )
    found = (
        diagnosis.same_picture
        + diagnosis.duplicates
        + diagnosis.mislabelled
        + diagnosis.indistinguishable
    )
    yield f"{diagnosis.picture_count} pictures examined, {len(found)} findings"


def detection_dict(frame: Frame, found: Detections, latency_ms: float) -> dict[str, object]:
    """Turn what was found in one frame into plain values."""
    width, height = frame.size_wh
    detections = _scored(found.boxes_xyxy, found.scores)
    if found.quads is not None:
        detections = [
            {**each, "quad": quad}
            for each, quad in zip(detections, found.quads.round(1).tolist(), strict=True)
        ]
    return {
        "image": frame.name,
        "width": width,
        "height": height,
        "detections": detections,
        "price_tags": _scored(found.price_tags.boxes_xyxy, found.price_tags.scores),
        "gaps": _scored(found.gaps.boxes_xyxy, found.gaps.scores),
        "latency_ms": round(latency_ms, 2),
    }


def _scored(boxes_xyxy: FloatArray, scores: FloatArray) -> list[dict[str, object]]:
    return [
        {"box_xyxy": [round(value, 1) for value in box], "score": round(score, 4)}
        for box, score in zip(boxes_xyxy.tolist(), scores.tolist(), strict=True)
    ]


def price(cents: int, currency: str | None) -> str:
    """Write a price: 1.99 EUR."""
    return f"{cents / 100:.2f} {currency or ''}".strip()


def _headline(scan: Scan) -> Text:
    counts = ", ".join(f"{count} {state}" for state, count in scan.state_counts().items())
    facings, shelves = len(scan.facings), len(scan.lines_xyxy)
    total = f"{facings} {'facing' if facings == 1 else 'facings'}"
    total += f" on {shelves} {'shelf' if shelves == 1 else 'shelves'}"
    took_ms = sum(scan.latency_ms.values())
    line = Text(scan.name, style="bold")
    return line.append(f"  {total}: {counts} ({took_ms:.0f} ms)", style="not bold")


def _groups(facings: Sequence[Facing]) -> list[list[Facing]]:
    """Put facings of the same product and look together, in the order they are first seen."""
    groups: dict[tuple[str, ...], list[Facing]] = {}
    for facing in facings:
        match = facing.match
        choices = (
            (match.gtin, str(_look(facing)))
            if match.gtin
            else tuple(each.gtin for each in match.alternatives)
        )
        key = (match.state, *(choices if match.state != "unknown" else ()))
        groups.setdefault(key, []).append(facing)
    return list(groups.values())


def _cells(group: list[Facing]) -> list[Text]:
    first = group[0]
    rows = [
        (row, _ranges([each.position_index + 1 for each in members]))
        for row, members in _by_row(group)
    ]
    similarities = [each.match.similarity for each in group if each.match.similarity > -1]
    product = first.product
    shown = [
        str(len(group)),
        "\n".join(str(row + 1) for row, _ in rows),
        "\n".join(positions for _, positions in rows),
        f"{_SIGNS[first.match.state]} {first.match.state}",
        _name(first),
        (product.net_content or "") if product else "",
        _gtins(first),
        _span(similarities),
        price(product.price_cents, product.currency) if product and product.price_cents else "",
    ]
    return [Text(cell) for cell in shown]


def _by_row(group: list[Facing]) -> list[tuple[int, list[Facing]]]:
    ordered = sorted(group, key=lambda each: (each.shelf_index, each.position_index))
    return [(row, list(each)) for row, each in groupby(ordered, lambda each: each.shelf_index)]


def _ranges(numbers: list[int]) -> str:
    """Write ascending numbers shortly: [1, 2, 3, 5] as 1-3, 5."""
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _name(facing: Facing) -> str:
    match facing.match.state:
        case "recognised":
            name = facing.product.name if facing.product else "no record of this GTIN"
            look = _look(facing)
            return f"{name} (look of {look})" if look else name
        case "ambiguous":
            return f"one of {len(facing.match.alternatives)}"
        case "unknown":
            return ""


def _look(facing: Facing) -> Look | None:
    """Give the packaging version that was recognised."""
    best = facing.match.alternatives[:1]
    return best[0].look if facing.match.gtin and best else None


def _gtins(facing: Facing) -> str:
    match = facing.match
    if match.state == "unknown":
        return ""
    gtins = [match.gtin] if match.gtin else [each.gtin for each in match.alternatives]
    return "\n".join(natural_form(gtin) for gtin in gtins)


def _plain(value: object) -> str:
    if value is None:
        return "none"
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def _span(values: list[float]) -> str:
    if not values:
        return ""
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low}-{high}"


def _facts(product: Product) -> list[tuple[str, str]]:
    levels = [f"{code} {_ALLERGEN_WORDS[level]}" for code, level in product.allergens.items()]
    facts = [
        ("GTIN", natural_form(product.gtin)),
        ("Name", product.name),
        ("Brand", product.brand or "unknown"),
        ("Variant", product.variant or "unknown"),
        ("Size", product.net_content or "unknown"),
        ("Category", product.category or "unknown"),
        ("Sold by", ", ".join(product.retailers) or "unknown"),
        ("Sold in", ", ".join(product.countries) or "unknown"),
        ("Still sold", "yes" if product.active else "no"),
        (
            "Price",
            "unknown"
            if product.price_cents is None
            else price(product.price_cents, product.currency),
        ),
        ("Ingredients", product.ingredients or "unknown"),
        ("Allergens", ", ".join([*levels, "all others unknown"])),
        (
            "Per 100",
            ", ".join(f"{name} {value:g}" for name, value in product.nutrition_per_100.items())
            or "unknown",
        ),
    ]
    facts += [("Offer", f"{each.headline} (until {each.valid_until})") for each in product.offers]
    facts += [
        ("Review", f"{each.rating}/5 {each.text} ({each.author})") for each in product.reviews
    ]
    return [*facts, ("Source", product.source or "unknown")]
