"""Models by name: the manifest is checked, the weights are those it names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from facings.errors import ModelCorrupted, ModelNotFound
from facings.models import open_manifest, open_model, write_manifest

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the weights that a test may damage."""
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


def change_manifest(folder: Path, **changes: object) -> None:
    """Replace fields of the detector's manifest."""
    file = folder / "facings-detector.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_an_empty_folder_has_no_model(tmp_path: Path):
    """The message names the model and the place that was looked in."""
    with pytest.raises(ModelNotFound, match="no model 'facings-detector'") as caught:
        open_model("facings-detector", folder=tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "FACINGS_WEIGHTS" in str(caught.value.hint)


def test_a_manifest_says_how_a_picture_becomes_a_tensor():
    """Preprocessing is read from the file."""
    spec = open_manifest("facings-embedder", WEIGHTS).input
    assert (spec.name, spec.layout, spec.color) == ("image", "NCHW", "RGB")
    assert spec.size_wh == (32, 32)
    assert spec.resize == "halfway"


def test_a_verified_model_runs():
    """The session that comes back takes the input that the manifest names."""
    manifest, session = open_model("facings-embedder", threads=1, folder=WEIGHTS)
    import numpy as np

    vectors = session.run({manifest.input.name: np.ones((1, 3, 32, 32), np.float32)})["vectors"]
    assert vectors.shape == (1, manifest.embedding_dim)


def test_weights_that_are_missing_are_not_found(folder: Path):
    """A manifest alone is no model."""
    (folder / "facings-detector.onnx").unlink()
    with pytest.raises(ModelNotFound, match="weights of facings-detector v1 are missing"):
        open_model("facings-detector", folder=folder)


def test_one_changed_byte_of_the_weights_is_noticed(folder: Path):
    """Both hashes are shown, and reinstalling is proposed."""
    file = folder / "facings-detector.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ModelCorrupted, match="is not facings-detector v1: its hash is") as caught:
        open_model("facings-detector", folder=folder)
    assert "reinstall" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": "abc"}, "sha256"),
        ({"file": "../../etc/passwd"}, "bare file name"),
        ({"version": 0}, "version"),
        ({"task": "guess"}, "task"),
        ({"surprise": 1}, "surprise"),
        ({"input": {}}, "input.name"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, changes: dict[str, object], complaint: str):
    """The first thing that is wrong is said, in one line."""
    change_manifest(folder, **changes)
    with pytest.raises(ModelCorrupted, match="is not a model manifest") as caught:
        open_manifest("facings-detector", folder)
    assert complaint in caught.value.message


def test_a_zero_divisor_is_refused(folder: Path):
    """A std of 0 would turn every picture into infinities."""
    spec = json.loads((folder / "facings-detector.json").read_text())["input"]
    change_manifest(folder, input=spec | {"std": [1.0, 0.0, 1.0]})
    with pytest.raises(ModelCorrupted, match="std"):
        open_manifest("facings-detector", folder)


@pytest.mark.parametrize("contents", [b"", b"{", b"[]", b"\xff\xfe\x00"])
def test_a_file_that_is_no_manifest_is_corrupted(folder: Path, contents: bytes):
    """Neither half a file nor another kind of file gets further."""
    (folder / "facings-detector.json").write_bytes(contents)
    with pytest.raises(ModelCorrupted, match="is not a model manifest"):
        open_manifest("facings-detector", folder)


def test_the_environment_can_name_another_folder(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """FACINGS_WEIGHTS replaces the package's own weights."""
    change_manifest(folder, version=7)
    monkeypatch.setenv("FACINGS_WEIGHTS", str(folder))
    assert open_manifest("facings-detector").version == 7


def test_a_written_manifest_reads_back_the_same(tmp_path: Path):
    """Nothing of a manifest is lost on the way to the file."""
    manifest = open_manifest("facings-embedder", WEIGHTS)

    write_manifest(manifest, tmp_path)

    assert open_manifest("facings-embedder", tmp_path) == manifest
