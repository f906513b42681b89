"""What the wheel holds: a wheel without the web client is made silently by many a project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("src", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The sources as they are in git, with a web client of one page."""
    copy = tmp_path / "sources"
    copy.mkdir()
    for name in SOURCES:
        kind = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        kind(ROOT / name, copy / name)
    shutil.rmtree(copy / "src" / "facings" / "_web", ignore_errors=True)
    (copy / "web").mkdir()
    return copy


def build(sources: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel from them."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", "dist", "."]
    plain = {name: value for name, value in os.environ.items() if name != "FACINGS_SKIP_WEB"}
    return subprocess.run(
        command, cwd=sources, env=plain | environment, capture_output=True, text=True
    )


def contents(sources: Path) -> set[str]:
    """Name the files of the wheel."""
    [wheel] = (sources / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_a_web_client_that_was_built_is_in_the_wheel(sources: Path):
    """Though git ignores it; and nothing is built again."""
    web = sources / "src" / "facings" / "_web"
    (web / "assets").mkdir(parents=True)
    for name in ("index.html", "assets/core.wasm", "assets/core.wasm.br"):
        (web / name).write_bytes(b"x")
    (sources / ".gitignore").write_text("/src/facings/_web/\n")

    assert build(sources).returncode == 0
    assert {
        "facings/_web/index.html",
        "facings/_web/assets/core.wasm",
        "facings/_web/assets/core.wasm.br",
        "facings/weights/facings-detector.json",
    } <= contents(sources)


def test_the_web_client_can_be_left_out(sources: Path):
    """With FACINGS_SKIP_WEB; the rest is whole."""
    assert build(sources, FACINGS_SKIP_WEB="1").returncode == 0
    assert not any("_web/" in name for name in contents(sources))


def test_a_web_client_that_cannot_be_built_stops_the_wheel(sources: Path):
    """Rather than a wheel that lacks it: here its sources are missing."""
    made = build(sources)
    assert made.returncode != 0
    assert not (sources / "dist").exists() or not list((sources / "dist").glob("*.whl"))
