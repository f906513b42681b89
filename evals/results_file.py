"""One form for every measured result: what, with which models, on which machine and commit."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from facings.session import usable_cores

RESULTS = Path(__file__).parent / "results"


def write_result(name: str, measured: Mapping[str, object], models: Sequence[str]) -> None:
    """Write `results/<name>.json` and print it."""
    content = {
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "models": list(models),
        "machine": f"{platform.machine()}, {usable_cores()} cores",
        "versions": {package: version(package) for package in ("facings", "numpy", "onnxruntime")},
        **measured,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(text)


def _commit() -> str:
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607  git is where the user has it
        capture_output=True,
        text=True,
        check=True,
        cwd=RESULTS.parent,
    ).stdout.strip()
