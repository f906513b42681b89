"""Print the results as the Markdown tables of docs/concepts/scale.md.

.venv/bin/python benchmarks/retrieval/tables.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_ROWS = (
    ("ingest, s", "build.ingest_s"),
    ("graph, s", "build.optimize_s"),
    ("disk, MB", "build.disk_mb"),
    ("memory after searching, MB: resident", "search.memory_mb.resident"),
    ("... of it private", "search.memory_mb.private"),
    ("opening, cold, s", "search.open_s"),
    ("one query, cold, p50 / p99 ms", "search.cold.single"),
    ("one query, warm", "search.warm.single"),
    ("frame of 24, cold", "search.cold.frame_of_24"),
    ("frame of 24, warm", "search.warm.frame_of_24"),
    ("numpy exact: one query", "search.numpy.single"),
    ("numpy exact: frame of 24", "search.numpy.frame_of_24"),
    ("times faster than numpy: one query, clock / computed", "search.ratio_to_numpy.single"),
    ("... frame of 24", "search.ratio_to_numpy.frame_of_24"),
    ("recall of pictures @1", "search.recall.pictures@1"),
    ("recall of pictures @10", "search.recall.pictures@10"),
    ("recall of products @10", "search.recall.products@10"),
    ("FAISS HNSW: build, s", "faiss.build_s"),
    ("FAISS HNSW: one query", "faiss.warm.single"),
    ("FAISS HNSW: frame of 24", "faiss.warm.frame_of_24"),
    ("FAISS HNSW: recall of pictures @10", "faiss.recall.pictures@10"),
    ("5 inserted while searching", "changes.insert_of_5_while_searching"),
    ("search while inserting", "changes.search_while_inserting"),
    ("search while 25,000 wait for the graph", "changes.search_while_they_wait"),
    ("search while the graph is built beside", "changes.search_while_optimising"),
    ("... worst, ms", "changes.search_while_optimising.max_ms"),
    ("kill -9 while adding: acknowledged, lost", "kills.during_ingest"),
    ("kill -9 while building the graph", "kills.during_optimize"),
    ("kill -9 while building it beside", "kills.during_optimize_beside"),
    ("kill -9 while adding to all of it", "kills.during_ingest, whole"),
    ("kill -9 while building all of it beside", "kills.during_optimize_beside, whole"),
)


def main() -> None:
    """Print a column for each result file, then filters and bars of the largest."""
    measured = [json.loads(file.read_text()) for file in RESULTS.glob("*.json")]
    measured.sort(key=lambda each: each["pictures"])
    if not measured:
        return
    print("| pictures |", " | ".join(f"{each['pictures']:,}" for each in measured), "|")
    print("|---|" + "---|" * len(measured))
    for label, path in _ROWS:
        cells = [_cell(_look_up(each, path)) for each in measured]
        if any(cells):
            print(f"| {label} |", " | ".join(cell or "-" for cell in cells), "|")
    _print_filters(measured[-1])
    for each in measured:
        if "bars" in each:
            _print_bars(each)


def _print_filters(result: dict[str, Any]) -> None:
    filters = _look_up(result, "search.filters")
    if not filters:
        return
    print("\n| scope | pictures | one query | frame of 24 | recall@10 |\n|---|---|---|---|---|")
    for name, found in filters.items():
        cells = [_cell(found.get(part)) for part in ("single", "frame_of_24", "recall@10")]
        print(f"| {name} | {found['pictures']:,} |", " | ".join(cells), "|")


def _print_bars(result: dict[str, Any]) -> None:
    print(
        "\n| pictures | accept / sure for 0.98 | for 0.99 | product taken out, 50 / 90 / 99 % "
        "| family never seen, 50 / 90 / 99 % |\n|---|---|---|---|---|"
    )
    for at in result["bars"]["at"]:
        bars = [f"{b['accept']:.2f} / {b['sure']:.2f}" for b in at["calibrated"].values()]
        taken = " / ".join(map(str, at["product taken out"].values()))
        never = " / ".join(map(str, at["family never seen"].values()))
        print(f"| {at['pictures']:,} |", " | ".join([*bars, taken, never]), "|")


def _look_up(result: dict[str, Any], path: str) -> Any:  # noqa: ANN401  as JSON has it
    found: Any = result
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _cell(value: Any) -> str:  # noqa: ANN401  as JSON has it
    match value:
        case None:
            return ""
        case {"p50_ms": p50, "p99_ms": p99}:
            return f"{p50:.2f} / {p99:.2f}"
        case {"clock": clock, "cpu": cpu}:
            return f"{clock} / {cpu}"
        case {"acknowledged": acknowledged, "lost": lost}:
            return f"{acknowledged:,}, {lost}"
        case _:
            return str(value)


if __name__ == "__main__":
    main()
