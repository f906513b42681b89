"""The fast index gives the answers of the plain one, and refuses what it cannot compare."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from facings.errors import (
    FacingsError,
    IndexMismatch,
    IndexMissing,
    IndexUnusable,
)
from facings.retrieve import edge, engine
from facings.retrieve.cluster import ClusterPlace, connect
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.exact import ExactIndex
from facings.retrieve.index import Calibration, IndexStats, VectorIndex
from facings.retrieve.sidecar import read_sidecar
from facings.scope import Labels, Scope
from facings.types import Candidate, Embeddings, Look
from galleries import (
    DIM,
    EMBEDDER,
    OTHER,
    THRESHOLDS,
    assert_same_answers,
    embeddings,
    gtins,
    unit,
)

CLUSTER_URL = os.environ.get("QDRANT_URL")
"""A cluster to test against; without one, the client's memory stands for it alone."""

CALIBRATION = Calibration(0.98, 0.985, 0.8, 50, 100, "2026-11-25")
pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


@pytest.fixture(params=["exact", "edge", "memory", *(["server"] if CLUSTER_URL else [])])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    """Every implementation, empty; the client's memory stands for a cluster."""
    if request.param == "exact":
        yield ExactIndex(EMBEDDER, DIM, THRESHOLDS)
        return
    if request.param == "edge":
        with EdgeIndex.create(tmp_path / "index", EMBEDDER, DIM, THRESHOLDS) as made:
            yield made
        return
    client = (
        QdrantClient(":memory:")
        if request.param == "memory"
        else connect(CLUSTER_URL or "", os.environ.get("QDRANT_API_KEY"))
    )
    place = ClusterPlace(client, f"facings-test-{uuid.uuid4().hex[:8]}")
    staged = place.stage(EMBEDDER, DIM, THRESHOLDS)
    yield staged
    staged.discard()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    """Every query gets an empty answer, no query none."""
    assert index.search(embeddings(2), 3).per_crop == ((), ())
    assert index.stats() == IndexStats(EMBEDDER, DIM, 0, 0, THRESHOLDS)
    index.add([], [], embeddings(0))
    index.remove([1])
    index.optimize()
    assert index.search(embeddings(0), 3).per_crop == ()


def test_each_product_is_found_once_by_its_best_picture(index: VectorIndex) -> None:
    """Best first, never the same product twice."""
    vectors = unit(np.array([[1, 0.0], [1, 0.5], [1, 1.0], [-1, 0.2]]) @ np.eye(2, DIM))
    index.add([7, 8, 9, 3], ["A", "A", "B", "C"], Embeddings(vectors, EMBEDDER))
    (found,) = index.search(Embeddings(unit(np.eye(1, DIM)), EMBEDDER), 3).per_crop
    assert [(each.gtin, each.picture_id) for each in found] == [("A", 7), ("B", 9), ("C", 3)]
    assert found[0].similarity == pytest.approx(1, abs=1e-3)
    (found,) = index.search(Embeddings(unit(np.eye(1, DIM)), EMBEDDER), 1).per_crop
    assert [each.gtin for each in found] == ["A"]


def test_many_pictures_of_one_product_do_not_crowd_out_the_others(index: VectorIndex) -> None:
    """Three products are asked for and three come, though 200 pictures of one are nearer."""
    generator = np.random.default_rng(0)
    near = np.eye(1, DIM) + 0.01 * generator.standard_normal((200, DIM))
    far = generator.standard_normal((2, DIM))
    vectors = Embeddings(unit(np.vstack([near, far])), EMBEDDER)
    index.add(range(202), ["A"] * 200 + ["B", "C"], vectors)
    (found,) = index.search(Embeddings(unit(np.eye(1, DIM)), EMBEDDER), 3).per_crop
    assert {each.gtin for each in found} == {"A", "B", "C"}
    assert found[0].gtin == "A"


def test_a_picture_added_again_is_replaced_and_a_removed_one_is_gone(index: VectorIndex) -> None:
    """Additions and removals count at once."""
    index.add(np.arange(10), gtins(10), embeddings(10))
    index.add([0], ["Z"], embeddings(1, seed=9))
    assert index.stats().picture_count == 10
    assert index.stats().product_count == 3
    (found,) = index.search(embeddings(1, seed=9), 1).per_crop
    assert (found[0].gtin, found[0].picture_id) == ("Z", 0)
    index.remove([0, 999])
    (found,) = index.search(embeddings(1, seed=9), 10).per_crop
    assert {each.gtin for each in found} == {f"{0:014d}", f"{1:014d}"}
    assert (index.stats().picture_count, index.stats().product_count) == (9, 2)
    index.remove(range(5))
    assert (index.stats().picture_count, index.stats().product_count) == (5, 1)


def test_vectors_of_another_embedder_are_refused(index: VectorIndex) -> None:
    """In additions and in queries, with what to do."""
    foreign = Embeddings(embeddings(1).vectors, OTHER)
    calls: list[Callable[[], object]] = [
        lambda: index.add([1], ["A"], foreign),
        lambda: index.search(foreign, 1),
        lambda: index.add([1], ["A"], embeddings(1, dim=16)),
        lambda: index.search(embeddings(1, dim=16), 1),
    ]
    for call in calls:
        with pytest.raises(IndexMismatch) as caught:
            call()
        assert caught.value.hint == 'run "facings index build"'


def test_mistakes_of_the_caller_are_value_errors(index: VectorIndex) -> None:
    """Uneven counts and a search for no products."""
    with pytest.raises(ValueError, match="2 ids, 1 GTINs, 2 embeddings"):
        index.add([1, 2], ["A"], embeddings(2))
    with pytest.raises(ValueError, match="at least 1"):
        index.search(embeddings(1), 0)


def test_thresholds_travel_with_the_index(index: VectorIndex) -> None:
    """They were calibrated for its vectors, and may be calibrated anew."""
    assert index.thresholds == THRESHOLDS
    index.set_thresholds({"accept": 0.7}, CALIBRATION)
    assert index.thresholds == {"accept": 0.7}
    assert index.stats() == IndexStats(EMBEDDER, DIM, 0, 0, {"accept": 0.7}, CALIBRATION)


def test_growth_makes_a_calibration_stale() -> None:
    """By half more pictures; thresholds published with the embedder are never called stale."""
    fresh = IndexStats(EMBEDDER, DIM, 150, 9, THRESHOLDS, CALIBRATION)
    assert fresh.advice is None
    assert replace(fresh, picture_count=151).advice == (
        'calibrated at 100 pictures, now 151: run "facings index calibrate"'
    )
    assert replace(fresh, picture_count=9999, calibration=None).advice is None


SOLD = (
    Labels(("corner", "mart"), ("SE",), "dairy"),
    Labels(("mart",), ("SE", "NO"), "dairy", active=False),
    Labels((), (), "snacks"),
    Labels(),
)
SCOPES = (
    Scope(),
    Scope(retailer="mart"),
    Scope(country="NO"),
    Scope(category="dairy", active=True),
    Scope(active=True),
    Scope(active=False, retailer="corner"),
    Scope(retailer="nobody"),
)


def test_a_search_looks_only_at_what_is_in_scope(index: VectorIndex) -> None:
    """By retailer, country, category and whether it is still sold: as the labels say."""
    labels = [SOLD[n % len(SOLD)] for n in range(40)]
    index.add(range(40), gtins(40, pictures_a_product=1), embeddings(40), labels)
    for scope in SCOPES:
        expected = {n for n in range(40) if scope.covers(labels[n])}
        for found in index.nearest_pictures(embeddings(3, seed=1), 40, scope):
            assert {each.picture_id for each in found} == expected
        for found in index.search(embeddings(3, seed=1), 40, scope).per_crop:
            assert {each.picture_id for each in found} == expected


def test_the_old_and_the_new_look_of_a_product_are_both_found(index: VectorIndex) -> None:
    """Each by itself, as one product, with the dates of the look that was seen."""
    old, new = Look("2020-01-01", "2025-06-30"), Look(valid_from="2025-07-01")
    labels = [Labels(look=old), Labels(look=new), Labels()]
    index.add([1, 2, 3], ["A", "A", "B"], embeddings(3), labels)
    found = index.search(embeddings(3), 2).per_crop
    assert [(best.gtin, best.look) for best, _ in found] == [("A", old), ("A", new), ("B", None)]
    assert all({each.gtin for each in pair} == {"A", "B"} for pair in found)


def test_the_nearest_pictures_come_best_first(index: VectorIndex) -> None:
    """Several of one product, unlike products; none of nothing."""
    assert index.nearest_pictures(embeddings(2), 3) == [(), ()]
    vectors = unit(np.array([[1, 0.0], [1, 0.5], [1, 1.0]]) @ np.eye(2, DIM))
    index.add([7, 8, 9], ["A", "A", "B"], Embeddings(vectors, EMBEDDER))
    [found] = index.nearest_pictures(Embeddings(unit(np.eye(1, DIM)), EMBEDDER), 2)
    assert [(each.gtin, each.picture_id) for each in found] == [("A", 7), ("A", 8)]
    assert isinstance(found[0], Candidate)
    with pytest.raises(ValueError, match="at least 1"):
        index.nearest_pictures(embeddings(1), 0)


@pytest.mark.parametrize("batch_size", [4, 100])
def test_everything_kept_can_be_walked_through(index: VectorIndex, batch_size: int) -> None:
    """By ascending picture id, vectors and labels as they were given."""
    assert list(index.pictures()) == []
    labels = [SOLD[n % len(SOLD)] for n in range(10)]
    labels[3] = Labels(look=Look("2024-01-01"))
    index.add(np.arange(10)[::-1], gtins(10)[::-1], embeddings(10), labels[::-1])
    batches = list(index.pictures(batch_size))
    assert [len(batch) for batch in batches] == [4, 4, 2] if batch_size == 4 else [10]
    assert np.concatenate([batch.picture_ids for batch in batches]).tolist() == list(range(10))
    assert [gtin for batch in batches for gtin in batch.gtins] == gtins(10)
    assert [each for batch in batches for each in batch.labels] == labels
    walked = np.concatenate([batch.embeddings.vectors for batch in batches])
    np.testing.assert_allclose(walked, embeddings(10).vectors[::-1], atol=1e-6)


def test_the_same_addition_twice_changes_nothing(index: VectorIndex) -> None:
    """Whoever was interrupted begins again."""
    for _ in range(2):
        index.add(range(10), gtins(10), embeddings(10))
    assert index.stats().picture_count == 10
    for _ in range(2):
        index.remove(range(5))
    assert index.stats().picture_count == 5


@pytest.mark.parametrize("optimized", [False, True])
def test_the_fast_index_answers_as_the_plain_one(tmp_path: Path, optimized: bool) -> None:
    """Random vectors, the hardest case: nothing is near anything."""
    exact = ExactIndex(EMBEDDER, DIM)
    gallery, queries = embeddings(2000), embeddings(50, seed=1)
    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}) as fast:
        for each in (exact, fast):
            each.add(np.arange(2000), gtins(2000), gallery)
        if optimized:
            fast.optimize()
        assert_same_answers(fast.search(queries, 10), exact.search(queries, 10))


def test_the_graph_finds_what_the_plain_index_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the size searched exactly: recall of products in the first ten at least 0.99."""
    monkeypatch.setattr(edge, "EXACT_UP_TO", 0)
    monkeypatch.setattr(engine, "EXACT_UP_TO", 0)
    generator = np.random.default_rng(0)
    dim, products = 256, 1000
    looks = generator.standard_normal((products, 24)) @ generator.standard_normal((24, dim))
    noise = 3 * generator.standard_normal((products * 5, dim))
    gallery = Embeddings(unit(np.repeat(looks, 5, axis=0) + noise), EMBEDDER)
    asked = looks[:100] + 3 * generator.standard_normal((100, dim))
    queries = Embeddings(unit(asked), EMBEDDER)
    exact = ExactIndex(EMBEDDER, dim)
    with EdgeIndex.create(tmp_path, EMBEDDER, dim, {}) as fast:
        for each in (exact, fast):
            each.add(np.arange(products * 5), gtins(products * 5), gallery)
        fast.optimize()
        assert fast.waiting_count() == 0
        found, expected = fast.search(queries, 10), exact.search(queries, 10)
    shared = [
        len({c.gtin for c in a} & {c.gtin for c in b})
        for a, b in zip(found.per_crop, expected.per_crop, strict=True)
    ]
    assert np.mean(shared) / 10 >= 0.99


def test_an_index_outlives_its_process(tmp_path: Path) -> None:
    """What was added is found after reopening, and the sidecar counts it."""
    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, THRESHOLDS) as index:
        index.add(range(20), gtins(20), embeddings(20))
        before = index.search(embeddings(3, seed=2), 4)
    assert read_sidecar(tmp_path).stats == IndexStats(EMBEDDER, DIM, 20, 4, THRESHOLDS)
    with EdgeIndex.open(tmp_path, EMBEDDER) as index:
        assert_same_answers(index.search(embeddings(3, seed=2), 4), before)
        assert index.thresholds == THRESHOLDS


def test_a_missing_index_says_how_to_build_it(tmp_path: Path) -> None:
    """Nothing there, or a folder without an index."""
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(IndexMissing, match="no index") as caught:
            EdgeIndex.open(folder, EMBEDDER)
        assert caught.value.hint == 'run "facings index build"'


def test_an_index_of_another_embedder_is_not_opened(tmp_path: Path) -> None:
    """Both embedders are named."""
    EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}).close()
    with pytest.raises(IndexMismatch, match=r"embedder-s v2 .* this is embedder-s v3") as caught:
        EdgeIndex.open(tmp_path, OTHER)
    assert caught.value.hint == 'run "facings index build"'


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"format_version": 2}'])
def test_a_damaged_sidecar_is_told_from_a_missing_one(tmp_path: Path, text: str) -> None:
    """Whatever is wrong with it, the way out is to build again."""
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(IndexUnusable, match="is damaged") as caught:
        EdgeIndex.open(tmp_path, EMBEDDER)
    assert caught.value.hint == 'run "facings index build"'


def test_an_index_of_an_earlier_facings_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """It lacks what searches are narrowed by; the records have it."""
    EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}).close()
    document = json.loads((tmp_path / "index.json").read_text()) | {"format_version": 1}
    (tmp_path / "index.json").write_text(json.dumps(document))
    with pytest.raises(IndexUnusable, match="format 1, this one reads 2") as caught:
        EdgeIndex.open(tmp_path, EMBEDDER)
    assert caught.value.hint == 'run "facings index build"'


def test_a_damaged_shard_is_unusable_not_a_crash(tmp_path: Path) -> None:
    """Its files are gone though the sidecar names them."""
    EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}).close()
    shutil.rmtree(tmp_path / json.loads((tmp_path / "index.json").read_text())["shard"])
    with pytest.raises(IndexUnusable, match="cannot be used") as caught:
        EdgeIndex.open(tmp_path, EMBEDDER)
    assert caught.value.hint == 'run "facings index build"'


def _open_and_report(folder: Path, answers: multiprocessing.Queue[str]) -> None:
    try:
        EdgeIndex.open(folder, EMBEDDER).close()
        answers.put("opened")
    except FacingsError as error:
        answers.put(f"{type(error).__name__}: {error.message}")


def test_a_second_process_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    """The lock is exclusive; after closing it is free."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()

    def ask() -> str:
        process = context.Process(target=_open_and_report, args=(tmp_path, answers))
        process.start()
        answer = str(answers.get(timeout=60))
        process.join()
        return answer

    with EdgeIndex.create(tmp_path, EMBEDDER, DIM, {}):
        answer = ask()
        assert answer.startswith("IndexUnusable")
        assert "open in another process" in answer
    assert ask() == "opened"
