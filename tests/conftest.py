"""A command line over the tiny store, for the tests of the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facings.cli import main
from tiny_store import COLORS, WEIGHTS, Run, Said, plain


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run command lines in a fresh home."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))
    for name in ("FACINGS_DATABASE_URL", "FACINGS_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run_one(*words: str | Path) -> Said:
        code = main([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return run_one


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """Write an import file of three products, one of them with a price."""
    entries = []
    for gtin, color in COLORS.items():
        plain(color).save(tmp_path / f"{gtin}.png")
        entries.append(
            {"gtin": gtin, "name": f"Product {gtin}", "pictures": [{"file": f"{gtin}.png"}]}
        )
    entries[0] |= {"price_cents": 199, "currency": "EUR", "net_content": "500 g"}
    file = tmp_path / "products.json"
    file.write_text(json.dumps(entries))
    return file


@pytest.fixture
def store(run: Run, products: Path) -> Run:
    """Import the products, twins left out of it, and build the index."""
    assert run("catalogue", "import", products).code == 0
    assert run("index", "build").code == 0
    return run
