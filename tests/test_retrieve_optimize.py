"""Building the graph stops nobody, loses nothing, and leaves the index as it was when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facings.errors import IndexUnusable, StorageFull
from facings.retrieve import edge, engine, room
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.exact import ExactIndex
from facings.retrieve.schedule import OptimizeSchedule
from facings.types import Embeddings
from galleries import DIM, EMBEDDER, THRESHOLDS, assert_same_answers, embeddings, gtins

COUNT = 4_000
GRAPH_FROM = 2_000


@pytest.fixture(scope="module")
def many() -> Embeddings:
    """Vectors enough for a graph."""
    return embeddings(COUNT)


@pytest.fixture
def index(tmp_path: Path, many: Embeddings, monkeypatch: pytest.MonkeyPatch) -> Iterator[EdgeIndex]:
    """A published index without a graph; answers are exact, for they are not the point here."""
    monkeypatch.setattr(edge, "EXACT_UP_TO", GRAPH_FROM)
    monkeypatch.setattr(engine, "EXACT_UP_TO", GRAPH_FROM)
    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, THRESHOLDS) as made:
        monkeypatch.setattr(engine, "EXACT_UP_TO", 2 * COUNT)
        made.add(range(COUNT), gtins(COUNT), many)
        yield made


def shards(folder: Path) -> list[str]:
    """What lies beside `index.json`."""
    return sorted(each.name.partition("-")[0] for each in folder.iterdir() if each.is_dir())


def test_a_small_index_needs_no_graph(tmp_path: Path) -> None:
    """It is searched exactly: nothing is copied and nothing waits."""
    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}) as small:
        small.optimize()
        small.add(range(10), gtins(10), embeddings(10))
        before = small._sidecar.shard
        small.optimize()
        assert small._sidecar.shard == before


def test_searches_and_changes_go_on_while_the_graph_is_built(
    index: EdgeIndex, tmp_path: Path
) -> None:
    """What was added, replaced and removed meanwhile counts, then and afterwards."""
    fresh, asked = embeddings(200, seed=5), embeddings(20, seed=6)
    reference = ExactIndex(EMBEDDER, DIM)
    for batch in index.pictures():
        reference.add(batch.picture_ids, batch.gtins, batch.embeddings)
    assert index.waiting_count() == COUNT
    done = threading.Event()

    def build() -> None:
        index.optimize()
        done.set()

    builder = threading.Thread(target=build)
    builder.start()
    searches = 0
    for number in range(200):
        one = Embeddings(fresh.vectors[number : number + 1], EMBEDDER)
        for each in (index, reference):
            each.add([COUNT + number % 150], ["NEW"], one)
            each.remove([number])
        (found,) = index.search(one, 1).per_crop
        assert (found[0].gtin, found[0].picture_id) == ("NEW", COUNT + number % 150)
        searches += not done.is_set()
    builder.join()
    assert searches > 10
    assert index.waiting_count() < 500
    assert_same_answers(index.search(asked, 5), reference.search(asked, 5))
    assert index.stats().picture_count == COUNT + 150 - 200
    assert shards(tmp_path) == ["shard"]
    index.close()
    with EdgeIndex.open(tmp_path, EMBEDDER) as again:
        assert again.stats().picture_count == COUNT + 150 - 200
        assert_same_answers(again.search(asked, 5), reference.search(asked, 5))


def test_a_graph_that_cannot_be_built_leaves_the_index_as_it_was(
    index: EdgeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that builds it dies, or there is no room for a copy."""

    def die(_shard: Path, *, politely: bool) -> None:
        assert politely
        raise IndexUnusable("it was killed")

    monkeypatch.setattr(edge, "optimize_shard", die)
    with pytest.raises(IndexUnusable, match="it was killed"):
        index.optimize()
    full = room.shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _path: full)
    with pytest.raises(StorageFull):
        index.optimize()
    assert shards(tmp_path) == ["shard"]
    assert index.stats().picture_count == COUNT


_CHILD = """
import sys
import numpy as np
from pathlib import Path
from facings.retrieve import edge, engine
from facings.retrieve.edge import EdgeIndex
from facings.types import Embeddings
from galleries import EMBEDDER, embeddings, gtins
edge.EXACT_UP_TO = engine.EXACT_UP_TO = 5000
index = EdgeIndex.create(Path(sys.argv[1]), EMBEDDER, 32, {})
vectors = embeddings(20000)
for start in range(0, 20000, 500):
    portion = Embeddings(vectors.vectors[start:start + 500], EMBEDDER)
    index.add(range(start, start + 500), gtins(500), portion)
    print(start + 500, flush=True)
print("optimising", flush=True)
index.optimize()
print("done", flush=True)
"""


@pytest.mark.parametrize("moment", ["8000", "optimising"])
def test_a_killed_process_loses_nothing_it_has_acknowledged(tmp_path: Path, moment: str) -> None:
    """While pictures are added, and while the graph is built."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    assert child.stdout
    acknowledged = 0
    for line in child.stdout:
        acknowledged = int(line) if line.strip().isdigit() else acknowledged
        if line.strip() == moment:
            break
    if moment == "optimising":
        time.sleep(0.5)
    os.killpg(child.pid, signal.SIGKILL)
    child.stdout.close()
    child.wait()
    with EdgeIndex.open(tmp_path, EMBEDDER) as index:
        kept = np.concatenate([batch.picture_ids for batch in index.pictures()])
        assert set(range(acknowledged)) <= set(kept.tolist())
        assert acknowledged == (20_000 if moment == "optimising" else 8000)


def test_a_schedule_builds_the_graph_when_many_pictures_wait(index: EdgeIndex) -> None:
    """In a thread of its own, until it is stopped; what goes wrong is kept, not raised."""
    with OptimizeSchedule(index, waiting_limit=COUNT - 1, check_every_s=0.05) as schedule:
        deadline = time.monotonic() + 60
        while index.waiting_count() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert index.waiting_count() == 0
    assert schedule.failed is None


def test_a_schedule_leaves_an_index_alone_that_few_pictures_wait_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is worth building for many."""
    monkeypatch.setattr(EdgeIndex, "optimize", lambda _self: pytest.fail("nothing was to be done"))
    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}) as small:
        small.add(range(10), gtins(10), embeddings(10))
        with OptimizeSchedule(small, waiting_limit=10, check_every_s=0.01):
            time.sleep(0.1)
