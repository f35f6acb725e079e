"""
What onnxruntime itself says of the models that are served, for clients to be held to.
Arguments of every script here: URL of the server, host:port of its gRPC, folder of the model folders.
"""

import os
import sys
from pathlib import Path

import numpy as np
import onnxruntime

URL, GRPC, FOLDER = sys.argv[1:4]
HOST = URL.removeprefix("http://")
# No variable of this machine sends what is for a server here by way of a proxy.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"


def run(model, feeds):
    """The outputs of a model by name."""
    session = onnxruntime.InferenceSession(str(Path(FOLDER, model, "model.onnx")), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def close(received, expected):
    np.testing.assert_allclose(np.asarray(received, dtype=np.float64), expected, rtol=1e-5, atol=1e-6)


# Five rows of the tree, and two of the pipeline, whose first misses its temperature.
ROWS = np.linspace(-1, 1, 150, dtype=np.float32).reshape(5, 30)
TREE = run("tree", {"features": ROWS})
assert TREE["probabilities"].shape == (5, 2) and len(np.unique(TREE["probabilities"])) > 2, TREE

TABLE = {
    "carrier": np.array([["B6"], ["AA"]], dtype=object),
    "distance": np.array([[1500], [20]], dtype=np.float32),
    "temperature": np.array([[np.nan], [5]], dtype=np.float32),
}
RECORDS = [
    {"carrier": "B6", "distance": 1500.0, "temperature": None},
    {"carrier": "AA", "distance": 20.0, "temperature": 5.0},
]
PIPELINE = run("pipeline", TABLE)

# Beyond what a double keeps.
DIGITS = np.array([[2**53 + 1, -(2**63)]], dtype=np.int64)
IDS = np.array([2**64 - 1], dtype=np.uint64)
INT64 = run("int64", {"numbers": DIGITS, "ids": IDS})
