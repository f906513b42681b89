"""An index in a cluster is found by its name, rebuilt in one step, and refused like any other.

That it answers as the others do is claimed in test_retrieve.py.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models

from facings.catalogue.pictures import PictureFile
from facings.catalogue.records import Records
from facings.errors import IndexMismatch, IndexMissing, IndexUnusable
from facings.product import Product
from facings.retrieve.build import rebuild_index
from facings.retrieve.cluster import ClusterPlace, connect
from facings.retrieve.index import Calibration, IndexStats
from facings.retrieve.place import FolderPlace, index_place
from facings.types import EmbedderId
from galleries import DIM, EMBEDDER, OTHER, THRESHOLDS, embeddings, gtins

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
CALIBRATION = Calibration(0.98, 0.985, 0.8, 50, 100, "2026-11-25")


@pytest.fixture
def place() -> ClusterPlace:
    """An empty cluster in this process."""
    return ClusterPlace(QdrantClient(":memory:"), "shop")


def test_a_cluster_without_the_index_says_how_to_build_it(place: ClusterPlace) -> None:
    """Opening and asking what it holds alike."""
    for call in (lambda: place.open(EMBEDDER), place.stats):
        with pytest.raises(IndexMissing, match="no index shop in the cluster") as caught:
            call()
        assert caught.value.hint == 'run "facings index build"'


def test_a_staged_index_answers_once_it_is_published(place: ClusterPlace) -> None:
    """And the one it replaces is deleted; thresholds and embedder travel in the cluster."""
    for count in (10, 5):
        staged = place.stage(EMBEDDER, DIM, THRESHOLDS, CALIBRATION)
        staged.add(range(count), gtins(count), embeddings(count))
        staged.optimize()
        staged.publish()
    assert len(place.client.get_collections().collections) == 1
    with place.open(EMBEDDER) as index:
        assert index.thresholds == THRESHOLDS
        assert index.search(embeddings(1), 1).per_crop[0][0].gtin == gtins(1)[0]
    assert place.stats() == IndexStats(EMBEDDER, DIM, 5, 1, THRESHOLDS, CALIBRATION)


def test_a_staged_index_that_is_given_up_leaves_nothing(place: ClusterPlace) -> None:
    """The published one answers on."""
    place.stage(EMBEDDER, DIM, THRESHOLDS).publish()
    place.stage(EMBEDDER, DIM, {}).discard()
    assert len(place.client.get_collections().collections) == 1
    assert place.stats().thresholds == THRESHOLDS


def published(place: ClusterPlace, embedder: EmbedderId, count: int) -> None:
    """Put an index of some pictures in the place."""
    vectors = replace(embeddings(count), embedder=embedder)
    staged = place.stage(embedder, DIM, THRESHOLDS)
    staged.add(range(count), gtins(count), vectors)
    staged.publish()


def test_without_an_earlier_embedder_there_is_no_way_back(place: ClusterPlace) -> None:
    """Nothing built, built once, and built anew for the same embedder."""
    for _ in range(3):
        with pytest.raises(IndexMissing, match="no index shop of an earlier embedder") as caught:
            place.roll_back()
        assert "index reembed --weights" in str(caught.value.hint)
        published(place, EMBEDDER, 5)


def test_the_index_of_the_embedder_before_is_one_step_away(place: ClusterPlace) -> None:
    """Back and forth; a build meanwhile keeps the way back, and nothing else is left over."""
    published(place, EMBEDDER, 10)
    published(place, OTHER, 5)
    before = place.open(OTHER)
    assert before.is_current()
    assert place.roll_back().embedder == EMBEDDER
    assert not before.is_current()
    assert place.open(EMBEDDER).search(embeddings(1), 1).per_crop[0][0].gtin == gtins(1)[0]
    assert place.stats().picture_count == 10
    published(place, EMBEDDER, 7)
    assert place.roll_back() == replace(place.stats(), picture_count=5)
    assert before.is_current()
    assert len(place.client.get_collections().collections) == 2
    third = replace(OTHER, version=OTHER.version + 1)
    published(place, third, 3)
    assert len(place.client.get_collections().collections) == 2
    assert place.roll_back().embedder == OTHER


def test_new_thresholds_are_seen_by_whoever_opens_it_next(place: ClusterPlace) -> None:
    """They are kept in the cluster."""
    place.stage(EMBEDDER, DIM, THRESHOLDS).publish()
    place.open(EMBEDDER).set_thresholds({"accept": 0.7}, CALIBRATION)
    assert place.open(EMBEDDER).stats().calibration == CALIBRATION
    assert place.open(EMBEDDER).thresholds == {"accept": 0.7}


def test_another_embedder_is_refused(place: ClusterPlace) -> None:
    """As a folder refuses it."""
    place.stage(EMBEDDER, DIM, THRESHOLDS).publish()
    with pytest.raises(IndexMismatch, match="this is embedder-s v3"):
        place.open(OTHER)


def test_a_collection_of_somebody_else_is_not_taken_for_an_index(place: ClusterPlace) -> None:
    """Its alias has our name, and nothing in it is ours."""
    vectors = models.VectorParams(size=DIM, distance=models.Distance.DOT)
    place.client.create_collection("other", vectors_config=vectors)
    alias = models.CreateAlias(collection_name="other", alias_name="shop")
    place.client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])
    with pytest.raises(IndexUnusable, match="was not made by Facings"):
        place.open(EMBEDDER)


def test_a_cluster_that_does_not_answer_is_an_unusable_index() -> None:
    """With the settings that may be wrong."""
    with pytest.raises(IndexUnusable, match="does not answer") as caught:
        ClusterPlace(connect("http://127.0.0.1:1")).open(EMBEDDER)
    assert "FACINGS_INDEX_URL" in str(caught.value.hint)


def test_an_index_is_rebuilt_from_the_records_in_a_cluster_as_in_a_folder(
    place: ClusterPlace, tmp_path: Path
) -> None:
    """The same answers come out of both."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as records:
        names = sorted(set(gtins(20)))
        pictures = {
            name: [PictureFile(f"{name}-{n}.jpg", "/", f"{name}-{n}") for n in range(5)]
            for name in names
        }
        records.upsert([Product(name, "x", category="tea") for name in names], pictures)
        records.store_embeddings([each.id for each in records.pictures()], embeddings(20))
        answers = []
        for each in (place, FolderPlace(tmp_path / "index")):
            rebuild_index(records, each, EMBEDDER, THRESHOLDS)
            index = each.open(EMBEDDER)
            found = index.search(embeddings(4, seed=1), 3).per_crop
            answers.append([[c.gtin for c in per_crop] for per_crop in found])
            index.close()
        assert answers[0] == answers[1]


def test_a_url_chooses_the_cluster_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the client the way to get it is told."""
    assert index_place(tmp_path) == FolderPlace(tmp_path)
    assert isinstance(index_place(tmp_path, "http://127.0.0.1:1"), ClusterPlace)
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    monkeypatch.delitem(sys.modules, "facings.retrieve.cluster")
    with pytest.raises(IndexUnusable, match="not installed") as caught:
        index_place(tmp_path, "http://127.0.0.1:1")
    assert 'pip install "facings[cluster]"' in str(caught.value.hint)
