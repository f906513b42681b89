"""Convert MediaPipe's short-range face detector (BlazeFace, Apache-2.0) to ONNX.

    python runs/facings_faces.py face_detection_short_range.tflite OUT_FOLDER

Anchors are decoded inside the graph, so that it answers as `facings-detector` does: corners in
pixels of the tensor, and scores. Anchors: strides 8, 16, 16, 16 with two each, of fixed size
(mediapipe/modules/face_detection/face_detection_short_range.pbtxt). Needs numpy, onnx, tflite.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

SIDE = 128
MAPS = ((16, 2), (8, 6))  # cells a side, anchors a cell
NAME = "facings-faces"
VERSION = 1
METRICS = {  # evals/faces.py
    "portraits in shelf photos (2 portraits, 4 photos)": {
        "n": 40,
        "found at 15 % of the picture's height or more": 40,
        "found at 10 %": "2 of 8",
    },
    "pictures without people": {
        "n": 286,
        "with a box": 2,
        "note": "three women printed on packs; one drawn cow",
    },
}


class Conversion:
    """One graph on its way from NHWC to NCHW."""

    def __init__(self, contents: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(contents, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.values: dict[int, np.ndarray] = {}  # tensors known beforehand

    def name(self, index: int) -> str:
        """What a tensor is called."""
        return f"t{index}"

    def constant(self, name: str, value: np.ndarray) -> str:
        """Keep a constant; give its name. Weights are kept as float16."""
        self.constants[name] = value
        return name

    def known(self, index: int) -> np.ndarray:
        """The value of a tensor that the file holds."""
        if index not in self.values:
            tensor = self.graph.Tensors(index)
            raw = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
            kinds = {
                tflite.TensorType.FLOAT16: "<f2",
                tflite.TensorType.FLOAT32: "<f4",
                tflite.TensorType.INT32: "<i4",
            }
            value = np.frombuffer(raw.tobytes(), kinds[tensor.Type()])
            self.values[index] = value.reshape(tensor.ShapeAsNumpy())
        return self.values[index]

    def add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> None:
        """Add one node."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def operator(self, place: int) -> None:
        """Translate one operator."""
        op = self.graph.Operators(place)
        code = self.model.OperatorCodes(op.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        ins, out = op.InputsAsNumpy().tolist(), op.OutputsAsNumpy().tolist()[0]
        ops, options = tflite.BuiltinOperator, op.BuiltinOptions()
        if kind == ops.DEQUANTIZE:
            self.values[out] = self.known(ins[0]).astype(np.float32)
        elif kind in (ops.CONV_2D, ops.DEPTHWISE_CONV_2D):
            self._convolution(kind == ops.DEPTHWISE_CONV_2D, options, ins, out)
        elif kind == ops.RELU:
            self.add("Relu", [self.name(ins[0])], self.name(out))
        elif kind == ops.ADD:
            self.add("Add", [self.name(each) for each in ins], self.name(out))
        elif kind == ops.PAD:
            pads = self.known(ins[1])[[0, 3, 1, 2]].T.ravel()
            pads_name = self.constant(f"pads{out}", pads.astype(np.int64))
            self.add("Pad", [self.name(ins[0]), pads_name], self.name(out))
        elif kind == ops.MAX_POOL_2D:
            said = tflite.Pool2DOptions()
            said.Init(options.Bytes, options.Pos)
            size = [said.FilterHeight(), said.FilterWidth()]
            strides = [said.StrideH(), said.StrideW()]
            source = self.name(ins[0])
            self.add("MaxPool", [source], self.name(out), kernel_shape=size, strides=strides)
        elif kind == ops.RESHAPE:
            shape = self.graph.Tensors(out).ShapeAsNumpy().astype(np.int64)
            last = self.name(out) + "_nhwc"
            self.add("Transpose", [self.name(ins[0])], last, perm=[0, 2, 3, 1])
            self.add("Reshape", [last, self.constant(f"shape{out}", shape)], self.name(out))
        elif kind == ops.CONCATENATION:
            self.add("Concat", [self.name(each) for each in ins], self.name(out), axis=1)
        else:
            raise ValueError(f"operator {kind} is not translated")

    def _convolution(self, depthwise: bool, options: object, ins: list[int], out: int) -> None:
        said = tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions()
        said.Init(options.Bytes, options.Pos)
        assert said.FusedActivationFunction() == tflite.ActivationFunctionType.NONE
        kernel = self.known(ins[1])
        weight = kernel.transpose(3, 0, 1, 2) if depthwise else kernel.transpose(0, 3, 1, 2)
        inputs = [
            self.name(ins[0]),
            self.constant(f"w{out}", weight.astype(np.float32)),
            self.constant(f"b{out}", self.known(ins[2]).astype(np.float32)),
        ]
        self.add(
            "Conv",
            inputs,
            self.name(out),
            group=weight.shape[0] if depthwise else 1,
            strides=[said.StrideH(), said.StrideW()],
            auto_pad="SAME_UPPER" if said.Padding() == tflite.Padding.SAME else "VALID",
        )

    def decode(self, regressors: str, classificators: str) -> None:
        """Turn what the network says into corners in pixels of the tensor, and scores."""
        centres = np.concatenate(
            [
                np.repeat((np.stack(np.mgrid[:n, :n][::-1], 2).reshape(-1, 2) + 0.5) / n, each, 0)
                for n, each in MAPS
            ]
        )
        self.constant("anchors", (centres * SIDE).astype(np.float32)[None])
        self.constant("half", np.float32([0.5]))
        for name, start in (("offset", 0), ("size", 2)):
            ends = [self.constant(f"{name}{n}", np.int64([n])) for n in (start, start + 2)]
            axis = self.constant(f"{name}_axis", np.int64([2]))
            self.add("Slice", [regressors, *ends, axis], name)
        self.add("Add", ["offset", "anchors"], "centre")
        self.add("Mul", ["size", "half"], "half_size")
        self.add("Sub", ["centre", "half_size"], "low")
        self.add("Add", ["centre", "half_size"], "high")
        self.add("Concat", ["low", "high"], "boxes", axis=2)
        self.add("Sigmoid", [classificators], "likely")
        self.add("Reshape", ["boxes", self.constant("rows4", np.int64([-1, 4]))], "boxes_xyxy")
        self.add("Reshape", ["likely", self.constant("rows", np.int64([-1]))], "scores")


def main(source: Path, folder: Path) -> None:
    """Write the graph and its manifest."""
    todo = Conversion(source.read_bytes())
    [given] = todo.graph.InputsAsNumpy().tolist()
    todo.add("Identity", ["image"], todo.name(given))
    for place in range(todo.graph.OperatorsLength()):
        todo.operator(place)
    todo.decode(*(todo.name(each) for each in todo.graph.OutputsAsNumpy().tolist()))
    graph = helper.make_graph(
        todo.nodes,
        NAME,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("boxes_xyxy", TensorProto.FLOAT, [None, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None]),
        ],
        [numpy_helper.from_array(value, name) for name, value in todo.constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    file = folder / f"{NAME}-{VERSION}.onnx"
    file.write_bytes(model.SerializeToString())
    manifest = {
        "name": NAME,
        "version": VERSION,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "task": "detect",
        "input": {
            "name": "image",
            "layout": "NCHW",
            "size_wh": [SIDE, SIDE],
            "multiple_of": SIDE,
            "color": "RGB",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "resize": "fit",
            "pad_value": 0.0,
        },
        "outputs": {
            "boxes_xyxy": "(896, 4) in tensor pixels, before non-maximum suppression",
            "scores": "(896,) in [0, 1]: how sure it is a face",
        },
        "thresholds": {"score": 0.85, "nms_iou": 0.3},
        "licence": "Apache-2.0",
        "training_data": [
            "not published by its makers: BlazeFace short range, google-ai-edge/mediapipe"
        ],
        "run": "runs/facings-faces.sh",
        "metrics": METRICS,
    }
    (folder / f"{NAME}.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
