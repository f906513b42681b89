"""Print what distractors.py and families.py measured as tables: docs/concepts/telling-apart.md.

.venv/bin/python evals/telling_apart.py
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from results_file import RESULTS

_OTHERS = ("0", "10,000", "1,000,000")
"""Numbers of others that are shown."""
_OPEN = "recognised at 1 % false accepts"
_SHOWN = {
    "hit@1": True,
    "hit@5": False,
    "hit@10": False,
    "mean average precision": False,
    "auroc": False,
    _OPEN: True,
    f"{_OPEN}, brand unknown": False,
}
"""Metric to whether its interval is shown."""
_OF_GROUPS = {"hit@1": True, "hit@10": True, "auroc": False, _OPEN: False}
_FOLDS = ("folds disjoint by product", "folds disjoint by brand")

Found = Mapping[str, Any]


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distractors", default="distractors", help="name of the result file")
    parser.add_argument("--families", default="families", help="name of the result file")
    arguments = parser.parse_args()
    measured = json.loads((RESULTS / f"{arguments.distractors}.json").read_text())
    for title in ("real packages", "rendered shelves"):
        _print_set(title, measured[title])
    _print_families(json.loads((RESULTS / f"{arguments.families}.json").read_text()))


def _print_set(title: str, networks: Found) -> None:
    *baselines, ours = [name for name in networks if name != "data"]
    print(f"\n## {title}: {networks['data']}\n")
    _head("gallery, others", ["network", *_SHOWN])
    for condition in networks[ours]:
        gallery, others, kind = condition.rsplit(", ", 2)
        if others.removesuffix(" others") not in _OTHERS:
            continue
        for name in [*baselines, ours] if kind == "by vector" else [ours]:
            cells = _values(networks[name][condition]["all"], _SHOWN)
            _row(f"{gallery}, {others}", [f"{name}, {kind}", *cells])
    for condition, found in _detailed(networks[ours]):
        print(f"\n{condition}: {_folds(found)}\n")
        _head("queries", ["n", *_OF_GROUPS])
        for name, group in found.items():
            if name != "all" and "products" in _mapping(group):
                _row(name, [str(group["n"]), *_values(group, _OF_GROUPS)])
    print()
    _head("hit@1 above", baselines)
    for condition, found in _detailed(networks[ours]):
        if condition.endswith("by vector"):
            _row(condition, [_interval(found[f"above {name}"]["hit@1"]) for name in baselines])


def _detailed(conditions: Found) -> Iterator[tuple[str, Found]]:
    """Conditions whose queries are told apart by more than one group."""
    for condition, found in conditions.items():
        if sum("products" in _mapping(each) for each in found.values()) > 1:
            yield condition, found


def _mapping(value: object) -> Found:
    return value if isinstance(value, dict) else {}


def _folds(found: Found) -> str:
    said = []
    for name in _FOLDS:
        hit = found[name]["hit@1"]
        mean = f"{hit['mean']:.3f} ± {hit['deviation']:.3f} (least {hit['least']:.3f})"
        said.append(f"{found[name]['folds']} {name} {mean}")
    return ", ".join(said)


def _print_families(measured: Found) -> None:
    print(
        f"\n## families, {', '.join(measured['models'])}\n\nms a facing: {measured['ms a facing']}"
    )
    for group, kinds in measured.items():
        if "vectors alone" in _mapping(kinds):
            print(f"\n{group}, n {kinds['vectors alone']['n']}:\n")
            _head("weighed", ["hit@1", "rightly / wrongly", "not first: ambiguous, unknown, wrong"])
            for kind, found in kinds.items():
                called = f"{found['recognised rightly']:.3f} / {found['recognised wrongly']:.3f}"
                errors = ", ".join(map(str, found["not first"].values()))
                _row(kind, [_interval(found["hit@1"]), called, errors])


def _values(found: Found, shown: Mapping[str, bool]) -> list[str]:
    return [
        _interval(found[name]) if with_interval else f"{found[name][0]:.3f}"
        for name, with_interval in shown.items()
    ]


def _interval(value: list[float]) -> str:
    return "{:.3f} [{:.2f}, {:.2f}]".format(*value)


def _head(first: str, columns: list[str]) -> None:
    _row(first, columns)
    print("|---|" + "---|" * len(columns))


def _row(first: str, cells: list[str]) -> None:
    print(f"| {first} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
