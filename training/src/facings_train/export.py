"""From a trained network to a published model: ONNX, and proof that it agrees."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from facings.session import OnnxSession

OPSET = 17
TOLERANCE = 1e-4  # between torch and ONNX Runtime, relative to outputs of order one


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


def read_weights(file: Path) -> dict[str, Tensor]:
    """Weights of an exported graph by name, shared ones under each of their names."""
    graph = onnx.load(file).graph
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
