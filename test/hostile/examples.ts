import type { HttpRequest } from '../../core/serving/http.ts';
import { ROW } from '../fixtures/serving-fixture.ts';

/** A valid request to the fixture's models: pipeline, tree, int64 and kinds. */
export interface Example {
  /** Name of the protocol. */
  readonly protocol: string;
  readonly request: HttpRequest;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const TREE_ROW = Array.from({ length: 30 }, (_, i) => i / 2);
const NAMED_ROW = Object.fromEntries(TREE_ROW.map((value, i) => [`f${i}`, value]));

const post = (path: string, body: unknown, headers: Record<string, string> = JSON_TYPE): HttpRequest => ({
  method: 'POST',
  path,
  query: {},
  headers,
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});
const get = (path: string): HttpRequest => ({ method: 'GET', path, query: {}, headers: {}, body: '' });

const PIPELINE_V2 = [
  { name: 'carrier', shape: [1, 1], datatype: 'BYTES', data: ['B6'] },
  { name: 'distance', shape: [1, 1], datatype: 'FP32', data: [10] },
  { name: 'temperature', shape: [1, 1], datatype: 'FP32', data: [10] },
];

/** JSON, and the bytes of a float tensor behind it. */
function binary(): { body: Uint8Array; headers: Record<string, string> } {
  const head = JSON.stringify({
    inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', parameters: { binary_data_size: 120 } }],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  });
  const tensor = new Uint8Array(new Float32Array(TREE_ROW).buffer);
  return {
    body: Buffer.concat([Buffer.from(head), tensor]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(Buffer.byteLength(head)),
    },
  };
}

const part = (name: string, value: string, type = ''): string =>
  `--b\r\ncontent-disposition: form-data; name="${name}"\r\n${type === '' ? '' : `content-type: ${type}\r\n`}\r\n${value}\r\n`;
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };
const CSV = 'carrier,distance,temperature\nB6,1500,\nUA,200,3.5\n';
const CSV_TYPE = { 'content-type': 'text/csv' };

const of = (protocol: string, requests: readonly HttpRequest[]): Example[] =>
  requests.map((request) => ({ protocol, request }));

/** At least one of every kind of request that the endpoint answers. */
export const EXAMPLES: readonly Example[] = [
  ...of('v2', [
    post('/v2/models/pipeline/infer', { id: 'a', inputs: PIPELINE_V2, outputs: [{ name: 'probabilities' }] }),
    post('/v2/models/tree/infer', binary().body, binary().headers),
    post('/v2/models/tree/versions/1/infer', new Uint8Array(new Float32Array(TREE_ROW).buffer), {
      'inference-header-content-length': '0',
    }),
    post('/v2/models/int64/infer', {
      inputs: [
        { name: 'numbers', shape: [1, 2], datatype: 'INT64', data: [1, 2] },
        { name: 'ids', shape: [1], datatype: 'UINT64', data: [5] },
      ],
    }),
    post('/v2/repository/index', { ready: true }),
    ...['/v2', '/v2/health/live', '/v2/health/ready', '/v2/models', '/v2/models/tree', '/v2/models/tree/ready'].map(
      get,
    ),
  ]),
  ...of('v1', [
    post('/v1/models/pipeline:predict', { instances: [ROW] }),
    post('/v1/models/tree/versions/1:predict', { signature_name: 'serving_default', instances: [TREE_ROW] }),
    post('/v1/models/pipeline/labels/champion:predict', {
      inputs: { carrier: [{ b64: 'QUE=' }], distance: [1], temperature: [1] },
    }),
    post('/v1/models/int64:predict', '{"inputs":{"numbers":[[9007199254740993,2]],"ids":[3]}}'),
    ...['/v1/models', '/v1/models/tree', '/v1/models/tree/metadata'].map(get),
  ]),
  ...of('torchserve', [
    post('/predictions/pipeline', ROW),
    post('/predictions/tree/1', { data: TREE_ROW }),
    post('/predictions/pipeline', 'carrier=B6&distance=1500&temperature=', FORM),
    post(
      '/predictions/pipeline',
      `${part('carrier', 'B6')}${part('distance', '1500')}${part('temperature', '[1]', 'application/json')}--b--`,
      MULTIPART,
    ),
    post('/predictions/tree', new Uint8Array(new Float32Array(TREE_ROW).buffer), {
      'content-type': 'application/octet-stream',
    }),
    ...['/ping', '/models', '/models/tree', '/models/tree/all'].map(get),
    { ...get('/'), method: 'OPTIONS' },
  ]),
  ...of('seldon', [
    post('/api/v1.0/predictions', { data: { names: ['carrier', 'distance', 'temperature'], ndarray: [['B6', 1, 2]] } }),
    post('/seldon/ns/tree/api/v1.0/predictions', {
      meta: { puid: 'p', tags: { a: [1] } },
      data: { tensor: { shape: [1, 30], values: TREE_ROW } },
    }),
    post('/seldon/ns/tree/api/v1.0/predictions', { jsonData: NAMED_ROW }),
    post('/seldon/ns/tree/api/v1.0/predictions', {
      binData: Buffer.from(new Float32Array(TREE_ROW).buffer).toString('base64'),
    }),
    post('/seldon/ns/tree/api/v1.0/predictions', { strData: JSON.stringify(TREE_ROW) }),
    post('/api/v1.0/predictions', `json=${encodeURIComponent(JSON.stringify({ jsonData: ROW }))}`, FORM),
    post('/api/v1.0/feedback', {
      request: { meta: { puid: 'p' } },
      response: { meta: { puid: 'p' }, data: { ndarray: [[0.5]] } },
      reward: 1,
      truth: { data: { ndarray: [[1]] } },
    }),
    ...['/api/v1.0/metadata', '/api/v1.0/metadata/tree', '/api/v1.0/health/status', '/ready', '/live'].map(get),
  ]),
  ...of('sagemaker', [
    post(
      '/endpoints/pipeline/invocations',
      { instances: [ROW] },
      { ...JSON_TYPE, 'x-amzn-sagemaker-inference-id': 'i' },
    ),
    post('/endpoints/tree/invocations', TREE_ROW, { ...JSON_TYPE, 'x-amzn-sagemaker-custom-attributes': 'a=b' }),
    post('/endpoints/pipeline/invocations', CSV, { ...CSV_TYPE, accept: 'text/csv' }),
    post('/endpoints/any/invocations', `${JSON.stringify(ROW)}\n${JSON.stringify(ROW)}\n`, {
      'content-type': 'application/jsonlines',
      accept: 'application/jsonlines',
      'x-amzn-sagemaker-target-model': 'pipeline.tar.gz',
      'x-amzn-sagemaker-target-variant': 'champion',
    }),
  ]),
  ...of('mlflow', [
    post('/invocations', {
      dataframe_split: { columns: Object.keys(ROW), data: [Object.values(ROW)] },
      params: { a: 1 },
    }),
    post('/invocations', { dataframe_records: [ROW, ROW] }),
    post('/invocations', { instances: [ROW] }),
    post('/invocations', { inputs: { carrier: ['AA'], distance: [1], temperature: [1] } }),
    post('/invocations', CSV, CSV_TYPE),
    ...['/health', '/version'].map(get),
  ]),
  ...of('trimtab', [
    post('/trimtab/v1/models/pipeline/truth', { records: [{ id: 'a', truth: 1 }] }),
    post('/trimtab/v1/models/pipeline/outcomes', { records: [{ id: 'a', metric: 'reward', value: 1 }] }),
    get('/trimtab/v1/models/pipeline/release'),
  ]),
  ...of('openapi', [get('/openapi.json')]),
];
