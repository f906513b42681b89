"""A command line over the tiny store, and databases, for the tests that want them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

import postgres_cluster
from facings.cli import main
from facings.client import FacingsClient
from serving import build_home, served
from tiny_store import COLORS, WEIGHTS, Run, Said, plain

EMBEDDER = "facings-embedder"


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


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A weights folder with version 2 of the tiny embedder: other weights, the same answers."""
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "newer"))
    file = folder / f"{EMBEDDER}.onnx"
    file.write_bytes(file.read_bytes() + bytes([0xA0, 0x06, 1]))  # a field that nobody reads
    manifest = json.loads((folder / f"{EMBEDDER}.json").read_text())
    manifest |= {"version": 2, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    (folder / f"{EMBEDDER}.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """Start one PostgreSQL server for the whole run; the folder of its socket."""
    programs = postgres_cluster.binaries()
    if programs is None:
        reason = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with postgres_cluster.cluster(programs) as folder:
        yield folder


@pytest.fixture
def postgres_url(postgres_folder: Path) -> str:
    """Make an empty PostgreSQL database; its URL."""
    name = f"test_{uuid.uuid4().hex}"
    server = postgres_cluster.url_of(postgres_folder, "postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_cluster.url_of(postgres_folder, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/home/facings.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a home with the tiny store once, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
        for name in ("FACINGS_DATABASE_URL", "FACINGS_INDEX_URL"):
            patch.delenv(name, raising=False)
        return build_home(tmp_path_factory.mktemp("built"))


@pytest.fixture
def home(built_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home of its own to serve."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    for name in ("FACINGS_DATABASE_URL", "FACINGS_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return shutil.copytree(built_home, tmp_path / "home")


@pytest.fixture(scope="module")
def shop(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give one home to serve to all tests of a module that do not mind each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
        yield shutil.copytree(built_home, tmp_path_factory.mktemp("shop") / "home")


@pytest.fixture(scope="module")
def client(shop: Path) -> Iterator[TestClient]:
    """Open the service as a caller who may do everything."""
    with served(shop) as opened:
        yield opened


@pytest.fixture
def typed(client: TestClient) -> FacingsClient:
    """Give the same with the typed client."""
    return FacingsClient(http=client)
