"""KServe's Python SDK: version 1 and 2 of its protocol over HTTP, in JSON and binary, and gRPC."""

import asyncio

import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from oracle import DIGITS, GRPC, IDS, INT64, PIPELINE, RECORDS, ROWS, TABLE, TREE, URL, close, run

FLIGHT = {
    "carrier": "B6", "origin": "JFK", "dest": "SFO", "distance": 2586, "departure_minute": 1080, "weekday": 5,
    "origin_departures": 25, "origin_delay": 12.5, "origin_overdue": 3, "carrier_delay": 8.0, "temp": 75.0,
    "humid": 60.0, "wind_speed": 12.0, "wind_gust": 15.0, "precip": 0.1, "visib": 8.0, "seats": 200,
}  # fmt: skip


def given(name, datatype, values, binary):
    tensor = InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def rows(binary=False, wanted=None):
    return InferRequest("tree", [given("features", "FP32", ROWS, binary)], request_outputs=wanted)


def output(response, name):
    return next(o for o in response.outputs if o.name == name).as_numpy()


async def version_1(client):
    assert await client.is_server_live(URL)
    assert await client.is_model_ready(URL, "tree")
    answer = await client.infer(URL, {"instances": ROWS.tolist()}, model_name="tree")
    close([row["probabilities"] for row in answer["predictions"]], TREE["probabilities"])
    # KServe's other word for instances.
    answer = await client.infer(URL, {"inputs": RECORDS}, model_name="pipeline")
    close([row["probabilities"] for row in answer["predictions"]], PIPELINE["probabilities"])
    answer = await client.explain(URL, model_name="flight-delay", data={"instances": [FLIGHT]})
    [row] = answer["explanations"]["rows"]
    # Shapley values add up to the log-odds of the probability that onnxruntime gives.
    feeds = {n: np.array([[v]], dtype=object if isinstance(v, str) else np.float32) for n, v in FLIGHT.items()}
    close([row["value"]], [row["baseValue"] + sum(row["values"])])
    close([1 / (1 + np.exp(-row["value"]))], run("flight-delay", feeds)["probabilities"][:, 1])
    for ask, code in [
        (lambda: client.infer(URL, {"instances": [[1]]}, model_name="tree"), 400),
        (lambda: client.infer(URL, {"instances": [[1]]}, model_name="nobody"), 404),
        (lambda: client.is_model_ready(URL, "nobody"), 404),
    ]:
        try:
            await ask()
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == code, error
        else:
            raise SystemExit(f"no error {code}")


async def version_2(client):
    assert await client.is_server_live(URL) and await client.is_server_ready(URL)
    assert await client.is_model_ready(URL, "tree") and not await client.is_model_ready(URL, "nobody")
    for binary_in in (False, True):
        for binary_out in (False, True):
            wanted = [RequestedOutput("probabilities", {"binary_data": binary_out})]
            answer = await client.infer(URL, rows(binary_in, wanted), model_name="tree")
            close(output(answer, "probabilities").reshape(5, 2), TREE["probabilities"])
    for binary in (False, True):
        digits = InferRequest("int64", [given("numbers", "INT64", DIGITS, binary), given("ids", "UINT64", IDS, binary)])
        answer = await client.infer(URL, digits, model_name="int64")
        for name, values in INT64.items():
            assert (output(answer, name) == values).all(), (name, binary)
    table = [given(n, "BYTES" if v.dtype == object else "FP32", v, True) for n, v in TABLE.items()]
    answer = await client.infer(URL, InferRequest("pipeline", table), model_name="pipeline")
    close(output(answer, "probabilities").reshape(2, 2), PIPELINE["probabilities"])
    try:
        await client.infer(URL, InferRequest("tree", [given("wrong", "FP32", ROWS, False)]), model_name="tree")
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 400 and "no input named wrong" in str(error), error
    else:
        raise SystemExit("an unknown input was taken")


async def over_grpc(client):
    assert await client.is_server_live() and await client.is_server_ready()
    assert await client.is_model_ready("tree")
    for raw in (False, True):
        answer = await client.infer(rows(raw))
        close(output(answer, "probabilities").reshape(5, 2), TREE["probabilities"])
        assert (output(answer, "label") == TREE["label"]).all()


async def main():
    async with InferenceRESTClient(RESTConfig(protocol="v1", timeout=60)) as client:
        await version_1(client)
    async with InferenceRESTClient(RESTConfig(protocol="v2", timeout=60)) as client:
        await version_2(client)
    async with InferenceGRPCClient(GRPC, timeout=60) as client:
        await over_grpc(client)


asyncio.run(main())
print("done")
