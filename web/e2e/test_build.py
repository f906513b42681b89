"""What was built: everything a first visit needs, small enough, and types that are up to date."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from conftest import ROOT
from facings.server.app import describe_service

BUILT = ROOT / "src" / "facings" / "_web"
FIRST_VISIT_MB = 12.0
NOT_AT_FIRST = ("asyncify", "webgpu")
"""Fetched where they are wanted alone: kernels for graphics cards."""


def test_a_first_visit_is_at_most_twelve_megabytes():
    """Everything compressed, models included; over the wire: evals/first_visit.py."""
    sizes = {}
    for file in BUILT.rglob("*"):
        if not file.is_file() or file.suffix == ".br" or any(n in file.name for n in NOT_AT_FIRST):
            continue
        packed = file.with_name(f"{file.name}.br")
        sizes[file.name] = (packed if packed.exists() else file).stat().st_size
    assert any(name.endswith(".wasm") for name in sizes)
    assert sum(name.endswith(".onnx") for name in sizes) == 4
    assert sum(sizes.values()) / 1e6 <= FIRST_VISIT_MB, sizes


def test_nothing_is_loaded_from_elsewhere():
    """No page names another host."""
    for page in BUILT.glob("*.html"):
        text = page.read_text()
        assert "http://" not in text, page.name
        assert "https://" not in text, page.name


def test_the_types_of_the_api_are_those_of_the_service(tmp_path: Path):
    """`make web-api` writes them anew."""
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(describe_service(), indent=1, sort_keys=True) + "\n")
    written = tmp_path / "schema.d.ts"
    command = ["npx", "openapi-typescript", str(description), "-o", str(written)]
    subprocess.run(command, cwd=ROOT / "web", check=True, capture_output=True)
    committed = ROOT / "web" / "src" / "api" / "schema.d.ts"
    assert written.read_text() == committed.read_text(), "run make web-api"
