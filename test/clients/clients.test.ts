import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INT64, PIPELINE, TREE } from '../fixtures/serving-fixture.ts';
import { clientPython } from './python.ts';
import { Serving } from './serving.ts';

const CLIENTS = [
  { script: 'triton_http_client', module: 'tritonclient.http', name: "Triton's client over HTTP" },
  { script: 'triton_grpc_client', module: 'tritonclient.grpc', name: "Triton's client over gRPC" },
  { script: 'kserve_client', module: 'kserve', name: "KServe's Python SDK" },
  { script: 'mlflow_client', module: 'mlflow.pyfunc.scoring_server.client', name: "MLflow's scoring client" },
  { script: 'sagemaker_client', module: 'boto3', name: "the AWS SDK's SageMaker client" },
  { script: 'seldon_client', module: 'seldon_core.seldon_client', name: "Seldon's client", venv: 'clients-seldon' },
].map((client) => ({ ...client, python: clientPython(client.module, client.name, client.venv) }));

describe.skipIf(CLIENTS.every(({ python }) => python === undefined))('trimtab serve', () => {
  let serving: Serving;
  beforeAll(async () => {
    const models = [
      { manifest: TREE, onnx: 'tree-30' },
      { manifest: PIPELINE, onnx: 'pipeline' },
      { manifest: INT64, onnx: 'int64' },
      { example: 'flight-delay' },
    ];
    serving = await Serving.start(models, '--default-model', 'pipeline');
  }, 120_000);
  afterAll(() => serving.close());

  for (const { script, name, python } of CLIENTS)
    it.skipIf(python === undefined)(
      `answers ${name} as onnxruntime itself would`,
      async () => {
        const file = path.resolve('test/clients', `${script}.py`);
        const { stdout } = await promisify(execFile)(python!, [file, serving.url, serving.grpc, serving.folder]);
        expect(stdout.trimEnd().split('\n').at(-1)).toBe('done');
      },
      300_000,
    );
});
