"""An exported index is the same index elsewhere, and a damaged file changes nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from facings.errors import ImportRejected, IndexMismatch
from facings.retrieve.archive import export_index, import_index
from facings.retrieve.cluster import ClusterPlace
from facings.retrieve.exact import ExactIndex
from facings.retrieve.index import Calibration, IndexPlace, VectorIndex
from facings.retrieve.place import FolderPlace
from facings.scope import Labels
from facings.types import Look
from galleries import DIM, EMBEDDER, OTHER, THRESHOLDS, embeddings, gtins

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
CALIBRATION = Calibration(0.98, 0.985, 0.8, 50, 100, "2026-11-25")


def filled(index: VectorIndex, count: int = 30) -> VectorIndex:
    """Pictures with labels of every kind."""
    labels = [
        Labels(("mart",), ("SE",), "té", active=n % 2 == 0, look=Look("2025-01-01"))
        for n in range(count)
    ]
    index.add(range(count), gtins(count), embeddings(count), labels)
    index.set_thresholds(THRESHOLDS, CALIBRATION)
    return index


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An exported index."""
    export_index(filled(ExactIndex(EMBEDDER, DIM)), tmp_path / "index.zip")
    return tmp_path / "index.zip"


def test_an_empty_index_travels(tmp_path: Path) -> None:
    """There is nothing in it, and that arrives."""
    export_index(ExactIndex(EMBEDDER, DIM, THRESHOLDS), tmp_path / "index.zip")
    stats = import_index(tmp_path / "index.zip", FolderPlace(tmp_path / "index"), EMBEDDER)
    assert (stats.picture_count, stats.thresholds) == (0, THRESHOLDS)


@pytest.mark.parametrize("kind", ["folder", "cluster"])
def test_everything_arrives_in_a_folder_and_in_a_cluster(
    file: Path, tmp_path: Path, kind: str
) -> None:
    """Vectors, labels, looks, thresholds and how they were found; it goes on from there as well."""
    place: IndexPlace = (
        FolderPlace(tmp_path / "index")
        if kind == "folder"
        else ClusterPlace(QdrantClient(":memory:"))
    )
    seen: list[tuple[int, int]] = []
    stats = import_index(file, place, EMBEDDER, progress=lambda *done: seen.append(done))
    assert seen == [(30, 30)]
    original = filled(ExactIndex(EMBEDDER, DIM))
    assert stats == original.stats() == place.stats()
    index = place.open(EMBEDDER)
    [mine], [theirs] = list(index.pictures()), list(original.pictures())
    assert mine.picture_ids.tolist() == theirs.picture_ids.tolist()
    assert (mine.gtins, mine.labels) == (theirs.gtins, theirs.labels)
    assert abs(mine.embeddings.vectors - theirs.embeddings.vectors).max() < 1e-6
    again = tmp_path / "again.zip"
    assert export_index(index, again) == stats
    index.close()


def test_an_import_replaces_the_index_that_is_there(file: Path, tmp_path: Path) -> None:
    """It counts as a rebuild."""
    place = FolderPlace(tmp_path / "index")
    staged = place.stage(EMBEDDER, DIM, {})
    filled(staged, 3)
    staged.publish()
    staged.close()
    assert import_index(file, place, EMBEDDER).picture_count == 30
    assert place.stats().picture_count == 30


def test_vectors_of_another_embedder_stay_out(file: Path, tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(IndexMismatch, match="this is embedder-s v3") as caught:
        import_index(file, FolderPlace(tmp_path / "index"), OTHER)
    assert caught.value.hint == 'run "facings index build"'
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "cut", "no index.json", "lines"])
def test_a_damaged_file_is_refused_and_nothing_is_left(
    file: Path, tmp_path: Path, damage: str
) -> None:
    """Whatever is wrong with it."""
    content = file.read_bytes()
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "text":
            file.write_text("no ZIP file")
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case _:
            with zipfile.ZipFile(file) as archive:
                kept = {name: archive.read(name) for name in archive.namelist()}
            if damage == "lines":
                kept["pictures-00000.jsonl"] = b'{"id": 1}\n'
            else:
                del kept["index.json"]
            with zipfile.ZipFile(file, "w") as archive:
                for name, data in kept.items():
                    archive.writestr(name, data)
    with pytest.raises(ImportRejected, match=r"index\.zip"):
        import_index(file, FolderPlace(tmp_path / "index"), EMBEDDER)
    assert not list(tmp_path.glob("index/shard-*"))
