"""The AWS SDK's SageMaker runtime: each format, and errors by their names."""

import json

import boto3
from botocore.config import Config
from oracle import PIPELINE, URL, close

client = boto3.client(
    "sagemaker-runtime",
    endpoint_url=URL,
    region_name="eu-central-1",
    aws_access_key_id="x",
    aws_secret_access_key="y",
    config=Config(retries={"max_attempts": 1}),
)
row = {"carrier": "B6", "distance": 1500, "temperature": None}
answer = client.invoke_endpoint(
    EndpointName="pipeline",
    ContentType="application/json",
    Body=json.dumps({"instances": [row]}),
    CustomAttributes="trace=1",
    InferenceId="from-boto3",
)
expected = json.load(answer["Body"])["predictions"]
close([expected[0]["probabilities"]], PIPELINE["probabilities"][:1])
assert answer["CustomAttributes"] == "trace=1"
headers = answer["ResponseMetadata"]["HTTPHeaders"]
assert headers["x-trimtab-prediction-id"] == "from-boto3", headers

lines = client.invoke_endpoint(
    EndpointName="any",
    TargetModel="pipeline.tar.gz",
    TargetVariant="champion",
    ContentType="application/jsonlines",
    Accept="application/jsonlines",
    Body=f"{json.dumps(row)}\n{json.dumps(row)}\n",
)
assert [json.loads(line) for line in lines["Body"].read().splitlines()] == expected * 2
table = client.invoke_endpoint(
    EndpointName="pipeline", ContentType="text/csv", Accept="text/csv", Body="carrier,distance,temperature\nB6,1500,\n"
)["Body"].read().decode()
assert [float(cell) for cell in table.split(",")[-2:]] == expected[0]["probabilities"], table

try:
    client.invoke_endpoint(EndpointName="pipeline", ContentType="image/png", Body=b"x")
    raise AssertionError("an image was taken")
except client.exceptions.ModelError as error:
    assert error.response["OriginalStatusCode"] == 415, error.response
    assert "image/png" in error.response["OriginalMessage"]
try:
    client.invoke_endpoint(EndpointName="pipeline", TargetModel="none", ContentType="application/json", Body="{}")
    raise AssertionError("an unknown model was taken")
except client.exceptions.ClientError as error:
    assert error.response["Error"]["Code"] == "ValidationError", error.response
print("done")
