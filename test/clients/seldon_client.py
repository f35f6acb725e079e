"""Seldon's own client, as it speaks to its gateways: each form of a message, with and without a namespace, and feedback."""

import numpy as np
from oracle import HOST, PIPELINE, RECORDS, ROWS, TREE, close
from seldon_core.seldon_client import SeldonClient

for gateway in ("ambassador", "istio"):
    for namespace in (None, "models"):
        for form in ("tensor", "ndarray"):
            client = SeldonClient(
                gateway=gateway, transport="rest", namespace=namespace, deployment_name="tree", payload_type=form, gateway_endpoint=HOST
            )
            prediction = client.predict(data=ROWS.astype(np.float64), names=[f"f{i}" for i in range(30)], meta={"who": "test"})
            assert prediction.success, (gateway, namespace, form, prediction.msg, prediction.response)
            data = prediction.response["data"]
            values = np.array(data["ndarray"] if form == "ndarray" else data["tensor"]["values"], dtype=np.float64).reshape(5, -1)
            columns = [i for i, name in enumerate(data["names"]) if name.startswith("probabilities")]
            close(values[:, columns], TREE["probabilities"])
            assert prediction.response["meta"]["puid"], prediction.response
            assert prediction.response["meta"].get("tags") == {"who": "test"}, prediction.response["meta"]

pipeline = SeldonClient(transport="rest", deployment_name="pipeline", namespace="models", gateway_endpoint=HOST)
prediction = pipeline.predict(json_data=RECORDS)
assert prediction.success, prediction.msg
close([row["probabilities"] for row in prediction.response["jsonData"]], PIPELINE["probabilities"])

refused = client.predict(data=ROWS[:, :3].astype(np.float64))
assert not refused.success and refused.msg.startswith("400"), refused

protos = SeldonClient(transport="rest", deployment_name="tree", gateway_endpoint=HOST, client_return_type="proto")
prediction = protos.predict(data=ROWS[:1].astype(np.float64))
assert prediction.success, prediction.msg
feedback = protos.feedback(prediction.request, prediction.response, None, reward=0.5)
assert feedback.success, (feedback.msg, feedback.response)
print("done")
