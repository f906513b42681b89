"""Make PP-OCR's text detector and recogniser (Apache-2.0) small enough for a browser.

    .venv-training/bin/python runs/web_print.py DETECTOR.onnx RECOGNISER.onnx web/models

Hardware: any processor, half a minute. Expected: 0.73 and 2.02 MB, together 1.9 MB on their way to
a browser; evals/print.py says how they read.

Both are told RGB instead of BGR. The recogniser keeps of its 6,623 characters those of Latin print.
Weights become seven bits and a scale a channel: six lose a fifth of the words on real packs, eight
are no better and pack an eighth larger (docs/log.md).
"""

from __future__ import annotations

import hashlib
import json
import string
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper, version_converter

from facings_train.web_weights import store_small

VERSION = 1
OPSET = 13  # the first whose DequantizeLinear knows a scale a channel
LEAST_INT8, MOST = 4000, 63
LETTERS = frozenset(string.ascii_letters + string.digits + "%&'+,-./:!()° éèäüàÉ®·")
"""What is kept of what the recogniser knows: it never learned ö, ß, ø, å or ñ."""
MEAN, STD = (0.406, 0.456, 0.485), (0.225, 0.224, 0.229)
"""ImageNet's in the order blue, green, red, which PaddleOCR applies to pictures in that order: here
they are of red, green, blue, as PaddleOCR's were of its channels."""
FINDER = {
    "name": "facings-print-finder",
    "task": "find print",
    "input": {"size_wh": [320, 320], "multiple_of": 32, "mean": MEAN, "std": STD},
    "outputs": {"heat": "(1, 1, h, w) how surely a pixel is print, in [0, 1]"},
    "thresholds": {"heat": 0.3, "score": 0.5},
}
READER = {
    "name": "facings-print-reader",
    "task": "read print",
    "input": {"size_wh": [480, 48], "multiple_of": 16, "mean": [0.5] * 3, "std": [0.5] * 3},
    "outputs": {"letters": "(1, steps, letters) how likely each is; the first is none"},
    "thresholds": {"score": 0.3},
}


def plain_graph(file: Path) -> onnx.ModelProto:
    """Load a graph with its constants as weights, and what can be computed beforehand computed."""
    model = version_converter.convert_version(_with_weights(onnx.load(file)), OPSET)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "plain.onnx")
        onnxruntime.InferenceSession(model.SerializeToString(), options)
        plain = _with_weights(onnx.load(options.optimized_model_filepath))
    del plain.graph.value_info[:], plain.metadata_props[:]
    plain.opset_import.remove(next(each for each in plain.opset_import if each.domain))
    return plain


def _with_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Constant":
            nodes.append(node)
            continue
        weight = onnx.TensorProto()
        weight.CopyFrom(node.attribute[0].t)
        weight.name = node.output[0]
        model.graph.initializer.append(weight)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def tell_rgb(model: onnx.ModelProto) -> None:
    """Turn the first convolution's channels around: BGR becomes RGB."""
    given = model.graph.input[0].name
    first = next(node for node in model.graph.node if given in node.input)
    weight = _weight(model, first.input[1])
    weight.CopyFrom(numpy_helper.from_array(_array(weight)[:, ::-1].copy(), weight.name))


def keep_letters(model: onnx.ModelProto, known: list[str]) -> str:
    """Drop the outputs of all letters but LETTERS; say which are left, in the outputs' order."""
    kept = [0, *(i for i, letter in enumerate(known, 1) if letter in LETTERS)]
    for weight in model.graph.initializer:
        values = _array(weight)
        if values.ndim and values.shape[-1] == len(known) + 1:
            weight.CopyFrom(numpy_helper.from_array(values[..., kept].copy(), weight.name))
    return "".join(known[i - 1] for i in kept[1:])


def known_letters(file: Path) -> list[str]:
    """All letters of the recogniser; behind those of its file comes the space."""
    said = {each.key: each.value for each in onnx.load(file).metadata_props}
    return [*said["character"].split("\n"), " "]


def rename(model: onnx.ModelProto, given: str, answered: str) -> None:
    """Call input and output as the manifest does, of any size."""
    graph = model.graph
    names = {graph.input[0].name: given, graph.output[0].name: answered}
    for node in graph.node:
        for ends in (node.input, node.output):
            ends[:] = [names.get(each, each) for each in ends]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            size.Clear()
            size.dim_param = f"{value.name}_{axis}"


def write(model: onnx.ModelProto, about: dict, source: Path, out: Path, **more: str) -> None:
    """Write the small weights and their manifest."""
    rename(model, "image", next(iter(about["outputs"])))
    contents = store_small(model, least_int8=LEAST_INT8, most=MOST).SerializeToString()
    file = out / f"{about['name']}-{VERSION}-web.onnx"
    file.write_bytes(contents)
    given = {"name": "image", "layout": "NCHW", "color": "RGB", **about["input"]}
    manifest = {
        **about,
        "version": VERSION,
        "sha256": _sha256(source.read_bytes()),
        "input": {**given, "resize": "fit", "pad_value": 127.0},
        **more,
        "licence": "Apache-2.0",
        "stored": {"file": file.name, "sha256": _sha256(contents), "bytes": len(contents)},
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (out / f"{about['name']}.json").write_text(text + "\n")


def _weight(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(each for each in model.graph.initializer if each.name == name)


def _array(weight: onnx.TensorProto) -> np.ndarray:
    return numpy_helper.to_array(weight)


def _sha256(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()


def main(detector: Path, recogniser: Path, out: Path) -> None:
    """Write both networks."""
    finder = plain_graph(detector)
    tell_rgb(finder)
    write(finder, FINDER, detector, out)
    reader = plain_graph(recogniser)
    tell_rgb(reader)
    letters = keep_letters(reader, known_letters(recogniser))
    write(reader, READER, recogniser, out, letters=letters)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
