"""The peer: one ONNX model behind FastAPI, as people write it, with the fast loop and parser of uvicorn.

MODEL=model.onnx uvicorn fastapi_app:app --port 8000 --loop uvloop --http httptools --no-access-log
It takes and gives the JSON of the Open Inference Protocol for a single float input. No contract, no metrics, no capture.
"""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
outputs = [output.name for output in session.get_outputs()]
datatypes = {"float32": "FP32", "int64": "INT64"}


class Input(BaseModel):
    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class Request(BaseModel):
    inputs: list[Input]


app = FastAPI()


@app.get("/v2/health/ready")
async def ready():
    return {"ready": True}


@app.post("/v2/models/{model}/infer")
async def infer(model: str, request: Request):
    feeds = {each.name: np.array(each.data, dtype=np.float32).reshape(each.shape) for each in request.inputs}
    results = session.run(outputs, feeds)
    return {
        "model_name": model,
        "outputs": [
            {
                "name": name,
                "shape": list(result.shape),
                "datatype": datatypes[str(result.dtype)],
                "data": result.ravel().tolist(),
            }
            for name, result in zip(outputs, results)
        ],
    }
