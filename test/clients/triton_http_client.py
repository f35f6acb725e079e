"""Triton's own client over HTTP: JSON and binary, packed and plain, with every digit."""

import numpy as np
import tritonclient.http as http
from oracle import HOST, ROWS as rows, TREE, close
from tritonclient.utils import InferenceServerException

client = http.InferenceServerClient(HOST)
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("tree") and client.is_model_ready("tree", "1")
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
metadata = client.get_model_metadata("tree")
columns = {"features": [f"f{i}" for i in range(30)]}
assert metadata["inputs"] == [
    {"name": "features", "datatype": "FP32", "shape": [-1, 30], "parameters": columns}
], metadata
assert {"name": "tree", "version": "1", "state": "READY", "reason": ""} in client.get_model_repository_index()


def features(binary):
    given = http.InferInput("features", [5, 30], "FP32")
    given.set_data_from_numpy(rows, binary_data=binary)
    return given


def probabilities(binary_in, binary_out, **more):
    wanted = [http.InferRequestedOutput("probabilities", binary_data=binary_out)]
    return client.infer("tree", [features(binary_in)], outputs=wanted, request_id="r1", **more)


expected = TREE["probabilities"]
for binary_in in (True, False):
    for binary_out in (True, False):
        for packing in (None, "gzip", "deflate"):
            result = probabilities(
                binary_in, binary_out, request_compression_algorithm=packing, response_compression_algorithm=packing
            )
            close(result.as_numpy("probabilities"), expected)
            assert result.get_response()["id"] == "r1"

# No outputs named: all of them, in binary, which the client asks for by itself.
everything = client.infer("tree", [features(False)])
assert everything.as_numpy("label").dtype == np.int64 and (everything.as_numpy("label") == TREE["label"]).all()

best = client.infer("tree", [features(True)], outputs=[http.InferRequestedOutput("probabilities", class_count=1)])
for text, row in zip(best.as_numpy("probabilities").reshape(-1), expected):
    value, index = text.decode().split(":")[:2]
    assert int(index) == row.argmax() and abs(float(value) - row.max()) < 1e-5, text

# Strings, several inputs, missing values.
table = [
    ("carrier", "BYTES", np.array([["B6"], ["AA"]], dtype=object)),
    ("distance", "FP32", np.array([[1500], [20]], dtype=np.float32)),
    ("temperature", "FP32", np.array([[np.nan], [5]], dtype=np.float32)),
]
answers = []
for binary in (True, False):
    inputs = []
    for name, datatype, values in table:
        given = http.InferInput(name, list(values.shape), datatype)
        if not binary:
            values = np.where(values != values, np.float32(3), values) if datatype == "FP32" else values
        given.set_data_from_numpy(values, binary_data=binary)
        inputs.append(given)
    answers.append(client.infer("pipeline", inputs).as_numpy("probabilities"))
assert answers[0].shape == answers[1].shape == (2, 2)
assert np.allclose(answers[0][1], answers[1][1])

# Every digit, both ways.
digits = np.array([[2**53 + 1, -(2**63)]], dtype=np.int64)
ids = np.array([2**64 - 1], dtype=np.uint64)
for binary in (True, False):
    inputs = [http.InferInput("numbers", [1, 2], "INT64"), http.InferInput("ids", [1], "UINT64")]
    inputs[0].set_data_from_numpy(digits, binary_data=binary)
    inputs[1].set_data_from_numpy(ids, binary_data=binary)
    outputs = [http.InferRequestedOutput(o["name"], binary_data=binary) for o in client.get_model_metadata("int64")["outputs"]]
    result = client.infer("int64", inputs, outputs=outputs)
    assert any((result.as_numpy(o.name()) == digits + 1).all() for o in outputs if result.as_numpy(o.name()).shape == (1, 2)), result.get_response()

statistics = client.get_inference_statistics("tree")["model_stats"][0]
assert statistics["inference_stats"]["success"]["count"] >= 14 and statistics["inference_count"] >= 70, statistics
client.load_model("tree")

for ask, text in [
    (lambda: client.get_model_metadata("nobody"), "no model named nobody"),
    (lambda: client.get_model_metadata("tree", "9"), "version 9"),
    (lambda: client.unload_model("tree"), "not allowed"),
    (lambda: client.infer("tree", [http.InferInput("wrong", [5, 30], "FP32").set_data_from_numpy(rows)]), "no input named wrong"),
]:
    try:
        ask()
        raise SystemExit(f"no error that says {text}")
    except InferenceServerException as error:
        assert text in error.message(), error.message()
print("done")
