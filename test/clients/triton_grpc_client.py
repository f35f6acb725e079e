"""Triton's own client over gRPC: tensors of every type the models have, several calls at once, and errors by code."""

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
import tritonclient.grpc as grpc
from oracle import DIGITS, GRPC, IDS, INT64, PIPELINE, ROWS, TABLE, TREE, close
from tritonclient.utils import InferenceServerException

client = grpc.InferenceServerClient(GRPC)
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("tree") and client.is_model_ready("tree", "1")
assert "binary_tensor_data" in client.get_server_metadata().extensions
metadata = client.get_model_metadata("tree", as_json=True)
assert metadata["inputs"] == [{"name": "features", "datatype": "FP32", "shape": ["-1", "30"]}], metadata
assert client.get_model_metadata("pipeline").platform == "onnxruntime_onnx"


def tensor(name, datatype, values):
    given = grpc.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


rows = [tensor("features", "FP32", ROWS)]
answer = client.infer("tree", rows, request_id="r1")
assert answer.get_response().id == "r1" and answer.get_response().model_version == "1"
close(answer.as_numpy("probabilities"), TREE["probabilities"])
assert (answer.as_numpy("label") == TREE["label"]).all()

for packing in (None, "gzip", "deflate"):
    wanted = [grpc.InferRequestedOutput("probabilities")]
    answer = client.infer("tree", rows, model_version="1", outputs=wanted, compression_algorithm=packing, client_timeout=60)
    close(answer.as_numpy("probabilities"), TREE["probabilities"])
    assert answer.as_numpy("label") is None

best = client.infer("tree", rows, outputs=[grpc.InferRequestedOutput("probabilities", class_count=1)])
for text, row in zip(best.as_numpy("probabilities").reshape(-1), TREE["probabilities"]):
    value, index = text.decode().split(":")[:2]
    assert int(index) == row.argmax() and abs(float(value) - row.max()) < 1e-5, text

table = [tensor(name, "BYTES" if values.dtype == object else "FP32", values) for name, values in TABLE.items()]
close(client.infer("pipeline", table).as_numpy("probabilities"), PIPELINE["probabilities"])

digits = client.infer("int64", [tensor("numbers", "INT64", DIGITS), tensor("ids", "UINT64", IDS)])
for name, values in INT64.items():
    assert digits.as_numpy(name).dtype == values.dtype and (digits.as_numpy(name) == values).all(), name

# A large batch, and many calls at once on the one connection.
many = np.tile(ROWS, (800, 1))
close(client.infer("tree", [tensor("features", "FP32", many)]).as_numpy("probabilities"), np.tile(TREE["probabilities"], (800, 1)))
with ThreadPoolExecutor(8) as pool:
    for answer in pool.map(lambda _: client.infer("tree", rows), range(64)):
        close(answer.as_numpy("probabilities"), TREE["probabilities"])
arrived = SimpleQueue()
for _ in range(8):
    client.async_infer("tree", rows, lambda result, error: arrived.put((result, error)))
for _ in range(8):
    answer, error = arrived.get(timeout=60)
    assert error is None, error
    close(answer.as_numpy("probabilities"), TREE["probabilities"])

for ask, code, text in [
    (lambda: client.get_model_metadata("nobody"), "NOT_FOUND", "no model named nobody"),
    (lambda: client.get_model_metadata("tree", "9"), "NOT_FOUND", "version 9"),
    (lambda: client.infer("tree", [tensor("wrong", "FP32", ROWS)]), "INVALID_ARGUMENT", "no input named wrong"),
    (lambda: client.infer("tree", [tensor("features", "FP64", ROWS.astype(np.float64))]), "INVALID_ARGUMENT", "FP32"),
    (lambda: client.infer("tree", [tensor("features", "FP32", ROWS[:, :3])]), "INVALID_ARGUMENT", "features"),
]:
    try:
        ask()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{code}" and text in error.message(), (error.status(), error.message())
    else:
        raise SystemExit(f"no error that says {text}")
print("done")
