import { describe, expect, it } from 'vitest';
import type { Feature } from '../../../../core/contract/contract.ts';
import { type Operation, protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { decodeTorchServe } from '../../../../core/protocols/torchserve/body.ts';
import { torchserve } from '../../../../core/protocols/torchserve/torchserve.ts';
import { catalog, head, post, protocolModel, spec, tensor } from '../protocol-models.ts';

const flight = protocolModel([spec('carrier', 'string', [-1, 1]), spec('seats', 'int64', [-1, 1])]);
const image = protocolModel([spec('x', 'uint8', [-1, 2, 2])]);
const text = protocolModel([spec('t', 'string', [-1])]);
const features = ['width', 'height'].map((name, index) => ({ name, input: 'x', index, type: 'float' }) as Feature);
const named = protocolModelOf(
  'm',
  { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'float32', [-1])] },
  { features },
);

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const inputs = (body: unknown, of: typeof flight, type?: string) =>
  Object.fromEntries(
    [...decodeTorchServe(post(body, type === undefined ? {} : { 'content-type': type }), of).inputs].map(
      ([name, { shape, data }]) => [name, [shape, Array.from(data)]],
    ),
  );
const FLIGHT = { carrier: [[1, 1], ['UA']], seats: [[1, 1], [9007199254740993n]] };

/** A form as clients write it. */
async function multipart(fields: Record<string, string | Blob>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const sent = new Response(form);
  return { body: new Uint8Array(await sent.arrayBuffer()), type: sent.headers.get('content-type')! };
}

describe('decodeTorchServe', () => {
  it.each([
    ['an object', '{"carrier":"UA","seats":9007199254740993}', JSON_TYPE],
    ['columns', '{"carrier":["UA"],"seats":[9007199254740993]}', JSON_TYPE],
    ['what a handler takes', '{"data":{"carrier":"UA","seats":9007199254740993}}', JSON_TYPE],
    ['KServe’s instances', '{"instances":[{"carrier":"UA","seats":9007199254740993}]}', JSON_TYPE],
    ['JSON that curl calls a form', '{"carrier":"UA","seats":9007199254740993}', FORM],
    ['JSON of no type', '{"carrier":"UA","seats":9007199254740993}', undefined],
    ['a form', 'carrier=UA&seats=9007199254740993', FORM],
  ])('reads the same from %s', (_, body, type) => {
    expect(inputs(body, flight, type)).toEqual(FLIGHT);
  });

  it('reads a form of parts, each under its name: text, JSON or bytes', async () => {
    const values = await multipart({ carrier: 'UA', seats: '9007199254740993' });
    expect(inputs(values.body, flight, values.type)).toEqual(FLIGHT);
    const json = await multipart({
      body: new Blob(['{"carrier":"UA","seats":9007199254740993}'], { type: JSON_TYPE }),
    });
    expect(inputs(json.body, flight, json.type)).toEqual(FLIGHT);
    for (const name of ['data', 'x']) {
      const file = await multipart({ [name]: new Blob([new Uint8Array([1, 2, 3, 4])]) });
      expect(inputs(file.body, image, file.type)).toEqual({
        x: [
          [1, 2, 2],
          [1, 2, 3, 4],
        ],
      });
    }
    const columns = await multipart({ height: '2', width: '1' });
    expect(inputs(columns.body, named, columns.type)).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
  });

  it('takes bytes for the only input, and text for a model of text', () => {
    const bytes = new Uint8Array([1, 2, 3, 255]);
    for (const type of ['application/octet-stream', 'image/x-raw', undefined])
      expect(inputs(bytes, image, type)).toEqual({
        x: [
          [1, 2, 2],
          [1, 2, 3, 255],
        ],
      });
    for (const type of ['text/plain', undefined]) expect(inputs('a b', text, type)).toEqual({ t: [[1], ['a b']] });
  });

  it('answers one instance by its prediction alone, a batch by a list', () => {
    const answer = (body: unknown, rows: number) =>
      decodeTorchServe(post(body, { 'content-type': JSON_TYPE }), named).encode({
        model: 'm',
        version: 1,
        id: 'i',
        rows,
        outputs: { y: tensor('float32', [rows], new Float32Array(rows).fill(0.5)) },
      }).body;
    expect(answer([1, 2], 1)).toBe('0.5');
    expect(answer([[1, 2]], 1)).toBe('[0.5]');
    expect(answer({ width: 1, height: 2 }, 1)).toBe('0.5');
    expect(
      answer(
        [
          { width: 1, height: 2 },
          { width: 1, height: 2 },
        ],
        2,
      ),
    ).toBe('[0.5,0.5]');
    expect(answer({ instances: [[1, 2]] }, 1)).toBe('{"predictions":[0.5]}');
  });

  it.each([
    ['carrier=UA&carrier=B6&seats=1', flight, FORM, 'given twice'],
    ['carrier=UA&wings=2', flight, FORM, 'no field named wings'],
    ['carrier=UA', flight, FORM, 'lacks seats'],
    [`a=1${'&a=1'.repeat(10_000)}`, flight, FORM, 'more than 10000 fields'],
    [new Uint8Array([1, 2]), image, 'image/x-raw', '2 bytes, 4 elements'],
    [new Uint8Array([255, 254]), flight, undefined, 'not UTF-8'],
    ['{"wings":2}', flight, JSON_TYPE, 'no input named wings'],
    ['[]', named, JSON_TYPE, 'shape'],
  ])('refuses %j', (body, of, type, message) => {
    expect(() => inputs(body, of, type)).toThrow(message);
  });
});

describe('TorchServe paths', () => {
  const show = (path: string, query: Record<string, string> = {}) => {
    const asked = { ...head('GET', path), query };
    const operation = torchserve.resolve(asked, catalog) as Extract<Operation, { kind: 'show' }>;
    return JSON.parse(operation.show(catalog, { ...asked, body: '' }).body as string);
  };

  it('find model and version, and their explanations', () => {
    expect(torchserve.resolve(head('POST', '/predictions/m/3'), catalog)).toMatchObject({
      kind: 'infer',
      model: 'm',
      version: 3,
    });
    expect(torchserve.resolve(head('PUT', '/explanations/m'), catalog)).toMatchObject({ kind: 'explain', model: 'm' });
    expect(torchserve.resolve(head('OPTIONS', '/'), catalog).kind).toBe('describe');
  });

  it('describe models as an array, whatever was asked for', () => {
    expect(show('/ping')).toEqual({ status: 'Healthy' });
    expect(show('/models')).toMatchObject({ models: [{ modelName: 'empty' }, { modelName: 'm' }] });
    expect(show('/models', { limit: '1' })).toMatchObject({ models: [{ modelName: 'empty' }], nextPageToken: '1' });
    expect(show('/models', { limit: '1', next_page_token: '1' }).nextPageToken).toBeUndefined();
    expect(show('/models/m')).toMatchObject([{ modelVersion: '3', workers: [{ status: 'READY' }] }]);
    expect(show('/models/m/4')).toMatchObject([{ modelVersion: '4' }]);
    expect(show('/models/m/all')).toHaveLength(2);
    expect(() => show('/models/none')).toThrow('no model named none');
    expect(() => show('/models/empty')).toThrow(expect.objectContaining({ status: 503 }));
    expect(() => show('/models', { limit: 'x' })).toThrow(expect.objectContaining({ status: 400 }));
  });

  it.each([
    ['GET', '/predictions/m', 405],
    ['POST', '/predictions', 404],
    ['POST', '/predictions/m/first', 404],
    ['POST', '/predictions/m/1/2', 404],
    ['POST', '/models', 405],
    ['DELETE', '/models/m', 405],
    ['POST', '/ping', 405],
  ])('%s %s is %d', (method, path, status) => {
    expect(() => torchserve.resolve(head(method, path), catalog)).toThrow(expect.objectContaining({ status }));
  });

  it('tell faults by code, type and message', () => {
    const fail = (kind: 'unknown-model' | 'bad-input', status: number) =>
      JSON.parse(torchserve.fail({ kind, status, message: 'no' }).body as string);
    expect(fail('unknown-model', 404)).toEqual({ code: 404, type: 'ModelNotFoundException', message: 'no' });
    expect(fail('bad-input', 400).type).toBe('BadRequestException');
  });
});
