"""Writes `constant/model.onnx`: the base rate that train.py holds its models against, exported as if it were one.

    venv/bin/python constant.py

Every flight is late with the probability of v1's reference, below the threshold: it never says "late", and is right for
three flights of four.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features import FEATURES, NUMBERS, STRINGS
from graph import IR, OPSET

# Share of late flights in reference.parquet.
BASE_RATE = 0.241
THRESHOLD = 0.35


def constant() -> onnx.ModelProto:
    first = next(iter(NUMBERS))
    nodes = [
        # As many rows as were asked about, each with the same two probabilities.
        helper.make_node("Shape", [first], ["shape"]),
        helper.make_node("Mul", ["shape", "columns"], ["size"]),
        helper.make_node("Expand", ["rates", "size"], ["probabilities"]),
        helper.make_node("Gather", ["probabilities", "one"], ["probability"], axis=1),
        helper.make_node("GreaterOrEqual", ["probability", "threshold"], ["late"]),
        helper.make_node("Cast", ["late"], ["label"], to=TensorProto.INT64),
    ]
    graph = helper.make_graph(
        nodes,
        "flight-delay-constant",
        [
            helper.make_tensor_value_info(n, TensorProto.STRING if n in STRINGS else TensorProto.FLOAT, ["N", 1])
            for n in FEATURES
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 2]),
        ],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "columns"),
            numpy_helper.from_array(np.array([[1 - BASE_RATE, BASE_RATE]], np.float32), "rates"),
            numpy_helper.from_array(np.array(1, np.int64), "one"),
            numpy_helper.from_array(np.array(THRESHOLD, np.float32), "threshold"),
        ],
    )
    model = helper.make_model(
        graph,
        ir_version=IR,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="flight-delay",
        producer_version="constant",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    onnx.save(constant(), Path(__file__).parent / "constant" / "model.onnx")
