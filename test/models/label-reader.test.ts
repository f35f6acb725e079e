import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode as encodePng } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelReader } from '../../models/label-reader/graph.ts';
import { withExamined } from '../../platform/onnx/examine.ts';
import type { Endpoint } from '../../usecases/serving/endpoint.ts';
import { read, request, ServingFixture } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** models/label-reader, put together of its package, registered and served as it is. */
const SOURCE = path.resolve('models/label-reader');
const PICTURES = path.join(SOURCE, 'pictures');

let fixture: ServingFixture;
let endpoint: Endpoint;
let truths: [string, { text: string; python: string; confidence: number }][];
beforeAll(async () => {
  fixture = await ServingFixture.open();
  truths = Object.entries(JSON.parse(await readFile(path.join(PICTURES, 'truth.json'), 'utf8')));
  const folder = temporaryFolder('label-reader');
  await writeFile(path.join(folder, 'model.onnx'), labelReader());
  for (const file of ['model.json', 'baseline.json', 'metrics.json', 'MODEL_CARD.md'])
    await copyFile(path.join(SOURCE, 'v1', file), path.join(folder, file));
  const { version } = await withExamined(path.join(folder, 'model.onnx'), ({ signature, file }) =>
    fixture.registry.register(folder, signature, { modelFile: file }),
  );
  await fixture.apply('label-reader', { type: 'approve', version: version.version, reason: 'test' });
  await fixture.apply('label-reader', { type: 'release', version: version.version, reason: 'test' });
  endpoint = await fixture.endpoint();
}, 120_000);
afterAll(() => fixture.close());

const picture = (name: string) => readFile(path.join(PICTURES, name));
const predict = async (...images: string[]) =>
  read(
    await endpoint.handle(
      request('POST', '/v1/models/label-reader:predict', { instances: images.map((b64) => ({ image: { b64 } })) }),
    ),
  );
/** A v2 request whose picture is behind the JSON, as it is. */
const binary = (file: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(file.length);
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: file.length + 4 } }],
    }),
  );
  return request('POST', '/v2/models/label-reader/infer', Buffer.concat([head, length, file]), {
    'inference-header-content-length': String(head.length),
  });
};

describe('label-reader', () => {
  it('reads every picture as it is read in Python, by v1 with base64', async () => {
    for (const [name, { python, confidence }] of truths) {
      const { body } = await predict((await picture(name)).toString('base64'));
      expect(body.error).toBeUndefined();
      expect([name, body.predictions[0].text]).toEqual([name, python]);
      // Two decoders of JPEG differ by a level here and there.
      expect(Math.abs(body.predictions[0].confidence - confidence)).toBeLessThan(0.02);
    }
  });

  it('reads what is printed', () => {
    const whole = truths.filter(([, { text, python }]) => text === python).length;
    expect(whole / truths.length).toBeGreaterThan(0.9);
  });

  it('takes a picture as it is behind the JSON of v2, or as base64 within it', async () => {
    const [[name, { python }]] = truths as [(typeof truths)[0]];
    const file = await picture(name);
    const raw = read(await endpoint.handle(binary(file)));
    expect(raw.body.outputs[0]).toMatchObject({ name: 'text', datatype: 'BYTES', shape: [1], data: [python] });
    const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], data: [file.toString('base64')] }];
    const json = read(await endpoint.handle(request('POST', '/v2/models/label-reader/infer', { inputs })));
    expect(json.body.outputs[0].data).toEqual([python]);
  });

  it('takes a file as it is over every protocol whose servers do', async () => {
    for (const name of [truths[0]![0], truths.find(([each]) => each.endsWith('.png'))![0]]) {
      const file = await picture(name);
      const wanted = truths.find(([each]) => each === name)![1].python;
      const type = name.endsWith('.png') ? 'image/png' : 'image/jpeg';
      const part = async (field: string, of?: string) => {
        const form = new FormData();
        form.append(field, new Blob([new Uint8Array(file)], of === undefined ? {} : { type: of }), name);
        const sent = new Response(form);
        return [Buffer.from(await sent.arrayBuffer()), sent.headers.get('content-type')!] as const;
      };
      const [at, to] = ['/predictions/label-reader', '/endpoints/label-reader/invocations'];
      const ways: [string, string, Uint8Array, string | undefined][] = [
        // curl -T FILE, curl -H 'content-type: …' --data-binary, and without: curl takes it for a form.
        ['PUT', at, file, undefined],
        ['POST', at, file, type],
        ['POST', at, file, 'application/octet-stream'],
        ['POST', at, file, 'application/x-www-form-urlencoded'],
        ['POST', at, ...(await part('data'))],
        ['POST', at, ...(await part('data', type))],
        ['POST', at, ...(await part('image', type))],
        ['POST', to, file, type],
        ['POST', to, file, 'application/x-image'],
        ['POST', to, file, 'application/octet-stream'],
        ['POST', '/invocations', file, type],
      ];
      for (const [method, way, body, sent] of ways.slice(0, type === 'image/png' ? 2 : ways.length)) {
        const answer = await endpoint.handle(
          request(method, way, body, sent === undefined ? {} : { 'content-type': sent }),
        );
        expect([way, sent, answer.status, String(answer.body)]).toEqual([
          way,
          sent,
          200,
          expect.stringContaining(wanted),
        ]);
      }
      const [message, sent] = await part('binData', type);
      const seldon = read(
        await endpoint.handle(request('POST', '/api/v1.0/predictions', message, { 'content-type': sent })),
      );
      // An answer mirrors its request.
      expect(Buffer.from(seldon.body.binData, 'base64').includes(wanted)).toBe(true);
      const raw = request('POST', '/v2/models/label-reader/infer', file, { 'inference-header-content-length': '0' });
      const { status, body } = await endpoint.handle(raw);
      expect([status, Buffer.from(body as Uint8Array).includes(wanted)]).toEqual([200, true]);
    }
  });

  it('is described with an example that it answers, and with the files that it takes', async () => {
    const { paths } = read(await endpoint.handle(request('GET', '/openapi.json'))).body;
    for (const at of [
      '/v1/models/label-reader:predict',
      '/predictions/label-reader',
      '/v2/models/label-reader/infer',
      '/endpoints/label-reader/invocations',
    ]) {
      const { content } = paths[at].post.requestBody;
      const { example } = content['application/json'];
      const { status, body } = await endpoint.handle(
        request('POST', at, example, { 'content-type': 'application/json' }),
      );
      expect([at, status, String(body)]).toEqual([at, 200, expect.stringContaining('""')]);
      if (/predictions|invocations/.test(at))
        expect(Object.keys(content)).toEqual(expect.arrayContaining(['image/png', 'image/jpeg']));
    }
  });

  it('says what it takes to whoever sends something else', async () => {
    const to = '/endpoints/label-reader/invocations';
    const sound = await endpoint.handle(request('POST', to, Buffer.from('RIFF'), { 'content-type': 'audio/wav' }));
    expect([sound.status, String(sound.body)]).toEqual([415, expect.stringContaining('image/png, image/jpeg')]);
    const gif = await endpoint.handle(request('POST', to, Buffer.from('GIF89a'), { 'content-type': 'image/gif' }));
    expect([gif.status, String(gif.body)]).toEqual([400, expect.stringContaining('neither a PNG nor a JPEG')]);
  });

  it('says in its metadata that it takes bytes', async () => {
    const { body } = read(await endpoint.handle(request('GET', '/v2/models/label-reader')));
    expect(body.inputs).toEqual([{ name: 'image', datatype: 'BYTES', shape: [-1] }]);
  });

  it('reads pictures of one size in one request, and says when sizes differ', async () => {
    const [first, second] = await Promise.all(truths.slice(0, 2).map(([name]) => picture(name)));
    const { body } = await predict(first!.toString('base64'), first!.toString('base64'));
    expect(body.predictions.map(({ text }: { text: string }) => text)).toEqual([
      truths[0]![1].python,
      truths[0]![1].python,
    ]);
    const mixed = await predict(first!.toString('base64'), second!.toString('base64'));
    expect([mixed.status, mixed.body.error]).toEqual([
      400,
      expect.stringMatching(/pictures of several sizes go in requests of their own/),
    ]);
  });

  it('captures a summary of the picture, and not the picture', async () => {
    const [name] = truths[0]!;
    const before = fixture.captures().length;
    await predict((await picture(name)).toString('base64'));
    const [capture] = fixture.captures().slice(before);
    expect(Object.keys(capture!.features)).toEqual(
      ['mean', 'std', 'min', 'max', 'size', 'digest'].map((of) => `image.${of}`),
    );
    expect(capture!.scores).toHaveLength(1);
  });

  it('says which parts of the picture its confidence comes from', async () => {
    // The shortest is the quickest to read.
    const [name] = truths.toSorted(([, a], [, b]) => a.text.length - b.text.length)[0]!;
    const instances = [{ image: { b64: (await picture(name)).toString('base64') } }];
    const asked = {
      ...request('POST', '/v1/models/label-reader:explain', { instances }),
      query: { grid: '2', permutations: '1', budget_ms: '12000' },
    };
    const { status, body } = read(await endpoint.handle(asked));
    expect([status, body.error]).toEqual([200, undefined]);
    const { features, rows, grid, background } = body.explanations;
    expect([features.length, rows[0].values.length, grid.input, background]).toEqual([4, 4, 'image', 'levels']);
    const [{ values, value, baseValue }] = rows;
    expect(values.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(value - baseValue, 5);
    expect(value).toBeCloseTo(body.predictions[0].confidence, 5);
    // Flat grey is no text.
    expect(value - baseValue).toBeGreaterThan(0.5);
  });

  const blank = (width: number, height: number, options = {}) =>
    Buffer.from(
      encodePng({ width, height, data: new Uint8Array(width * height).fill(255), channels: 1, depth: 8, ...options }),
    ).toString('base64');

  it('reads nothing where there is nothing', async () => {
    const { body } = await predict(blank(200, 48));
    expect(body.predictions[0]).toEqual({ text: '', confidence: 0 });
  });

  it.each([
    ['is neither PNG nor JPEG', () => Buffer.from('GIF89a').toString('base64'), /neither a PNG nor a JPEG file/],
    ['is cut off', () => blank(100, 40).slice(0, 60), /PNG file that cannot be unpacked|ends within its header/],
    ['unpacks to more than is allowed', () => blank(1001, 1000), /1001 x 1000 pixels, at most 1000000 are allowed/],
    ['is smaller than the contract allows', () => blank(20, 5), /image in row 0 .*shape/],
    [
      'is a JPEG with nothing in it',
      () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]).toString('base64'),
      /JPEG file that cannot be unpacked/,
    ],
  ])('answers 400 to a file that %s', async (_, file, message) => {
    const { status, body } = await predict(file());
    expect([status, body.error]).toEqual([400, expect.stringMatching(message)]);
  });
});
