"""Writes the fitted pipeline as one ONNX graph: raw columns in, label and probabilities out.

    carrier, origin, dest --LabelEncoder (late rate of each value; unknown: the mean)--+
    every number, NaN when missing ----------------------------------------------------+-- Concat
    -- TreeEnsembleClassifier (logistic) -- probabilities -- Gather, threshold -- label

Nothing is imputed: each split of the trees says which way a missing number goes.
The graph is written node by node, so it holds no operator that serving does not need.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features import FEATURES, NUMBERS, STRINGS

IR, OPSET, ML_OPSET = 8, 17, 3


def to_onnx(pipeline, threshold: float, version: str) -> onnx.ModelProto:
    columns, classifier = pipeline.steps[0][1], pipeline.steps[1][1]
    encoder = columns.named_transformers_["strings"]
    nodes = [
        helper.make_node(
            "LabelEncoder",
            [name],
            [f"{name}_rate"],
            domain="ai.onnx.ml",
            keys_strings=[str(value) for value in categories],
            values_floats=[float(np.float32(rate)) for rate in rates],
            default_float=float(np.float32(encoder.target_mean_)),
        )
        for name, categories, rates in zip(STRINGS, encoder.categories_, encoder.encodings_)
    ]
    nodes += [
        helper.make_node("Concat", [f"{name}_rate" for name in STRINGS] + list(NUMBERS), ["features"], axis=1),
        tree_ensemble(classifier),
        helper.make_node("Gather", ["probabilities", "one"], ["probability"], axis=1),
        helper.make_node("GreaterOrEqual", ["probability", "threshold"], ["late"]),
        helper.make_node("Cast", ["late"], ["label"], to=TensorProto.INT64),
    ]
    graph = helper.make_graph(
        nodes,
        f"flight-delay-{version}",
        [
            helper.make_tensor_value_info(n, TensorProto.STRING if n in STRINGS else TensorProto.FLOAT, ["N", 1])
            for n in FEATURES
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 2]),
        ],
        [
            numpy_helper.from_array(np.array(1, np.int64), "one"),
            numpy_helper.from_array(np.array(threshold, np.float32), "threshold"),
        ],
    )
    model = helper.make_model(
        graph,
        ir_version=IR,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
        producer_name="flight-delay",
        producer_version=version,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def tree_ensemble(classifier) -> onnx.NodeProto:
    keys = ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
            "missing_value_tracks_true"]  # fmt: skip
    tree: dict[str, list] = {key: [] for key in keys}
    leaves: dict[str, list] = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    for number, (predictor,) in enumerate(classifier._predictors):
        for at, node in enumerate(predictor.nodes):
            leaf = bool(node["is_leaf"])
            row = [number, at, 0, 0.0, "LEAF", 0, 0, 0]
            if leaf:
                for key, value in zip(leaves, [number, at, 0, float(node["value"])]):
                    leaves[key].append(value)
            else:
                row = [number, at, int(node["feature_idx"]), floor32(node["num_threshold"]), "BRANCH_LEQ",
                       int(node["left"]), int(node["right"]), int(node["missing_go_to_left"])]  # fmt: skip
            for key, value in zip(keys, row):
                tree[key].append(value)
    return helper.make_node(
        "TreeEnsembleClassifier",
        ["features"],
        ["class", "probabilities"],
        domain="ai.onnx.ml",
        classlabels_int64s=[0, 1],
        base_values=[float(classifier._baseline_prediction.ravel()[0])],
        post_transform="LOGISTIC",
        **{f"nodes_{key}": values for key, values in tree.items()},
        **{f"class_{key}": values for key, values in leaves.items()},
    )


def floor32(value: float) -> float:
    """The largest float32 not above the value: x <= it exactly when the float32 x <= value."""
    single = np.float32(value)
    return float(single if single <= value else np.nextafter(single, np.float32(-np.inf)))


def feeds(rows) -> dict[str, np.ndarray]:
    """Encoded rows as the inputs of the graph."""
    return {
        name: rows[name].to_numpy(object if name in STRINGS else np.float32).reshape(-1, 1) for name in FEATURES
    }
