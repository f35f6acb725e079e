import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { BODY_LIMIT } from '../../../usecases/serving/endpoint.ts';
import { INT64, KINDS, PIPELINE, ROW, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(TREE, 'tree-30');
  await fixture.release(INT64, 'int64');
  await fixture.release(KINDS, 'kinds');
  endpoint = await fixture.endpoint();
});
afterAll(() => fixture.close());

const INFER = [
  '/v2/models/pipeline/infer',
  '/v2/models/tree/infer',
  '/v2/models/int64/infer',
  '/v2/models/kinds/infer',
];
const PREDICT = ['/v1/models/pipeline:predict', '/v1/models/tree:predict', '/v1/models/int64:predict'];
const VALID = [
  { inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: Array(30).fill(0.5) }] },
  {
    inputs: [
      { name: 'carrier', shape: [1, 1], datatype: 'BYTES', data: ['B6'] },
      { name: 'distance', shape: [1, 1], datatype: 'FP32', data: [10] },
      { name: 'temperature', shape: [1, 1], datatype: 'FP32', data: [10] },
    ],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  },
  {
    inputs: [
      { name: 'numbers', shape: [1, 2], datatype: 'INT64', data: [1, 2] },
      { name: 'ids', shape: [1], datatype: 'UINT64', data: [5] },
    ],
  },
  { instances: [ROW] },
  { instances: [Array(30).fill(1)] },
  { inputs: { carrier: ['AA'], distance: [1], temperature: [1] } },
  { inputs: { numbers: [[1, 2]], ids: [3] } },
];

/** No 5xx, and the protocol's own error wherever it is no success. */
async function expectNoFault(
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<number> {
  fixture.lines.length = 0;
  const response = await endpoint.handle(request('POST', path, body, headers));
  if (response.status >= 400) {
    const { error } = JSON.parse(response.body as string);
    expect(typeof error).toBe('string');
    expect(error).not.toMatch(/\n\s+at |node_modules|\.ts:/);
  }
  expect(
    response.status,
    `${path} ${typeof body === 'string' ? body : Buffer.from(body).toString('hex')} ${fixture.lines.join()}`,
  ).toBeLessThan(500);
  return response.status;
}

/** Values that have broken other servers. */
const nasty = fc.constantFrom<unknown>(
  null,
  true,
  '',
  'x',
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  [],
  {},
  [[]],
  [[[1]]],
  { b64: 'QQ==' },
  { b64: 1 },
  '__proto__',
  'a\0b',
  Array(40).fill(0),
  -0,
);

/** A valid request with one of its parts replaced, removed, renamed or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.infiniteStream(fc.nat()),
    nasty,
    fc.constantFrom('replace', 'delete', 'rename', 'double'),
  )
  .map(([valid, dice, value, how]) => {
    const root = structuredClone(valid) as unknown;
    let node = root as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(node);
      const key = keys[dice.next().value! % keys.length];
      if (key === undefined) return JSON.stringify(root);
      const inner = node[key];
      if (
        typeof inner === 'object' &&
        inner !== null &&
        Object.keys(inner).length > 0 &&
        dice.next().value! % 4 !== 0
      ) {
        node = inner as Record<string, unknown>;
        continue;
      }
      if (how === 'replace') node[key] = value;
      else if (how === 'delete') delete node[key];
      else if (how === 'rename') node[`${key}x`] = inner;
      else if (Array.isArray(node)) node.push(inner);
      else node[key] = [inner, inner];
      return JSON.stringify(root);
    }
  });

describe('Bad input', () => {
  it('of any bytes is never the endpoint’s fault', async () => {
    const paths = fc.constantFrom(...INFER, ...PREDICT, '/trimtab/v1/models/pipeline/truth');
    const headers = fc.option(fc.oneof(fc.nat(200).map(String), fc.string()), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(paths, fc.uint8Array({ maxLength: 300 }), headers, async (path, bytes, length) => {
        await expectNoFault(path, bytes, length === undefined ? {} : { 'inference-header-content-length': length });
      }),
      { numRuns: 500 },
    );
  });

  it('of any JSON is never the endpoint’s fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...INFER, ...PREDICT, '/trimtab/v1/models/pipeline/truth'),
        fc.json(),
        async (path, json) => {
          await expectNoFault(path, json);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('that is nearly right is never the endpoint’s fault', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...INFER, ...PREDICT), mutated, async (path, body) => {
        if ((await expectNoFault(path, body)) === 400) refused++;
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });

  it('of a valid text with characters changed is never the endpoint’s fault', async () => {
    const edits = fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '-', '.', 'e', '9', 'N', '\\', '\u0000', '\ud800'),
      ),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...INFER, ...PREDICT),
        fc.constantFrom(...VALID),
        edits,
        async (path, valid, changes) => {
          let text = JSON.stringify(valid);
          for (const [at, character] of changes)
            text = text.slice(0, at % text.length) + character + text.slice((at % text.length) + 1);
          await expectNoFault(path, text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('in paths, ids and headers is never the endpoint’s fault', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'v1',
        'v2',
        'models',
        'pipeline',
        'versions',
        '1',
        '__proto__',
        'constructor',
        '..',
        '%',
        'pipeline:predict',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', ''),
        fc.array(part),
        fc.string({ unit: 'binary' }),
        async (method, parts, id) => {
          const response = await endpoint.handle(
            request(
              method,
              `/${parts.join('/')}`,
              { instances: [ROW] },
              { 'x-request-id': id, 'x-trimtab-routing-key': id },
            ),
          );
          // 501 says that a protocol has such a call and this server has not, of which there is none on these paths.
          expect(response.status).toBeLessThan(500);
          const named = await endpoint.handle(
            request('POST', '/v2/models/int64/infer', JSON.stringify({ ...VALID[2], id })),
          );
          expect(named.status).toBe(id.length > 200 ? 400 : 200);
          for (const value of Object.values(named.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('too large is 413, exactly beyond the limit, in text and in bytes', async () => {
    const body = (length: number) => JSON.stringify({ instances: [ROW] }).padEnd(length, ' ');
    expect((await endpoint.handle(request('POST', PREDICT[0]!, body(BODY_LIMIT)))).status).toBe(200);
    expect((await endpoint.handle(request('POST', PREDICT[0]!, body(BODY_LIMIT + 1)))).status).toBe(413);
    expect((await endpoint.handle(request('POST', PREDICT[0]!, new Uint8Array(BODY_LIMIT + 1)))).status).toBe(413);
    expect((await endpoint.handle(request('POST', PREDICT[0]!, 'é'.repeat(BODY_LIMIT / 2 + 1)))).status).toBe(413);
  });

  it.each([
    ['6 MB of brackets', '['.repeat(BODY_LIMIT)],
    ['6 MB of nested objects', '{"a":'.repeat(BODY_LIMIT / 5)],
    [
      'data nested a million times',
      `{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":${'['.repeat(1e6)}${']'.repeat(1e6)}}]}`,
    ],
    ['6 MB of digits', `{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[${'9'.repeat(5e6)}]}]}`],
    ['a million empty inputs', `{"inputs":[${'{},'.repeat(1e6)}{}]}`],
    [
      'a shape with a million axes',
      `{"inputs":[{"name":"features","shape":[${'1,'.repeat(1e6)}1],"datatype":"FP32","data":[]}]}`,
    ],
  ])('%s is 400', async (_, body) => {
    for (const path of ['/v2/models/tree/infer', '/v2/models/int64/infer', '/v1/models/tree:predict']) {
      // What takes more than a few passes over such a body is ended by the test's own time-out.
      expect(await expectNoFault(path, body)).toBe(400);
    }
  });

  it('of more rows than the manifest allows is 400', async () => {
    const data = Array(4_097 * 30).fill(1);
    expect(
      await expectNoFault(
        '/v2/models/tree/infer',
        JSON.stringify({ inputs: [{ name: 'features', shape: [4_097, 30], datatype: 'FP32', data }] }),
      ),
    ).toBe(400);
  });

  it('of NaN where nothing may be missing is 400, and fine where it may', async () => {
    const body = (distance: string, temperature: string) =>
      `{"instances":[{"carrier":"AA","distance":${distance},"temperature":${temperature}}]}`;
    expect(await expectNoFault(PREDICT[0]!, body('NaN', '1'))).toBe(400);
    expect(await expectNoFault(PREDICT[0]!, body('null', '1'))).toBe(400);
    expect(await expectNoFault(PREDICT[0]!, body('1', 'NaN'))).toBe(200);
    expect(await expectNoFault(PREDICT[0]!, body('Infinity', '1'))).toBe(400);
  });
});
