import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../core/protocols/protocol.ts';
import { compress, decompress, MIN_BYTES, preferred } from '../../../usecases/serving/compression.ts';
import { BODY_LIMIT, type Endpoint } from '../../../usecases/serving/endpoint.ts';
import { request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

const PACKERS = { gzip: gzipSync, 'x-gzip': gzipSync, GZIP: gzipSync, deflate: deflateSync };
const post = (body: string | Uint8Array, encoding: string) =>
  request('POST', '/', body, { 'content-encoding': encoding });

describe('unpacked', () => {
  it('gives back what was packed, whichever way, and leaves no trace of it in the headers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 500 }), async (bytes) => {
        for (const [name, pack] of Object.entries(PACKERS)) {
          const plain = await decompress(post(pack(bytes), name), 1_000);
          expect(Uint8Array.from(plain.body as Uint8Array)).toEqual(bytes);
          expect(plain.headers).toEqual({});
        }
        expect(
          Uint8Array.from((await decompress(post(deflateRawSync(bytes), 'deflate'), 1_000)).body as Uint8Array),
        ).toEqual(bytes);
      }),
    );
  });

  it('leaves a body alone that is not packed', async () => {
    expect((await decompress(post('abc', 'identity'), 10)).body).toBe('abc');
    expect((await decompress(post('', 'gzip'), 10)).body).toBe('');
  });

  it.each([
    ['a bomb', gzipSync(Buffer.alloc(50_000_000)), 'gzip', 413],
    ['one byte too many', deflateSync(Buffer.alloc(1_001)), 'deflate', 413],
    ['another encoding', Buffer.from('abc'), 'br', 415],
    ['several encodings', gzipSync(gzipSync('abc')), 'gzip, gzip', 415],
    ['a name that every object has', Buffer.from('abc'), 'constructor', 415],
    ['what is not packed at all', Buffer.from('{"inputs":[]}'), 'gzip', 400],
    ['what is cut off', gzipSync('a'.repeat(900)).subarray(0, 20), 'gzip', 400],
    ['text that lost its bytes on the way', gzipSync('abc').toString(), 'gzip', 400],
  ])('refuses %s', async (_, body, encoding, status) => {
    await expect(decompress(post(body, encoding), 1_000)).rejects.toMatchObject({ name: 'ProtocolError', status });
  });

  it('takes exactly the limit', async () => {
    expect((await decompress(post(gzipSync(Buffer.alloc(1_000)), 'gzip'), 1_000)).body).toHaveLength(1_000);
  });
});

describe('Room for what is unpacked', () => {
  const large = Buffer.alloc(700_000, 'abc');
  const held = (body: Uint8Array, encoding: string, hold: (bytes: number) => void) =>
    decompress({ ...post(body, encoding), hold }, 1_000_000);

  it('is taken before anything comes out, for no less than does', async () => {
    for (const [encoding, body, expected] of [
      ['gzip', gzipSync(large), [large.length]],
      // Of several members the end names the last alone.
      ['gzip', Buffer.concat([gzipSync(large), gzipSync('abc')]), [3, 1_000_000]],
      ['deflate', deflateSync(large), [1_000_000]],
    ] as const) {
      const taken: number[] = [];
      const { body: plain } = await held(body, encoding, (bytes) => taken.push(bytes));
      expect(taken).toEqual(expected);
      expect(plain.length).toBeGreaterThanOrEqual(large.length);
    }
  });

  it('that is not there refuses the body, and does not keep out those that come after', async () => {
    const full = new ProtocolError(429, 'your share is used up');
    const refused = held(gzipSync(large), 'gzip', () => {
      throw full;
    });
    await expect(refused).rejects.toBe(full);
    expect((await held(gzipSync(large), 'gzip', () => undefined)).body).toHaveLength(large.length);
  });

  it('is taken for one large body of a caller at a time, and small ones and those of others go past them', async () => {
    let [open, most] = [0, 0];
    const before: string[] = [];
    const all = Array.from({ length: 6 }, async () => {
      await held(gzipSync(large), 'gzip', () => {
        most = Math.max(most, ++open);
      });
      open--;
      before.push('large');
    });
    const small = held(gzipSync('{}'), 'gzip', () => undefined).then(() => before.push('small'));
    const other = decompress({ ...post(gzipSync(large), 'gzip'), caller: 'b' }, 1_000_000).then(() => before.push('b'));
    await Promise.all([...all, small, other]);
    expect(most).toBe(1);
    expect(before.indexOf('small')).toBeLessThan(3);
    expect(before.indexOf('b')).toBeLessThan(4);
  });
});

describe('preferred', () => {
  it.each([
    ['gzip, deflate', 'gzip'],
    ['deflate', 'deflate'],
    ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
    ['gzip;q=0, deflate', 'deflate'],
    ['*', 'gzip'],
    ['br, *;q=0.1', 'gzip'],
    ['gzip;q=0, *;q=0', undefined],
    ['br', undefined],
    ['identity', undefined],
    ['', undefined],
    ['gzip;q=x', undefined],
  ])('%j is answered by %s', (accepted, encoding) => {
    expect(preferred(accepted)).toBe(encoding);
  });
});

describe('packed', () => {
  it('packs what is worth it, texts and bytes alike', async () => {
    const text = 'é'.repeat(MIN_BYTES);
    const response = (body: string | Uint8Array) => ({ status: 200, headers: { 'content-type': 'x/y' }, body });
    const gzip = await compress(response(text), 'gzip');
    expect(gzip.headers).toEqual({ 'content-type': 'x/y', 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(gzip.body).toString()).toBe(text);
    expect(inflateSync((await compress(response(Buffer.from(text)), 'deflate')).body).toString()).toBe(text);
    expect((await compress(response('short'), 'gzip')).body).toBe('short');
    expect((await compress(response(text), 'br')).body).toBe(text);
  });
});

describe('A packed request', () => {
  let fixture: ServingFixture;
  let endpoint: Endpoint;
  beforeAll(async () => {
    fixture = await ServingFixture.open();
    await fixture.release(TREE, 'tree-30');
    endpoint = await fixture.endpoint();
  });
  afterAll(() => fixture.close());

  const rows = (count: number) => Array.from({ length: count }, () => Array(30).fill(0.5));

  it.each(['/v2/models/tree/infer', '/v1/models/tree:predict'])('is answered packed, by %s', async (path) => {
    const message = {
      '/v2/models/tree/infer': {
        id: 'a',
        inputs: [{ name: 'features', shape: [900, 30], datatype: 'FP32', data: rows(900) }],
      },
      '/v1/models/tree:predict': { instances: rows(900) },
    }[path];
    const plain = await endpoint.handle(request('POST', path, message));
    const zipped = await endpoint.handle(
      request('POST', path, gzipSync(JSON.stringify(message)), {
        'content-encoding': 'gzip',
        'accept-encoding': 'gzip',
      }),
    );
    expect(zipped).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
    expect(gunzipSync(zipped.body).toString()).toBe(plain.body);
  });

  it('that is a bomb, or packed in another way, is refused in the words of the protocol', async () => {
    for (const path of ['/v2/models/tree/infer', '/v1/models/tree:predict']) {
      const bomb = gzipSync(Buffer.alloc(BODY_LIMIT + 1, ' '));
      for (const [body, encoding, status] of [
        [bomb, 'gzip', 413],
        ['{}', 'br', 415],
        ['{}', 'gzip', 400],
      ] as const) {
        const response = await endpoint.handle(request('POST', path, body, { 'content-encoding': encoding }));
        expect(response.status).toBe(status);
        expect(JSON.parse(response.body as string)).toEqual({ error: expect.any(String) });
      }
    }
  });
});
