"""What a detector is fine-tuned on when it comes from a checked data set."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.collect.dataset import Dataset, Row
from facings.errors import AnnotationError
from facings_train import cli
from facings_train.detector.material import read_material
from facings_train.runs import read_runs


def fill(folder: Path, stores: list[str], *, boxes: bool = True) -> Dataset:
    """A data set with one picture of one product a store."""
    dataset, rows = Dataset(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    for number, store in enumerate(stores):
        image = np.full((64, 96, 3), 60 + number, np.uint8)
        image[12:52, 20:50] = 220
        file = folder.parent / f"{number}.png"
        cv2.imwrite(str(file), image)
        sha256 = dataset.keep_picture(file)
        box = (20.0, 12.0, 50.0, 52.0) if boxes else (0.0, 0.0, 0.0, 0.0)
        rights = (store, "ann", "CC BY 4.0", "the owner")
        rows.append(Row(sha256, ".png", 96, 64, *rights, *box))
    dataset.commit(rows, "test")
    return dataset


def test_splits_of_the_data_set_are_kept(tmp_path: Path) -> None:
    """Validation judges, and the test split is not looked at."""
    stores = [f"shop {number}" for number in range(30)]
    dataset = fill(tmp_path / "shops", stores)
    material = read_material(tmp_path / "shops", tmp_path, seed=1)
    splits = {row.picture: row.split for row in dataset.rows()}
    for truths, split in ((material.training, "train"), (material.held_back, "val")):
        assert {truth.file.stem for truth in truths} == {
            picture for picture, of_one in splits.items() if of_one == split
        }
    assert set(splits.values()) == {"train", "val", "test"}
    assert (material.name, material.licences) == ("shops version 1", "CC BY 4.0")
    assert len(material.sha256) == 64
    fill(tmp_path / "shops", [*stores, "shop 31"])
    assert read_material(tmp_path / "shops", tmp_path, seed=1).name == "shops version 2"


def test_of_a_single_store_a_fifth_is_held_back(tmp_path: Path) -> None:
    """A small shop has no second one to judge by."""
    store = next(
        name
        for name in map(str, range(99))
        if {row.split for row in fill(tmp_path / name, [name] * 5).rows()} == {"train"}
    )
    material = read_material(tmp_path / store, tmp_path, seed=1)
    assert (len(material.training), len(material.held_back)) == (4, 1)
    assert not {t.file for t in material.training} & {t.file for t in material.held_back}


def test_a_data_set_without_boxes_is_refused(tmp_path: Path) -> None:
    """Nothing can be learnt from it."""
    fill(tmp_path / "empty", ["a", "b", "c"], boxes=False)
    with pytest.raises(AnnotationError, match="one is needed to train on"):
        read_material(tmp_path / "empty", tmp_path, seed=1)


def test_training_on_a_data_set_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name in the home: a real step, with curve, data version and result."""
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))
    fill(tmp_path / "home" / "datasets" / "shops", [f"shop {number}" for number in range(12)])
    words = ["detector", "--dataset", "shops", "--out", str(tmp_path / "own"), "--rendered", "none"]
    assert cli.main([*words, "--steps", "1", "--batch", "1"]) == 0
    [run] = read_runs(tmp_path / "home")
    assert (run.command, run.seed, run.state) == ("detector", 1, "finished")
    assert run.data is not None
    assert run.data.name == "shops version 1"
    assert run.result is not None
    assert run.result.keys() >= {"better", "weights", "F1 at IoU 0.7", "AP50"}
    capsys.readouterr()
    assert cli.main(["detector", "--dataset", "nobody"]) == 2
    assert "there is no data set nobody" in capsys.readouterr().err
    assert cli.main(["detector"]) == 2
    assert "either --data or --dataset" in capsys.readouterr().err
