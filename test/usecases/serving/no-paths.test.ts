import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../platform/onnx/model.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { modelFolder, PIPELINE, ROW, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

/**
 * A model comes from the registry and from nowhere else: whatever a request names, nothing is read for it, from no
 * folder, no store and no network.
 */

let fixture: ServingFixture;
let endpoint: Endpoint;
let server: Server;
let names: string[];
/** What the endpoint touched since it opened. */
const touched: string[] = [];

beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  // A folder and an address that do hold a model, so that whoever follows the name finds one.
  const folder = await modelFolder(fixture.folder, { ...PIPELINE, name: 'other' }, 'pipeline');
  server = createServer((incoming, outgoing) => {
    touched.push(`network ${incoming.url}`);
    outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const relative = path.relative(process.cwd(), folder);
  const plain = [
    folder,
    `${folder}/model.onnx`,
    relative,
    `../../${relative}`,
    '..',
    '../pipeline',
    './pipeline',
    'pipeline/../pipeline',
    `pipeline/../../${folder}`,
    '..\\pipeline',
    `file://${folder}/model.onnx`,
    `http://${host}/model.onnx`,
    `//${host}/model.onnx`,
    's3://bucket/models/model.onnx',
    'models/pipeline',
    'pipeline\0',
    'pipeline\n',
    '~/model.onnx',
    'C:\\model.onnx',
    '/dev/stdin',
    '/proc/self/environ',
    '$HOME',
  ];
  names = [
    ...new Set(plain.flatMap((name) => [name, encodeURIComponent(name), encodeURIComponent(encodeURIComponent(name))])),
  ];
  const { home } = fixture;
  endpoint = await fixture.endpoint({
    home: {
      ...home,
      ledger: {
        ...home.ledger,
        version: (model, version) => {
          touched.push(`version ${model} ${version}`);
          return home.ledger.version(model, version);
        },
      },
      artifacts: {
        ...home.artifacts,
        get: (key) => {
          touched.push(`artifact ${key}`);
          return home.artifacts.get(key);
        },
        download: (key, to, version) => {
          touched.push(`artifact ${key}`);
          return home.artifacts.download(key, to, version);
        },
      },
    },
    load: ({ artifact }, file) => {
      touched.push(`load ${file}`);
      return loadModel(file, { digest: artifact.digest });
    },
    allowUnload: true,
  });
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await fixture.close();
});

/** Every way to name a model, or something to load, in any protocol. */
const requests = (name: string) => {
  const row = { instances: [ROW] };
  const source = { parameters: { path: name, url: name, uri: name, source: name, model_uri: name } };
  return [
    ...[
      `/v2/models/${name}/infer`,
      `/v2/models/${name}/explain`,
      `/v2/models/${name}/versions/1/infer`,
      `/v2/models/pipeline/versions/${name}/infer`,
      `/v2/repository/models/${name}/load`,
      `/v2/repository/models/${name}/unload`,
      `/v1/models/${name}:predict`,
      `/v1/models/${name}:explain`,
      `/v1/models/${name}/versions/1:predict`,
      `/v1/models/${name}/labels/champion:predict`,
      `/v1/models/pipeline/labels/${name}:predict`,
      `/trimtab/v1/models/${name}/truth`,
      `/predictions/${name}`,
      `/predictions/pipeline/${name}`,
      `/explanations/${name}`,
      `/seldon/default/${name}/api/v1.0/predictions`,
      `/endpoints/${name}/invocations`,
    ].map((at) => request('POST', at, row)),
    ...[
      `/v2/models/${name}`,
      `/v2/models/${name}/ready`,
      `/v2/models/${name}/stats`,
      `/v1/models/${name}`,
      `/v1/models/${name}/metadata`,
      `/trimtab/v1/models/${name}/release`,
      `/models/${name}`,
    ].map((at) => request('GET', at)),
    // TorchServe registers models by their URL, Triton brings them along.
    { ...request('POST', '/models'), query: { url: name, model_name: 'pipeline' } },
    request('POST', '/v2/repository/models/other/load', source),
    request('POST', '/v2/repository/models/other/load', { parameters: { config: '{}', 'file:1/model.onnx': name } }),
    request('POST', '/v2/repository/models/pipeline/load', { parameters: { 'file:1/model.onnx': name } }),
    request('POST', '/v2/models/other/infer', { ...source, inputs: [] }),
    ...['/invocations', '/endpoints/pipeline/invocations'].map((at) =>
      request('POST', at, row, { 'x-amzn-sagemaker-target-model': name, 'content-type': 'application/json' }),
    ),
    ...['x-amzn-sagemaker-target-model', 'x-trimtab-model', 'mm-model-id', 'mm-vmodel-id', 'x-forwarded-path'].map(
      (header) => request('POST', '/v1/models/other:predict', row, { [header]: name }),
    ),
  ];
};

describe('What a request names', () => {
  it('is a released model or nothing: no path, no address, in whatever protocol and however it is written', async () => {
    touched.length = 0;
    let asked = 0;
    for (const name of names) {
      for (const each of requests(name)) {
        const { status, body } = await endpoint.handle(each);
        asked++;
        // The name of a SageMaker endpoint is no model's: such requests go to the model that there is.
        const answered =
          status === 200 && each.path.startsWith('/endpoints/') && Object.keys(each.headers).length === 0;
        expect([each.path, answered || (status >= 400 && status !== 500 && status < 502)]).toEqual([each.path, true]);
        expect(String(body)).not.toContain('ENOENT');
      }
    }
    expect(asked).toBeGreaterThan(1_500);
    expect(touched).toEqual([]);
  }, 60_000);

  it('is looked for in the registry alone when it is to be loaded', async () => {
    touched.length = 0;
    const load = (name: string) => endpoint.handle(request('POST', `/v2/repository/models/${name}/load`));
    expect((await load('pipeline')).status).toBe(200);
    expect(touched).toEqual([]);
    await fixture.release({ ...PIPELINE, name: 'other' }, 'pipeline', 'other');
    expect((await load('other')).status).toBe(200);
    expect(touched.length).toBeGreaterThan(0);
    for (const each of touched)
      expect(each).toMatch(
        /^(version other 1|artifact models\/[0-9a-f]{64}\.onnx|load .*\/cache\/models\/[0-9a-f]{64}\.onnx)$/,
      );
  });
});
