"""The ONNX session: named arrays in, named arrays out, and plain words for what is no model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facings.errors import ModelCorrupted
from facings.session import OnnxSession, usable_cores

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"


def open_embedder() -> OnnxSession:
    """Open the tiny embedder."""
    return OnnxSession.open(WEIGHTS / "facings-embedder.onnx", threads=1)


def test_an_empty_batch_gives_no_rows():
    """Zero pictures are zero vectors, not an error."""
    outputs = open_embedder().run({"image": np.zeros((0, 3, 32, 32), np.float32)})
    assert outputs["vectors"].shape == (0, 48)


def test_outputs_are_float32_arrays_by_name():
    """What comes back is named as the graph names it."""
    batch = np.random.default_rng(0).random((2, 3, 32, 32), np.float32)
    outputs = open_embedder().run({"image": batch})
    assert set(outputs) == {"vectors"}
    assert outputs["vectors"].dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(outputs["vectors"], axis=1), 1.0, atol=1e-5)


def test_the_result_is_that_of_the_graph_computed_by_hand():
    """Mean of each 8 x 8 tile, less grey, to length 1."""
    batch = np.random.default_rng(1).random((3, 3, 32, 32), np.float32)
    tiles = batch.reshape(3, 3, 4, 8, 4, 8).mean(axis=(3, 5)).reshape(3, -1) - 0.4567
    expected = tiles / np.linalg.norm(tiles, axis=1, keepdims=True)
    np.testing.assert_allclose(
        open_embedder().run({"image": batch})["vectors"], expected, atol=1e-5
    )


def test_inputs_are_named_in_the_graphs_order():
    """A caller can check a manifest against the graph."""
    assert open_embedder().input_names == ("image",)


@pytest.mark.parametrize("contents", [b"", b"not a model at all"])
def test_a_file_that_is_no_model_is_corrupted(tmp_path: Path, contents: bytes):
    """The runtime's own words are kept to one line, and a hint is given."""
    file = tmp_path / "broken.onnx"
    file.write_bytes(contents)
    with pytest.raises(ModelCorrupted, match=r"broken\.onnx cannot be loaded") as caught:
        OnnxSession.open(file)
    assert "\n" not in caught.value.message
    assert "reinstall" in str(caught.value.hint)


def test_no_thread_count_means_every_usable_core():
    """A process pinned to one core is not given eight threads."""
    assert usable_cores() >= 1
    assert OnnxSession.open(WEIGHTS / "facings-embedder.onnx").input_names
