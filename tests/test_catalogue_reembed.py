"""A catalogue moves to another embedder: the old index answers until the new one is whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from facings.catalogue.records import Records
from facings.types import EmbedderId
from tiny_store import COLORS, NEW, NEW_COLOR, RICE, TEA, WEIGHTS, Run, plain, shelf

NAME = "facings-embedder"
PICTURES = 70  # more than are kept at once: a kill leaves some done and some not

KILLED = """
import os, signal, sys
from facings.catalogue.records import Records
from facings.cli import main
from facings.retrieve.edge import EdgeIndex

def die(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "embedding":
    store, calls = Records.store_embeddings, []
    def store_once(self, *arguments):
        calls.append(1)
        die() if len(calls) == 2 else store(self, *arguments)
    Records.store_embeddings = store_once
else:
    EdgeIndex.publish = die
main(sys.argv[2:])
"""


@pytest.fixture
def many(run: Run, products: Path, tmp_path: Path) -> Run:
    """A built store in which one product has many pictures, and a shelf to scan."""
    entries = json.loads(products.read_text())
    for number in range(PICTURES - len(COLORS)):
        plain((255, 250, number)).save(tmp_path / f"tea-{number}.png")
        entries[0]["pictures"].append({"file": f"tea-{number}.png"})
    products.write_text(json.dumps(entries))
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    assert run("catalogue", "import", products).code == 0
    assert run("index", "build").code == 0
    return run


def version(run: Run) -> int:
    """Of the embedder whose index answers; a scan of the shelf is right."""
    facings = run("scan", "shelf.png", "--json").json["facings"]
    assert [each["gtin"] for each in facings] == [TEA.zfill(14), RICE.zfill(14)]
    return int(run("index", "stats", "--json").json["embedder"]["version"])


def embedded(home: Path, folder: Path) -> int:
    """How many pictures the embedder of a folder has seen."""
    manifest = json.loads((folder / f"{NAME}.json").read_text())
    wanted = EmbedderId(NAME, manifest["version"], manifest["sha256"])
    with Records.open(f"sqlite:///{home / 'facings.db'}") as records:
        return records.embedding_count(wanted)


def test_without_pictures_there_is_nothing_to_move(run: Run, newer: Path):
    """As an index cannot be built without any."""
    said = run("index", "reembed", "--weights", newer)
    assert said.code == 5
    assert "there is nothing to index" in said.err


def test_the_embedder_follows_its_index(store: Run, newer: Path, tmp_path: Path):
    """Nobody has to say which weights: scans, additions and the way back use the right ones."""
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    assert version(store) == 1
    said = store("index", "reembed", "--weights", newer, "--json")
    assert (said.code, said.json["embedder"]["version"], said.json["pictures"]) == (0, 2, 4)
    shutil.rmtree(newer)
    assert version(store) == 2
    plain(NEW_COLOR).save(tmp_path / "new.png")
    assert store("index", "add", NEW, "new.png", "--name", "New", "--json").json["pictures"] == 5
    assert store("index", "build", "--json").json["embedder"]["version"] == 2


def test_going_back_is_one_command(store: Run, newer: Path, tmp_path: Path):
    """What came since is named and comes in by a build; going back again goes forth."""
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    assert store("index", "rollback").code == 5
    assert store("index", "reembed", "--weights", newer).code == 0
    plain(NEW_COLOR).save(tmp_path / "new.png")
    assert store("index", "add", NEW, "new.png", "--name", "New").code == 0
    back = store("index", "rollback", "--json")
    assert (back.code, back.json["embedder"]["version"], back.json["pictures"]) == (0, 1, 4)
    assert "note: 1 pictures came since" in back.err
    assert version(store) == 1
    assert store("index", "build", "--json").json["pictures"] == 5
    assert store("index", "rollback", "--json").json["embedder"]["version"] == 2
    assert version(store) == 2


def test_moving_twice_keeps_one_way_back(store: Run, newer: Path, tmp_path: Path):
    """To the same embedder nothing moves, and the earlier one is still there."""
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    for _ in range(2):
        assert store("index", "reembed", "--weights", newer).code == 0
    assert len(list((tmp_path / "home" / "index").glob("shard-*"))) == 2
    assert store("index", "rollback").code == 0
    assert version(store) == 1


def test_a_lost_shard_is_no_way_back(store: Run, newer: Path, tmp_path: Path):
    """The present index stays, and what to do is said."""
    folder = tmp_path / "home" / "index"
    before = json.loads((folder / "index.json").read_text())["shard"]
    assert store("index", "reembed", "--weights", newer).code == 0
    shutil.rmtree(folder / before)
    said = store("index", "rollback")
    assert said.code == 5
    assert "index reembed --weights" in said.err
    assert store("index", "stats", "--json").json["embedder"]["version"] == 2


@pytest.mark.parametrize("when", ["embedding", "publishing"])
def test_a_killed_move_goes_on_where_it_was(many: Run, newer: Path, tmp_path: Path, when: str):
    """SIGKILL after the first pictures, or before the switch: nothing done is done again."""
    home = tmp_path / "home"
    words = ["--home", str(home), "index", "reembed", "--weights", str(newer)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, when, *words], env=dict(os.environ), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    done = embedded(home, newer)
    assert done == (32 if when == "embedding" else PICTURES)
    assert version(many) == 1  # the old index answers
    told: list[int] = []
    store_embeddings = Records.store_embeddings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Records,
            "store_embeddings",
            lambda self, ids, given: told.append(len(ids)) or store_embeddings(self, ids, given),
        )
        assert many("index", "reembed", "--weights", newer).code == 0
    assert sum(told) == PICTURES - done
    assert embedded(home, newer) == PICTURES
    assert version(many) == 2
    assert many("index", "rollback").code == 0
    assert version(many) == 1


def test_vectors_made_elsewhere_are_taken(
    store: Run, newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """By the bytes of the picture, for a build or a move; what is missing is embedded here."""
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    some = tmp_path / "some"
    some.mkdir()
    for gtin in (TEA, RICE):
        shutil.copyfile(tmp_path / f"{gtin}.png", some / f"other-name-{gtin}.png")
    wrong = store("batch", "embed", some, "--out", "old")
    assert wrong.code == 0
    said = store("index", "reembed", "--weights", newer, "--embedded", "old")
    assert said.code == 5
    assert "old holds results of embed by facings-embedder v1" in said.err
    monkeypatch.setenv("FACINGS_WEIGHTS", str(newer))
    assert store("batch", "embed", some, "--out", "new").code == 0
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    told: list[int] = []
    store_embeddings = Records.store_embeddings
    monkeypatch.setattr(
        Records,
        "store_embeddings",
        lambda self, ids, given: told.append(len(ids)) or store_embeddings(self, ids, given),
    )
    words = ("index", "reembed", "--weights", newer, "--embedded", "new", "--json")
    assert store(*words).json["embedder"]["version"] == 2
    assert told == [2, 2]  # two taken, two embedded
    assert version(store) == 2
    assert store("index", "build", "--embedded", tmp_path / "home").code == 3
