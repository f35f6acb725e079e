import { type Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBounds } from '../../../server/admission/bounds.ts';
import { type GrpcServer, serveGrpc } from '../../../server/grpc/server.ts';
import { GRPCInferenceService, HealthService } from '../../../server/grpc/service-definition.ts';
import { contentsOf, elementBytes } from '../../../server/grpc/tensor-contents.ts';
import { INT64, PIPELINE, read, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

type Call = (
  message: object,
  metadata: Metadata,
  callback: (error: ServiceError | null, answer: never) => void,
) => { on(event: 'metadata', take: (metadata: Metadata) => void): void };

let fixture: ServingFixture;
let server: GrpcServer;
let inference: Client;
let health: Client;
let answerOverHttp: (body: object) => Promise<{ outputs: { name: string; data: number[] }[] }>;

beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(INT64, 'int64');
  await fixture.release(TREE, 'tree-30');
  const endpoint = await fixture.endpoint();
  server = await serveGrpc(endpoint, { port: 0, messageLimit: 1024 * 1024 });
  inference = new GRPCInferenceService(server.address, credentials.createInsecure());
  health = new HealthService(server.address, credentials.createInsecure());
  answerOverHttp = async (body) => read(await endpoint.handle(request('POST', '/v2/models/tree/infer', body))).body;
});
afterAll(async () => {
  inference.close();
  health.close();
  await server.close();
  await fixture.close();
});

/** Calls over the socket. @throws the ServiceError */
function call<T>(client: Client, name: string, message: object, headers: Record<string, string> = {}) {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  let received = new Metadata();
  return new Promise<{ answer: T; metadata: Metadata }>((resolve, reject) => {
    const method = (client as unknown as Record<string, Call>)[name]!.bind(client);
    method(message, metadata, (error, answer) => (error ? reject(error) : resolve({ answer, metadata: received }))).on(
      'metadata',
      (each) => {
        received = each;
      },
    );
  });
}

interface Infer {
  model_name: string;
  model_version: string;
  id: string;
  outputs: { name: string; datatype: string; shape: string[]; contents: Record<string, unknown[]> | null }[];
  raw_output_contents: Buffer[];
}
const infer = (message: object, headers?: Record<string, string>) =>
  call<Infer>(inference, 'ModelInfer', message, headers);

const row = Array.from({ length: 30 }, (_, i) => Math.fround((i - 15) / 4));
const features = { name: 'features', datatype: 'FP32', shape: ['1', '30'] };

describe('gRPC', () => {
  it('says that it lives and is ready, by its own calls and by the health check that probes speak', async () => {
    expect((await call(inference, 'ServerLive', {})).answer).toEqual({ live: true });
    expect((await call(inference, 'ServerReady', {})).answer).toEqual({ ready: true });
    expect((await call(inference, 'ModelReady', { name: 'tree' })).answer).toEqual({ ready: true });
    expect((await call(health, 'Check', {})).answer).toEqual({ status: 'SERVING' });
    await expect(call(health, 'Check', { service: 'mail' })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('describes server and model', async () => {
    expect((await call(inference, 'ServerMetadata', {})).answer).toMatchObject({
      name: 'trimtab',
      extensions: expect.arrayContaining(['binary_tensor_data']),
    });
    expect((await call(inference, 'ModelMetadata', { name: 'tree' })).answer).toMatchObject({
      name: 'tree',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'features', datatype: 'FP32', shape: ['-1', '30'] }],
    });
  });

  it('answers typed contents by typed contents, with what HTTP answers', async () => {
    const { answer, metadata } = await infer(
      { model_name: 'tree', id: 'mine', inputs: [{ ...features, contents: { fp32_contents: row } }] },
      { 'x-request-id': 'req-7' },
    );
    expect(answer).toMatchObject({ model_name: 'tree', model_version: '1', id: 'mine', raw_output_contents: [] });
    const http = await answerOverHttp({ inputs: [{ ...features, shape: [1, 30], data: row }] });
    const probabilities = answer.outputs.find(({ name }) => name === 'probabilities')!;
    expect(probabilities).toMatchObject({ datatype: 'FP32', shape: ['1', '2'] });
    expect(probabilities.contents!.fp32_contents!.map((value) => Math.fround(value as number))).toEqual(
      http.outputs.find(({ name }) => name === 'probabilities')!.data.map(Math.fround),
    );
    expect(metadata.get('x-request-id')).toEqual(['req-7']);
    expect(metadata.get('x-trimtab-prediction-id')).toEqual(['mine']);
    expect(metadata.get('x-trimtab-variant')).toEqual(['champion']);
  });

  it('answers raw contents raw, and gives only the outputs asked for', async () => {
    const { answer } = await infer({
      model_name: 'tree',
      model_version: '1',
      inputs: [features],
      outputs: [{ name: 'probabilities' }],
      raw_input_contents: [Buffer.from(new Float32Array(row).buffer)],
    });
    expect(answer.outputs.map(({ name, contents }) => [name, contents])).toEqual([['probabilities', null]]);
    expect(answer.raw_output_contents.map((block) => block.length)).toEqual([8]);
    const { answer: typed } = await infer({
      model_name: 'tree',
      inputs: [{ ...features, contents: { fp32_contents: row } }],
      outputs: [{ name: 'probabilities' }],
    });
    expect([answer.raw_output_contents[0]!.readFloatLE(0), answer.raw_output_contents[0]!.readFloatLE(4)]).toEqual(
      typed.outputs[0]!.contents!.fp32_contents,
    );
  });

  it('keeps every digit of 64-bit integers', async () => {
    const { answer } = await infer({
      model_name: 'int64',
      inputs: [
        {
          name: 'numbers',
          datatype: 'INT64',
          shape: ['1', '2'],
          contents: { int64_contents: ['9007199254740993', '-9223372036854775808'] },
        },
        { name: 'ids', datatype: 'UINT64', shape: ['1'], contents: { uint64_contents: ['18446744073709551614'] } },
      ],
    });
    const values = Object.fromEntries(answer.outputs.map(({ name, contents }) => [name, contents]));
    expect(values.next!.int64_contents).toEqual(['9007199254740994', '-9223372036854775807']);
    expect(values.same!.uint64_contents).toEqual(['18446744073709551614']);
  });

  it('takes strings as bytes', async () => {
    const number = (name: string, value: number) => ({
      name,
      datatype: 'FP32',
      shape: ['1', '1'],
      contents: { fp32_contents: [value] },
    });
    const { answer } = await infer({
      model_name: 'pipeline',
      inputs: [
        { name: 'carrier', datatype: 'BYTES', shape: ['1', '1'], contents: { bytes_contents: [Buffer.from('B6')] } },
        number('distance', 1500),
        number('temperature', 20),
      ],
    });
    expect(answer.outputs.map(({ name }) => name)).toContain('probabilities');
  });

  it.each([
    ['an unknown model', { model_name: 'nobody' }, status.NOT_FOUND, /no model named nobody/],
    ['an unknown version', { model_name: 'tree', model_version: '9' }, status.NOT_FOUND, /version 9/],
    ['a model name that is a path', { model_name: '../../v1/models/tree' }, status.INVALID_ARGUMENT, /is no name/],
    ['no model name', { model_name: '' }, status.INVALID_ARGUMENT, /name of the model is missing/],
    ['a missing input', { model_name: 'tree', inputs: [] }, status.INVALID_ARGUMENT, /missing input features/],
    [
      'raw and typed contents at once',
      {
        model_name: 'tree',
        inputs: [{ ...features, contents: { fp32_contents: row } }],
        raw_input_contents: [Buffer.alloc(120)],
      },
      status.INVALID_ARGUMENT,
      /contents are given beside raw_input_contents/,
    ],
    [
      'a raw tensor too many',
      { model_name: 'tree', inputs: [features], raw_input_contents: [Buffer.alloc(120), Buffer.alloc(1)] },
      status.INVALID_ARGUMENT,
      /2 entries, there are 1 inputs/,
    ],
    [
      'contents in the field of another datatype',
      { model_name: 'tree', inputs: [{ ...features, contents: { int_contents: [1] } }] },
      status.INVALID_ARGUMENT,
      /int_contents is filled, FP32 belongs in fp32_contents/,
    ],
    [
      'too few elements',
      { model_name: 'tree', inputs: [{ ...features, contents: { fp32_contents: [1] } }] },
      status.INVALID_ARGUMENT,
      /4 bytes/,
    ],
    [
      'a row that breaks the contract',
      { model_name: 'tree', inputs: [{ ...features, contents: { fp32_contents: row.map(() => 1e6) } }] },
      status.INVALID_ARGUMENT,
      /breaks the data contract/,
    ],
    [
      'half floats as typed contents',
      { model_name: 'tree', inputs: [{ ...features, datatype: 'FP16' }] },
      status.INVALID_ARGUMENT,
      /FP16 has no typed contents/,
    ],
  ])('refuses %s, and says why', async (_what, message, code, details) => {
    await expect(infer(message)).rejects.toMatchObject({ code, details: expect.stringMatching(details) });
  });

  it('refuses an inference while there is no room for it, and answers health all the same', async () => {
    const bounds = openBounds({ requests: 1, bytes: 1_000_000 });
    const { admission } = bounds;
    const held = admission.enter('somebody', { cut: () => undefined });
    const full = await serveGrpc(await fixture.endpoint(), { port: 0, bounds });
    const client = new GRPCInferenceService(full.address, credentials.createInsecure());
    const message = { model_name: 'tree', inputs: [{ ...features, contents: { fp32_contents: row } }] };
    try {
      await expect(call(client, 'ModelInfer', message)).rejects.toMatchObject({ code: status.UNAVAILABLE });
      expect((await call(client, 'ServerReady', {})).answer).toEqual({ ready: true });
      held.leave();
      expect((await call<Infer>(client, 'ModelInfer', message)).answer.model_name).toBe('tree');
      await expect.poll(() => [admission.requests, admission.bytes]).toEqual([0, 0]);
    } finally {
      client.close();
      await full.close();
      bounds.close();
    }
  });

  it('refuses a message beyond the limit, and goes on', async () => {
    const bytes = Buffer.alloc(2 * 1024 * 1024);
    await expect(infer({ model_name: 'tree', inputs: [features], raw_input_contents: [bytes] })).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    expect((await call(inference, 'ServerLive', {})).answer).toEqual({ live: true });
  });
});

describe('contents', () => {
  const whole = (bits: number, signed: boolean) =>
    signed
      ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
      : fc.integer({ min: 0, max: 2 ** bits - 1 });
  const kinds: [string, string, fc.Arbitrary<unknown>][] = [
    ['BOOL', 'bool_contents', fc.boolean()],
    ['INT8', 'int_contents', whole(8, true)],
    ['INT16', 'int_contents', whole(16, true)],
    ['INT32', 'int_contents', whole(32, true)],
    ['UINT8', 'uint_contents', whole(8, false)],
    ['UINT16', 'uint_contents', whole(16, false)],
    ['UINT32', 'uint_contents', whole(32, false)],
    ['INT64', 'int64_contents', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)],
    ['UINT64', 'uint64_contents', fc.bigInt(0n, 2n ** 64n - 1n).map(String)],
    ['FP32', 'fp32_contents', fc.float()],
    ['FP64', 'fp64_contents', fc.double()],
    ['BYTES', 'bytes_contents', fc.uint8Array({ maxLength: 20 })],
  ];

  it.each(kinds)('of %s are the same after they were bytes', (datatype, field, value) => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), (values) => {
        const back = contentsOf(datatype, elementBytes('x', datatype, { [field]: values }))!;
        expect(back).toEqual({ [field]: values });
      }),
    );
  });

  it('are as NumPy lays them out', () => {
    // numpy.array([1, -2], '<i2').tobytes(), numpy.array([1.5], '<f4').tobytes()
    expect([...elementBytes('x', 'INT16', { int_contents: [1, -2] })]).toEqual([1, 0, 254, 255]);
    expect([...elementBytes('x', 'FP32', { fp32_contents: [1.5] })]).toEqual([0, 0, 192, 63]);
  });

  it('outside of the datatype are refused', () => {
    expect(() => elementBytes('x', 'INT8', { int_contents: [128] })).toThrow(
      'element 0 is 128, INT8 takes -128 to 127',
    );
  });
});
