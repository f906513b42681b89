"""The examples of the documentation, sent as they stand there."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from facings.client.client import vector_i8
from facings.embed import Embedder
from facings.server.settings import ServerSettings
from facings.types import Crops
from serving import make_key, picture, served
from tiny_store import COLORS, TEA, WEIGHTS, plain

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "reference" / "http-api.md").read_text()
EXAMPLES = re.findall(r"```http\n(\w+) (\S+)\n(.*?)```\n```json\n(\d+)\n(.*?)```", PAGE, re.S)
[PYTHON] = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def client(
    built_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, str]]:
    """The tiny store, served, and a key to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
        home = shutil.copytree(built_home, tmp_path_factory.mktemp("documented") / "home")
        key = make_key(home)
        with served(home, key) as opened:
            yield opened, key


def filled_in(text: str) -> str:
    """Put the test weights' hash and a vector of TEA where an example leaves them open."""
    embedder = Embedder.load()
    vector = embedder.embed(Crops((np.asarray(plain(COLORS[TEA], 64)),))).vectors[0]
    return text.replace("$SHA256", embedder.id.sha256).replace("$VECTOR", vector_i8(vector))


def assert_holds(answer: object, shown: object, where: str = "") -> None:
    """Compare what is shown with what came; the answer may hold more fields."""
    if isinstance(shown, dict):
        assert isinstance(answer, dict), where
        for name, value in shown.items():
            assert name in answer, f"{where}/{name}"
            assert_holds(answer[name], value, f"{where}/{name}")
    elif isinstance(shown, list):
        assert isinstance(answer, list), where
        assert len(answer) == len(shown), where
        for place, (mine, theirs) in enumerate(zip(answer, shown, strict=True)):
            assert_holds(mine, theirs, f"{where}/{place}")
    else:
        assert answer == shown, where


def test_there_are_examples():
    """An empty list would make the next test pass."""
    assert len(EXAMPLES) == PAGE.count("```http") >= 9


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "shown"), EXAMPLES, ids=[each[1] for each in EXAMPLES]
)
def test_an_example_is_answered_as_it_says(
    client: tuple[TestClient, str], method: str, path: str, body: str, status: str, shown: str
):
    """Status and every field that is shown."""
    content = filled_in(body.strip()) or None
    kind = {"Content-Type": "application/json"} if content else {}
    answer = client[0].request(method, path, content=content, headers=kind)
    assert answer.status_code == int(status), answer.text
    assert_holds(answer.json(), json.loads(shown))


def test_the_python_example_runs(client: tuple[TestClient, str], monkeypatch: pytest.MonkeyPatch):
    """And prints what stands below it."""
    http, key = client
    monkeypatch.setattr("facings.client.client.httpx.Client", lambda **_: http)
    monkeypatch.setattr(http, "close", lambda: None)
    names = {"URL": "http://service", "KEY": key, "PICTURE": picture(COLORS[TEA])}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(PYTHON[0], names)
    assert said.getvalue() == PYTHON[1]
    assert len(names["names"]) == len(COLORS)
    assert names["done"].state == "done"


def test_every_path_and_setting_is_documented(client: tuple[TestClient, str]):
    """With its scope or its default; a new one is not forgotten."""
    guide = (DOCS / "guides" / "run-the-service.md").read_text()
    pages = re.sub(r"/products/\d+", "/products/GTIN", PAGE) + guide
    for path in client[0].app.openapi()["paths"]:
        stem = path.replace("{gtin}", "GTIN").replace("{name}", "NAME")
        stem = re.sub(r"\{(session|run|review|remark)_id\}", "ID", stem)
        stem = stem.replace("{capture_id}", "CAPTURE")
        assert stem in pages, path
    told = re.findall(r"`(?:FACINGS_SERVER)?_([A-Z_]+)`", guide)
    wanted = {name.upper() for name in ServerSettings.model_fields} - {"OPEN_TO_ALL"}
    assert wanted <= set(told)
