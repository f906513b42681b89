"""Versions of models in one folder: published beside each other, taken back, never half written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facings import model_versions
from facings.errors import ModelCorrupted, ModelNotFound
from facings.model_versions import open_models, publish_model, published_models, roll_back
from facings.models import Manifest, open_manifest, open_model
from tiny_store import WEIGHTS, Run

NAME = "facings-detector"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the weights that a test may change."""
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


def publish(folder: Path, number: int = 0) -> Manifest:
    """Publish the tiny detector once more; a field that nobody reads makes another file of it."""
    weights = folder.parent / "candidate.onnx"
    weights.write_bytes((WEIGHTS / f"{NAME}.onnx").read_bytes() + bytes([0xA0, 0x06, number]))
    manifest = open_manifest(NAME, WEIGHTS)
    return publish_model(manifest, weights, lambda each: f"# {each.label}\n", folder)


def versions(folder: Path) -> list[tuple[int, bool]]:
    """The detector's versions, and which is in use."""
    return [
        (each.manifest.version, each.is_current)
        for each in published_models(folder)
        if each.manifest.name == NAME
    ]


def test_an_empty_folder_has_no_versions(tmp_path: Path):
    """Nothing is in use."""
    assert published_models(tmp_path) == ()
    with pytest.raises(ModelNotFound, match="holds no models"):
        open_models(str(tmp_path))


def test_the_first_published_version_is_the_manifests_own(tmp_path: Path):
    """With its card beside it."""
    fresh = publish(tmp_path / "new")
    assert versions(tmp_path / "new") == [(1, True)]
    assert (tmp_path / "new" / f"{NAME}-1.md").read_text() == f"# {fresh.label}\n"
    assert open_model(NAME, folder=tmp_path / "new")[0] == fresh


def test_the_version_before_stays_beside(folder: Path):
    """Also one that was put there without this module; both can be opened."""
    old = open_manifest(NAME, folder)
    fresh = publish(folder, 1)
    assert versions(folder) == [(1, False), (2, True)]
    assert open_manifest(NAME, folder) == fresh == open_manifest(f"{NAME}-2", folder)
    assert open_model(f"{NAME}-1", folder=folder)[0] == old


def test_going_back_and_on_again(folder: Path):
    """A version taken back stays, and the next one has a number of its own."""
    publish(folder, 1)
    assert roll_back(NAME, folder).version == 1
    assert versions(folder) == [(1, True), (2, False)]
    assert publish(folder, 2).version == 3
    assert roll_back(NAME, folder).version == 2
    assert roll_back(NAME, folder, to=3).version == 3
    assert open_manifest(NAME, folder).version == 3


def test_there_is_no_way_back_from_the_first(folder: Path):
    """What is kept there is said."""
    with pytest.raises(ModelNotFound, match="holds no earlier version"):
        roll_back(NAME, folder)
    publish(folder, 1)
    with pytest.raises(ModelNotFound, match="no version 9") as caught:
        roll_back(NAME, folder, to=9)
    assert "kept there: v1" in str(caught.value.hint)


def test_a_damaged_version_is_not_taken_into_use(folder: Path):
    """The one in use stays."""
    publish(folder, 1)
    (folder / f"{NAME}.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelCorrupted):
        roll_back(NAME, folder)
    assert open_manifest(NAME, folder).version == 2


@pytest.mark.parametrize("writes", range(5))
def test_publishing_cut_off_anywhere_leaves_the_old_one_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch, writes: int
):
    """The last file is the only one that changes anything, and doing it again works."""
    really, left = model_versions._replace, [writes]

    def dying(file: Path, contents: bytes) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        really(file, contents)

    monkeypatch.setattr(model_versions, "_replace", dying)
    with pytest.raises(KeyboardInterrupt):
        publish(folder, 1)
    assert open_model(NAME, folder=folder)[0].version == 1
    monkeypatch.setattr(model_versions, "_replace", really)
    publish(folder, 1)
    assert open_model(NAME, folder=folder)[0].sha256 != open_manifest(NAME, WEIGHTS).sha256


def test_the_command_lists_and_rolls_back(run: Run, folder: Path):
    """The one in use has a star; the exit code says that there is no way back."""
    publish(folder, 1)
    lines = run("models", "list", "--weights", folder).out.splitlines()
    of_detector = [line.partition(" (")[0] for line in lines if NAME in line]
    assert of_detector == [f"  {NAME} v1", f"* {NAME} v2"]
    back = run("models", "rollback", NAME, "--weights", folder, "--json")
    assert back.json["in_use"].startswith("facings-detector v1 (")
    assert run("models", "list", "--weights", folder, "--json").json[0]["in_use"] is True
    assert run("models", "rollback", NAME, "--weights", folder).code == 4
    listed = run("models", "list", "--json")
    assert {NAME, "facings-embedder"} <= {each["name"] for each in listed.json}
