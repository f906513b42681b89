"""From a trained network to a published model: ONNX, and proof that it agrees."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from facings.session import OnnxSession

OPSET = 17
TOLERANCE = 1e-4  # between torch and ONNX Runtime, relative to outputs of order one
LEAST_HALF = 256  # smaller weights stay as they are: together they are a few kilobytes
_HALF = "_f16"


class ParityError(Exception):
    """The exported graph does not compute what the network computes."""


def export_onnx(
    network: nn.Module,
    example: Tensor,
    file: Path,
    *,
    input_name: str,
    output_names: tuple[str, ...],
    dynamic_axes: dict[str, dict[int, str]],
) -> None:
    """Write `network` as one self-contained ONNX file, checked."""
    file.parent.mkdir(parents=True, exist_ok=True)
    network.eval()
    with warnings.catch_warnings():
        # The tracing exporter is deprecated; the new one cannot keep picture sizes dynamic here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(file),
            input_names=[input_name],
            output_names=list(output_names),
            dynamic_axes=dynamic_axes,
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load(file), full_check=True)


def halve(network: nn.Module) -> None:
    """Round weights to what `store_half` keeps of them: then network and file agree."""
    for weights in network.parameters():
        if weights.ndim > 1 and weights.numel() >= LEAST_HALF:
            weights.data = weights.data.half().float()


def store_half(file: Path) -> None:
    """Store the weights of a graph as float16, with a node that makes float32 of them.

    A runtime does that once, when it loads the graph: nothing is slower.
    """
    model = onnx.load(file)
    graph = model.graph
    weights, casts = [], []
    for each in graph.initializer:
        values = numpy_helper.to_array(each)
        if each.data_type == TensorProto.FLOAT and values.ndim > 1 and values.size >= LEAST_HALF:
            weights.append(numpy_helper.from_array(values.astype(np.float16), each.name + _HALF))
            casts.append(
                helper.make_node("Cast", [each.name + _HALF], [each.name], to=TensorProto.FLOAT)
            )
        else:
            weights.append(each)
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)


def load_graph(file: Path) -> onnx.ModelProto:
    """Read an exported graph with all of its weights in float32."""
    model = onnx.load(file)
    graph = model.graph
    halves = {each.name for each in graph.initializer if each.data_type == TensorProto.FLOAT16}
    casts = {node.input[0]: node.output[0] for node in graph.node
             if node.op_type == "Cast" and node.input[0] in halves}  # fmt: skip
    weights = [
        numpy_helper.from_array(numpy_helper.to_array(each).astype(np.float32), casts[each.name])
        if each.name in casts
        else each
        for each in graph.initializer
    ]
    nodes = [node for node in graph.node if node.op_type != "Cast" or node.input[0] not in casts]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)
    return model


def read_weights(file: Path) -> dict[str, Tensor]:
    """Weights of an exported graph by name, shared ones under each of their names."""
    graph = load_graph(file).graph
    weights = {
        each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
        for each in graph.initializer
    }
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]]
    return weights


def prove_parity(network: nn.Module, example: Tensor, file: Path, *, input_name: str) -> float:
    """Run network and file on the same input.

    Returns:
        Largest difference, relative to the size of each output.

    Raises:
        ParityError: it is above TOLERANCE.
    """
    with torch.no_grad():
        result = network(example)
    expected = [result] if isinstance(result, Tensor) else list(result)
    session = OnnxSession.open(file, threads=1)
    outputs = list(session.run({input_name: example.numpy()}).values())
    worst = 0.0
    for wanted, got in zip(expected, outputs, strict=True):
        scale = max(1.0, float(wanted.abs().max()))
        worst = max(worst, float(np.abs(wanted.numpy() - got).max()) / scale)
    if worst > TOLERANCE:
        raise ParityError(
            f"{file.name} differs from the network by {worst:.2e} (at most {TOLERANCE})"
        )
    return worst


def file_sha256(file: Path) -> str:
    """Hash of a file, as manifests give it."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
