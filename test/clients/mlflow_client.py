"""MLflow's scoring client: data frames, arrays, and named tensors."""

from urllib.parse import urlsplit

import mlflow.pyfunc.scoring_server.client as scoring
import pandas as pd
from oracle import PIPELINE, RECORDS, URL, close

at = urlsplit(URL)
client = scoring.ScoringServerClient(at.hostname, at.port)
client.wait_server_ready(timeout=60)
assert client.get_version()


def probabilities(answer):
    return [row["probabilities"] for row in answer["predictions"]]


# The default model is the pipeline: MLflow's URL names none.
close(probabilities(client.invoke(pd.DataFrame(RECORDS))), PIPELINE["probabilities"])
frame = pd.DataFrame(RECORDS, index=["a", "b"])[["temperature", "carrier", "distance"]]
close(probabilities(client.invoke(frame)), PIPELINE["probabilities"])
# A frame out of the answer has a column for each output.
assert list(client.invoke(frame).get_predictions()["label"]) == PIPELINE["label"].tolist()
close(probabilities(client.invoke(RECORDS)), PIPELINE["probabilities"])
close(probabilities(client.invoke(frame, params={"threshold": 0.5})), PIPELINE["probabilities"])
try:
    client.invoke(pd.DataFrame([{"carrier": "B6"}]))
except Exception as error:
    assert "error code 400" in str(error) and "error_code" in str(error), error
else:
    raise SystemExit("a frame without columns was taken")
print("done")
