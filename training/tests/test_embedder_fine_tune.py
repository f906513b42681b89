"""An embedder fine-tuned on somebody's own data set."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.collect.dataset import Dataset, Row
from facings.models import open_manifest
from facings_train import cli

GTINS = ("09521034130002", "09520104772869", "09527098921587")


def shop(folder: Path, gtins: tuple[str, ...]) -> None:
    """Pictures of several stores, each with every product once."""
    dataset, rows = Dataset(folder), []
    folder.mkdir(parents=True)
    for store in range(12):
        image = np.full((64, 120, 3), 60 + store, np.uint8)
        file = folder.parent / f"{store}.png"
        cv2.imwrite(str(file), image)
        sha256 = dataset.keep_picture(file)
        for number, gtin in enumerate(gtins):
            box = (40.0 * number, 8.0, 40.0 * number + 36, 60.0)
            rights = (f"shop {store}", "ann", "CC0-1.0", "owner")
            rows.append(Row(sha256, ".png", 120, 64, *rights, *box, gtin=gtin))
    dataset.commit(rows, "test")


def test_a_data_set_that_names_no_products_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the message says what to do; nothing is trained."""
    shop(tmp_path / "shop", ("", "", ""))

    code = cli.main(
        ["embedder", "--dataset", str(tmp_path / "shop"), "--out", str(tmp_path / "own")]
    )

    assert code != 0
    said = capsys.readouterr().err
    assert "names 0 products to train on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "own" / "weights").exists()


def test_an_embedder_of_ones_own_is_a_weights_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step on own products: a new embedder, with all the other models beside it."""
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))
    shop(tmp_path / "shop", GTINS)
    words = ["--dataset", str(tmp_path / "shop"), "--out", str(tmp_path / "own")]

    assert cli.main(["embedder", *words, "--steps", "1", "--rendered", "0"]) == 0

    weights = tmp_path / "own" / "weights"
    tuned, start = open_manifest("facings-embedder", weights), open_manifest("facings-embedder")
    assert tuned.sha256 != start.sha256
    assert tuned.thresholds == start.thresholds
    assert open_manifest("facings-detector", weights) == open_manifest("facings-detector")
    assert f"FACINGS_WEIGHTS={weights}" in capsys.readouterr().out
