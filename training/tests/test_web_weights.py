"""Weights stored small compute nearly what the published ones do."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from facings_train.web_weights import LEAST_HALF, LEAST_INT8, nearest_int8, store_small


def test_each_channel_has_its_own_scale():
    """A faint channel beside a loud one keeps its digits; one of zeros stays zero."""
    weight = np.random.default_rng(0).normal(0, 1, (3, 500)).astype(np.float32)
    weight *= np.array([[100.0], [0.01], [0.0]], np.float32)

    codes, scales = nearest_int8(weight)

    lost = np.linalg.norm(codes * scales[:, None] - weight, axis=1)
    assert codes.dtype == np.int8
    assert (lost[:2] < 0.01 * np.linalg.norm(weight[:2], axis=1)).all()
    assert not codes[2].any()


def test_fewer_bytes_are_used_where_that_was_asked_for():
    """Six bits keep a weight within a tenth, and use no byte beyond them."""
    weight = np.random.default_rng(3).normal(0, 1, (4, 400)).astype(np.float32)

    codes, scales = nearest_int8(weight, most=31)

    assert np.abs(codes).max() == 31
    assert np.linalg.norm(codes * scales[:, None] - weight) < 0.1 * np.linalg.norm(weight)


def product_of(rows: int, columns: int) -> onnx.ModelProto:
    """A graph that multiplies with one weight."""
    weight = np.random.default_rng(1).normal(0, 0.05, (rows, columns)).astype(np.float32)
    return helper.make_model(
        helper.make_graph(
            [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)],
            "product",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, columns])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, rows])],
            [numpy_helper.from_array(weight, "w")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


@pytest.mark.parametrize(
    ("rows", "columns", "share"),
    [
        (2, LEAST_HALF // 2 - 1, 1.0),  # too small to be worth it
        (20, 300, 0.6),
        (300, LEAST_INT8 // 300, 0.35),
    ],
)
def test_a_graph_shrinks_and_answers_the_same(rows: int, columns: int, share: float):
    """Small weights stay, middling ones are halved, large ones quartered."""
    model = product_of(rows, columns)
    small = store_small(model)

    x = np.random.default_rng(2).normal(0, 1, (1, columns)).astype(np.float32)
    answers = [
        onnxruntime.InferenceSession(each.SerializeToString()).run(None, {"x": x})[0].ravel()
        for each in (model, small)
    ]
    cosine = answers[0] @ answers[1] / np.prod([np.linalg.norm(each) for each in answers])
    assert small.ByteSize() <= share * model.ByteSize()
    assert cosine > 0.9995
