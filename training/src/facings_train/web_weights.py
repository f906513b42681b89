"""From the published weights to those a browser downloads: stored small, computed in float32.

    .venv-training/bin/python -m facings_train.web_weights src/facings/weights web/models

Large weights become one signed byte and a scale a channel, smaller ones, which lose more and weigh
little, float16; the graph multiplies them out when it is loaded, so nothing is slower and
activations lose nothing. int8 activations would: in WebAssembly they were slower in every case
measured, and less exact.

The manifest beside the weights is what the web client needs of the published one. `sha256` there
stays that of the published weights: it is the embedder's name, and its vectors are compared with
those of this file (tests/test_web_weights.py). `stored` names the file itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facings.models import Manifest, open_manifest
from facings_train.export import LEAST_HALF, load_graph

LEAST_INT8 = (
    60_000  # embedder v3: cosine to float32 0.9985 with all of them in int8, see docs/log.md
)
MODELS = ("facings-detector-live", "facings-embedder")
_SHRINKS = np.linspace(0.7, 1.0, 13)
_FIELDS = {
    "name", "version", "sha256", "task", "input", "outputs", "embedding_dim", "facing_height_px",
    "thresholds", "licence",
}  # fmt: skip

Floats = NDArray[np.float32]


def nearest_int8(weight: Floats, most: int = 127) -> tuple[NDArray[np.int8], Floats]:
    """Round each channel to signed bytes with the scale that loses least, in least squares.

    Args:
        weight: (channels, ...) of any further shape.
        most: greatest byte that is used, up to 127: fewer pack into fewer bits on their way.

    Returns:
        Bytes of the same shape, and (channels,) scales above 0: bytes x scale is near the weight.
    """
    rows = weight.reshape(len(weight), -1)
    largest = np.maximum(np.abs(rows).max(axis=1), np.float32(1e-12))
    best = np.full(len(rows), np.inf)
    scales = largest / np.float32(most)
    for shrink in _SHRINKS:
        scale = (largest * shrink / most).astype(np.float32)
        rounded = np.rint(rows / scale[:, None]).clip(-most, most) * scale[:, None]
        lost = np.square(rounded - rows).sum(axis=1)
        scales = np.where(lost < best, scale, scales)
        best = np.minimum(lost, best)
    codes = np.rint(rows / scales[:, None]).clip(-most, most).astype(np.int8)
    return codes.reshape(weight.shape), scales.astype(np.float32)


def store_small(
    model: onnx.ModelProto, *, least_int8: int = LEAST_INT8, most: int = 127
) -> onnx.ModelProto:
    """Replace large float32 weights by what is stored of them and a node that restores them.

    Args:
        least_int8: numbers of a weight from which it becomes signed bytes.
        most: greatest byte that is used: see `nearest_int8`.
    """
    stored = onnx.ModelProto()
    stored.CopyFrom(model)
    graph = stored.graph
    weights, nodes = [], []
    for each in graph.initializer:
        values = numpy_helper.to_array(each)
        if each.data_type != TensorProto.FLOAT or values.ndim < 2 or values.size < LEAST_HALF:
            weights.append(each)
        elif values.size < least_int8:
            half = f"{each.name}_f16"
            weights.append(numpy_helper.from_array(values.astype(np.float16), half))
            nodes.append(helper.make_node("Cast", [half], [each.name], to=TensorProto.FLOAT))
        else:
            codes, scales = nearest_int8(values, most)
            arrays = [
                numpy_helper.from_array(codes, f"{each.name}_i8"),
                numpy_helper.from_array(scales, f"{each.name}_scale"),
            ]
            weights += arrays
            names = [array.name for array in arrays]
            nodes.append(helper.make_node("DequantizeLinear", names, [each.name], axis=0))
    nodes += list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)
    onnx.checker.check_model(stored, full_check=True)
    return stored


def write_web_model(name: str, weights: Path, out: Path) -> Path:
    """Write a published model's web weights and manifest; those of earlier versions go.

    Args:
        weights: folder of the published models.
        out: folder that the web client is built with.

    Returns:
        The weights file.
    """
    manifest = open_manifest(name, weights)
    contents = store_small(load_graph(weights / manifest.file)).SerializeToString()
    for old in out.glob(f"{name}-*.onnx"):
        old.unlink()
    file = out / f"{Path(manifest.file).stem}-web.onnx"
    file.write_bytes(contents)
    (out / f"{name}.json").write_text(json.dumps(_web_manifest(manifest, file), indent=2) + "\n")
    return file


def _web_manifest(manifest: Manifest, file: Path) -> dict[str, object]:
    contents = file.read_bytes()
    stored = {
        "file": file.name,
        "sha256": hashlib.sha256(contents).hexdigest(),
        "bytes": len(contents),
    }
    return manifest.model_dump(mode="json", include=_FIELDS, exclude_none=True) | {"stored": stored}


def main() -> None:
    """Write both models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="folder of the published models")
    parser.add_argument("out", type=Path, help="folder that the web client is built with")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        file = write_web_model(name, arguments.weights, arguments.out)
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
