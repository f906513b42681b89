"""An index is built from the records, and the old one answers until the new one is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from facings.catalogue.pictures import PictureFile
from facings.catalogue.records import Records
from facings.errors import (
    IndexMissing,
    StorageFull,
)
from facings.product import Product
from facings.retrieve import room
from facings.retrieve.build import build_index
from facings.retrieve.edge import EdgeIndex
from facings.retrieve.index import IndexStats
from facings.retrieve.sidecar import read_sidecar
from galleries import (
    DIM,
    EMBEDDER,
    OTHER,
    THRESHOLDS,
    embeddings,
    gtins,
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Four products, five embedded pictures each."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as opened:
        names = sorted(set(gtins(20)))
        pictures = {
            name: [PictureFile(f"{name}-{n}.jpg", "/", f"{name}-{n}") for n in range(5)]
            for name in names
        }
        opened.upsert([Product(name, "x") for name in names], pictures)
        ids = [picture.id for picture in opened.pictures()]
        opened.store_embeddings(ids, embeddings(20))
        yield opened


def test_an_index_is_built_from_the_records(records: Records, tmp_path: Path) -> None:
    """Every embedding of the embedder, with the thresholds given, and progress on the way."""
    seen: list[tuple[int, int]] = []
    stats = build_index(
        records,
        tmp_path / "index",
        EMBEDDER,
        THRESHOLDS,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert stats == IndexStats(EMBEDDER, DIM, 20, 4, THRESHOLDS)
    assert seen[-1] == (20, 20)
    with EdgeIndex.open(tmp_path / "index", EMBEDDER) as index:
        (found,) = index.search(embeddings(1), 1).per_crop
        assert found[0].gtin == gtins(1)[0]
        assert found[0].picture_id == records.pictures()[0].id
        assert index.stats() == stats


def test_building_twice_leaves_one_shard(records: Records, tmp_path: Path) -> None:
    """The old one is deleted once nobody has it open."""
    for _ in range(2):
        build_index(records, tmp_path / "index", EMBEDDER, THRESHOLDS)
    assert len(list((tmp_path / "index").glob("shard-*"))) == 1


def test_the_open_index_answers_while_a_new_one_is_built(records: Records, tmp_path: Path) -> None:
    """A running server is not disturbed, and does not disturb the new index when it closes."""
    folder = tmp_path / "index"
    with EdgeIndex.create(folder, EMBEDDER, DIM, {}) as old:
        old.add([1], ["OLD"], embeddings(1))
        build_index(records, folder, EMBEDDER, THRESHOLDS)
        (found,) = old.search(embeddings(1), 1).per_crop
        assert found[0].gtin == "OLD"
        old.add([2], ["OLD"], embeddings(1))
    assert read_sidecar(folder).stats.picture_count == 20
    with EdgeIndex.open(folder, EMBEDDER) as new:
        assert new.stats().thresholds == THRESHOLDS


def test_a_build_that_fails_leaves_the_old_index(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong on the way, nothing is half-done and nothing is left over."""
    folder = tmp_path / "index"
    build_index(records, folder, EMBEDDER, THRESHOLDS)
    before = read_sidecar(folder)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(records, folder, EMBEDDER, {}, progress=stop)
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _path: nearly_full)
    with pytest.raises(StorageFull, match="1 MB are free"):
        build_index(records, folder, EMBEDDER, {})
    assert read_sidecar(folder) == before
    assert len(list(folder.glob("shard-*"))) == 1


def test_nothing_to_index_is_said_before_anything_is_touched(
    records: Records, tmp_path: Path
) -> None:
    """No embedding of this embedder: the pictures have to be embedded first."""
    with pytest.raises(IndexMissing, match="no picture has an embedding of embedder-s v3"):
        build_index(records, tmp_path / "index", OTHER, {})
    assert not (tmp_path / "index").exists()
