import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import { connect } from 'node:tls';
import { type ChannelCredentials, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addCredential, newToken } from '../../../server/access/credential-file.ts';
import { type OpenedAccess, openAccess } from '../../../server/access/open-access.ts';
import { openBounds } from '../../../server/admission/bounds.ts';
import { type GrpcServer, serveGrpc } from '../../../server/grpc/server.ts';
import { GRPCInferenceService } from '../../../server/grpc/service-definition.ts';
import { httpGuard } from '../../../server/http/http-guard.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
import { readSettings } from '../../../server/settings.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { HttpClient } from '../../fixtures/http-client.ts';
import { INT64, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const TLS = 'test/fixtures/tls';
const PREDICT = { inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: Array(30).fill(0.5) }] };
const TRUTH = { records: [{ id: 'one', truth: 1 }] };

let fixture: ServingFixture;
let endpoint: Endpoint;
let folder: string;
let file: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(TREE, 'tree-30');
  await fixture.release(INT64, 'int64');
  endpoint = await fixture.endpoint();
  folder = temporaryFolder('access');
  file = path.join(folder, 'tokens.json');
  const add = async (name: string, entry: object) => {
    const { token, hash } = newToken();
    tokens[name] = token;
    await addCredential(file, { name, roles: ['predict'], hash, ...entry });
  };
  await add('predict', {});
  await add('reader', { roles: ['read', 'metrics'] });
  await add('labels', { roles: ['truth', 'explain', 'operate'] });
  await add('over', { expires: '2020-01-01T00:00:00Z' });
  await add('one-model', { roles: ['predict', 'read'], models: ['tree'] });
  await addCredential(file, { name: 'scorer', roles: ['predict'], certificate: 'URI:spiffe://example.com/scorer' });
});
afterAll(() => fixture.close());

let opened: OpenedAccess | undefined;
let server: HttpServer | undefined;
let grpc: GrpcServer | undefined;
const logged: string[] = [];
afterEach(async () => {
  await grpc?.close(100);
  await server?.close();
  await opened?.close();
  grpc = undefined;
});

async function start(flags: Record<string, unknown>): Promise<string> {
  opened = await openAccess(readSettings(flags, {}), (line) => logged.push(line), 0.05);
  const metrics = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'metrics 1\n' };
  server = await serve(endpoint, {
    port: 0,
    guard: httpGuard(opened.access),
    tls: opened.tls,
    first: ({ path: asked }) => (asked === '/metrics' ? () => metrics : undefined),
  });
  return server.url;
}

const bearer = (name: string): Record<string, string> => ({ authorization: `Bearer ${tokens[name] ?? name}` });

async function ask(where: string, headers: Record<string, string> = {}, body?: object | string) {
  const response = await fetch(server!.url + where, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    challenge: response.headers.get('www-authenticate'),
    headers: response.headers,
  };
}

describe('With tokens', () => {
  it('each credential may do what its roles say, and nothing else', async () => {
    await start({ tokens: file });
    const requests: Record<string, [string, (object | string)?]> = {
      predict: ['/v2/models/tree/infer', PREDICT],
      v1: ['/v1/models/tree:predict', { instances: [Array(30).fill(0.5)] }],
      explain: ['/v2/models/tree/explain', PREDICT],
      truth: ['/trimtab/v1/models/tree/truth', TRUTH],
      feedback: ['/api/v1.0/feedback', { response: { meta: { puid: 'x' } }, reward: 1 }],
      load: ['/v2/repository/models/tree/load', ''],
      index: ['/v2/repository/index', ''],
      release: ['/trimtab/v1/models/tree/release'],
      metadata: ['/v2/models/tree'],
      metrics: ['/metrics'],
    };
    const may: Record<string, string[]> = {
      predict: ['predict', 'v1'],
      reader: ['index', 'release', 'metadata', 'metrics'],
      labels: ['explain', 'truth', 'feedback', 'load'],
    };
    for (const [who, allowed] of Object.entries(may))
      for (const [what, [where, body]] of Object.entries(requests)) {
        const answer = await ask(where, bearer(who), body);
        const name = `${who}: ${what}`;
        if (!allowed.includes(what)) {
          expect([name, answer.status, answer.challenge], answer.text).toEqual([
            name,
            403,
            expect.stringContaining('error="insufficient_scope", scope="'),
          ]);
        } else expect([401, 403, 404], `${name} ${answer.status} ${answer.text}`).not.toContain(answer.status);
      }
    expect((await ask('/v2/models/tree/infer', bearer('predict'), PREDICT)).status).toBe(200);
  });

  it('says in the protocol’s form who is missing, and of wrong tokens never which', async () => {
    await start({ tokens: file });
    const nobody = await ask('/v2/models/tree/infer', {}, PREDICT);
    expect(nobody).toMatchObject({ status: 401, challenge: 'Bearer realm="trimtab"' });
    expect(JSON.parse(nobody.text)).toEqual({ error: expect.stringContaining('Authorization: Bearer') });
    expect(JSON.parse((await ask('/predictions/tree', {}, PREDICT)).text)).toMatchObject({
      code: 401,
      type: 'InvalidKeyException',
    });
    expect(JSON.parse((await ask('/invocations', {}, PREDICT)).text)).toMatchObject({ error_code: 'UNAUTHENTICATED' });
    const wrong = await Promise.all(
      [bearer('unknown'), bearer('over'), { authorization: 'Basic YWRhOmxvdmVsYWNl' }].map((headers) =>
        ask('/v2/models/tree/infer', headers, PREDICT),
      ),
    );
    for (const answer of wrong) {
      expect(answer).toMatchObject({ status: 401, challenge: 'Bearer realm="trimtab", error="invalid_token"' });
      expect(answer.text).toBe(wrong[0]!.text);
    }
    // Whether a model exists is nobody's to know, either.
    expect((await ask('/v2/models/none/infer', {}, PREDICT)).status).toBe(401);
    expect((await ask('/no/such/path')).status).toBe(401);
    expect((await ask('/no/such/path', bearer('predict'))).status).toBe(404);
    expect(logged.join('\n')).not.toContain('trimtab_');
  });

  it('counts failures by reason and slows them down by address, but not whoever has a token', async () => {
    await start({ tokens: file });
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask('/v2/models/tree', bearer('guess'))));
    const statuses = new Set(answers.map((each) => each.status));
    expect([...statuses].sort()).toEqual([401, 429]);
    expect(answers.find((each) => each.status === 429)!.headers.get('retry-after')).toBe('1');
    expect((await ask('/v2/models/tree/infer', bearer('predict'), PREDICT)).status).toBe(200);
    const counted = new Map<string, number>();
    const to = {
      family: () => to,
      sample: (labels: Record<string, unknown>, value: number) => {
        counted.set(String(labels.reason), value);
        return to;
      },
    };
    await opened!.access.collect(to as unknown as Parameters<OpenedAccess['access']['collect']>[0]);
    expect(counted.get('invalid-credentials')! + counted.get('throttled')!).toBe(40);
    expect(counted.get('throttled')).toBeGreaterThan(15);
  });

  it('leaves probes open, which learn the state and nothing else', async () => {
    await start({ tokens: file });
    for (const probe of [
      '/v2/health/live',
      '/v2/health/ready',
      '/ping',
      '/ready',
      '/live',
      '/health',
      '/health/status',
      '/',
    ])
      expect([probe, (await ask(probe)).status]).toEqual([probe, 200]);
    expect((await ask('/v2/health/ready')).text).toBe('{"ready":true}');
    await server!.close();
    const reason = 'version 1 of secret-model is not loaded';
    server = await serve(
      { handle: async () => ({ status: 503, headers: {}, body: JSON.stringify({ ready: false, reason }) }) },
      { port: 0, guard: httpGuard(opened!.access) },
    );
    for (const probe of ['/v2/health/ready', '/health/status', '/ping']) {
      const answer = await ask(probe);
      expect(answer.status).toBe(503);
      expect(answer.text).not.toContain('secret-model');
      expect((await ask(probe, bearer('reader'))).text).toContain('secret-model');
    }
  });

  it('holds a token to its models, in every protocol and in what it is shown', async () => {
    await start({ tokens: file });
    const own = bearer('one-model');
    expect((await ask('/v2/models/tree/infer', own, PREDICT)).status).toBe(200);
    for (const where of [
      '/v2/models/int64/infer',
      '/v1/models/int64:predict',
      '/predictions/int64',
      '/v2/models/none/infer',
    ]) {
      const answer = await ask(where, own, {});
      expect([where, answer.status, answer.text]).toEqual([
        where,
        403,
        expect.stringContaining('one-model may use tree only'),
      ]);
    }
    expect(JSON.parse((await ask('/v2/models', own)).text)).toEqual({ models: ['tree'] });
    expect((await ask('/v2/models/int64', own)).status).toBe(404);
    expect((await ask('/openapi.json', own)).text).not.toContain('/int64');
    // The only model that it may use is the one that a request without a name means.
    expect(
      (await ask('/invocations', { ...own, 'content-type': 'application/json' }, { instances: [Array(30).fill(0.5)] }))
        .status,
    ).toBe(200);
  });

  it('reads the file again when it changes, and stays with what it knew when that is broken', async () => {
    const copy = path.join(folder, 'changing.json');
    writeFileSync(copy, readFileSync(file), { mode: 0o600 });
    await start({ tokens: copy });
    const until = async (holds: () => Promise<boolean> | boolean) => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const { token, hash } = newToken();
    await addCredential(copy, { name: 'new', roles: ['predict'], hash });
    await until(
      async () => (await ask('/v2/models/tree/infer', { authorization: `Bearer ${token}` }, PREDICT)).status === 200,
    );
    writeFileSync(copy, '{"tokens":[{]}');
    await until(() => logged.some((line) => line.includes('the former ones stay') && line.includes('is not JSON')));
    expect((await ask('/v2/models/tree/infer', { authorization: `Bearer ${token}` }, PREDICT)).status).toBe(200);
    writeFileSync(copy, '{"tokens":[]}');
    await until(
      async () => (await ask('/v2/models/tree/infer', { authorization: `Bearer ${token}` }, PREDICT)).status !== 200,
    );
  });

  it.skipIf(process.platform === 'win32')('leaves nothing beside a file that the disk has no room for', () => {
    const full = path.join(folder, 'full.json');
    const { hash } = newToken();
    const add = `import { addCredential } from ${JSON.stringify(path.resolve('server/access/credential-file.ts'))};
      await addCredential(${JSON.stringify(full)}, { name: 'a', roles: ['predict'], hash: '${hash}' });`;
    // No file of the process may become larger than nothing.
    const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" --import tsx --input-type=module -e "$1"`;
    const { stderr } = spawnSync('sh', ['-c', limited, process.execPath, add], { encoding: 'utf8' });
    expect(stderr).toContain('full.json cannot be written: EFBIG');
    expect(readdirSync(folder).filter((name) => name.startsWith('full.json'))).toEqual([]);
  });

  it('does not start with a file that everybody may read, or that is no such file', async () => {
    const open = path.join(folder, 'open.json');
    copyFileSync(file, open);
    chmodSync(open, 0o644);
    await expect(start({ tokens: open })).rejects.toThrow(/everybody \(mode 0644\), expected 0600 or 0640/);
    await expect(start({ tokens: path.join(folder, 'none.json') })).rejects.toThrow(/cannot be read: ENOENT/);
    await expect(start({ tokens: '{"tokens":[{"name":"a"}]}' })).rejects.toThrow(
      /the text of --tokens: tokens.0.roles/,
    );
  });

  it('tells limits and captures the name of the credential', async () => {
    opened = await openAccess(readSettings({ tokens: file }, {}), () => undefined);
    const seen: object[] = [];
    server = await serve(
      { handle: async (http) => ({ status: seen.push(http) > 0 ? 200 : 500, headers: {}, body: '' }) },
      { port: 0, guard: httpGuard(opened.access), bounds: openBounds({ header: 'x-user' }) },
    );
    await ask('/v2/models/tree/infer', bearer('predict'), PREDICT);
    await ask('/v2/models/tree/infer', { ...bearer('predict'), 'x-user': 'ada' }, PREDICT);
    expect(seen).toMatchObject([
      { caller: 'credential predict', principal: 'predict', credential: 'predict' },
      { caller: 'ada', principal: 'ada', credential: 'predict' },
    ]);
  });
});

describe('On loopback without credentials', () => {
  it('takes no request of a page of another origin, or under another name', async () => {
    const client = new HttpClient(await start({}));
    const where = '/trimtab/v1/models/tree/truth';
    const post = (headers: Record<string, string>) => client.ask({ path: where, headers, body: JSON.stringify(TRUTH) });
    const page = { origin: 'https://evil.example.com', 'content-type': 'text/plain' };
    expect(await post(page)).toMatchObject({ status: 403 });
    expect((await post(page)).body.toString()).toContain('another origin');
    expect(await post({ ...page, origin: 'null' })).toMatchObject({ status: 403 });
    // The name of the page's own host, which it lets lead here.
    expect(await post({ host: 'evil.example.com:8080' })).toMatchObject({ status: 403 });
    expect(
      await client.ask({
        method: 'GET',
        path: '/trimtab/v1/models/tree/release',
        headers: { host: 'evil.example.com' },
      }),
    ).toMatchObject({ status: 403 });
    expect(await post({ 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8'])
      expect(await post({ 'content-type': type })).toMatchObject({ status: 202 });
    expect(await post({ host: 'localhost:8080', origin: 'http://localhost:8080' })).toMatchObject({ status: 202 });
    // What the tutorials of TensorFlow Serving send: `curl -d` without a type.
    const tutorial = {
      path: '/v1/models/tree:predict',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    };
    expect(await client.ask({ ...tutorial, body: JSON.stringify({ instances: [Array(30).fill(0.5)] }) })).toMatchObject(
      { status: 200 },
    );
  });

  it('takes those that are allowed', async () => {
    const client = new HttpClient(
      await start({ allowedHosts: 'models.test', allowedOrigins: 'https://app.example.com' }),
    );
    const headers = { host: 'models.test:80', origin: 'https://app.example.com' };
    expect(await client.ask({ path: '/v2/models/tree/infer', headers, body: JSON.stringify(PREDICT) })).toMatchObject({
      status: 200,
    });
  });
});

const pem = (name: string): Buffer => readFileSync(path.join(TLS, name));
const tlsFlags = { tlsCert: `${TLS}/server.pem`, tlsKey: `${TLS}/server.key`, tlsClientCa: `${TLS}/authority.pem` };

/** A request with a client's certificate, or without. */
function over(url: string, where: string, who?: string, headers: Record<string, string> = {}): Promise<number> {
  const own = who === undefined ? {} : { cert: pem(`${who}.pem`), key: pem(`${who}.key`) };
  return new Promise((resolve, reject) => {
    const body = where.endsWith('infer') ? JSON.stringify(PREDICT) : undefined;
    const outgoing = request(
      url.replace('127.0.0.1', 'localhost') + where,
      { ca: pem('authority.pem'), ...own, method: body === undefined ? 'GET' : 'POST', headers, agent: false },
      (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode!);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('Over TLS', () => {
  it('knows clients by their certificates, and takes tokens as well', async () => {
    const url = await start({ ...tlsFlags, tokens: file });
    expect(url).toMatch(/^https:/);
    const infer = '/v2/models/tree/infer';
    expect(await over(url, infer, 'client')).toBe(200);
    expect(await over(url, '/v2/models', 'client')).toBe(403);
    expect(await over(url, infer, 'nobody')).toBe(401);
    // Of the same name, signed by another authority.
    expect(await over(url, infer, 'stranger')).toBe(401);
    expect(await over(url, infer)).toBe(401);
    expect(await over(url, infer, undefined, bearer('predict'))).toBe(200);
    expect(await over(url, '/v2/health/live')).toBe(200);
  });

  it('lets certificates do everything where no file says what they may', async () => {
    const url = await start(tlsFlags);
    expect(await over(url, '/v2/models', 'nobody')).toBe(200);
    expect(await over(url, '/v2/models', 'stranger')).toBe(401);
    expect(await over(url, '/v2/models')).toBe(401);
  });

  it('speaks nothing older than TLS 1.2', async () => {
    const { port } = new URL(await start(tlsFlags));
    const speak = (version: 'TLSv1.1' | 'TLSv1.2') =>
      new Promise<string>((resolve) => {
        const socket = connect({
          port: Number(port),
          host: 'localhost',
          ca: pem('authority.pem'),
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT@SECLEVEL=0',
        });
        socket.on('secureConnect', () => resolve(socket.getProtocol() ?? ''));
        socket.on('error', () => resolve('refused'));
        socket.on('secureConnect', () => socket.destroy());
      });
    expect(await speak('TLSv1.1')).toBe('refused');
    expect(await speak('TLSv1.2')).toBe('TLSv1.2');
  });

  it('takes a renewed certificate over while it serves, and not one that does not go with its key', async () => {
    const live = path.join(folder, 'tls');
    mkdirSync(live, { recursive: true });
    const put = (from: string, what: 'pem' | 'key') =>
      copyFileSync(path.join(TLS, `${from}.${what}`), path.join(live, `server.${what}`));
    put('server', 'pem');
    put('server', 'key');
    const { port } = new URL(
      await start({ tlsCert: path.join(live, 'server.pem'), tlsKey: path.join(live, 'server.key') }),
    );
    const subject = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ port: Number(port), host: 'localhost', ca: pem('authority.pem') }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.on('error', reject);
      });
    expect(await subject()).toBe('server');
    put('renewed', 'pem');
    while (!logged.some((line) => line.includes('the former certificate stays')))
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await subject()).toBe('server');
    put('renewed', 'key');
    while ((await subject()) !== 'renewed') await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

describe('Over gRPC', () => {
  const message = {
    model_name: 'tree',
    inputs: [
      { name: 'features', datatype: 'FP32', shape: ['1', '30'], contents: { fp32_contents: Array(30).fill(0.5) } },
    ],
  };
  function call(
    [address, channel, options]: readonly [string, ChannelCredentials, Record<string, string>?],
    name: string,
    body: object,
    headers: Record<string, string> = {},
  ) {
    const client = new GRPCInferenceService(address.replace('127.0.0.1', 'localhost'), channel, options);
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    return new Promise<number>((resolve) => {
      client[name]!(body, metadata, (error: ServiceError | null) => {
        client.close();
        resolve(error?.code ?? status.OK);
      });
    });
  }

  it('asks for the same tokens, before the message is read', async () => {
    await start({ tokens: file });
    grpc = await serveGrpc(endpoint, { port: 0, access: opened!.access });
    const { address } = grpc;
    const plain = credentials.createInsecure();
    const infer = (headers?: Record<string, string>, body: object = message) =>
      call([address, plain], 'ModelInfer', body, headers);
    expect(await infer()).toBe(status.UNAUTHENTICATED);
    expect(await infer(bearer('unknown'))).toBe(status.UNAUTHENTICATED);
    expect(await infer(bearer('reader'))).toBe(status.PERMISSION_DENIED);
    expect(await infer(bearer('predict'))).toBe(status.OK);
    expect(await infer(bearer('one-model'))).toBe(status.OK);
    expect(await infer(bearer('one-model'), { ...message, model_name: 'int64' })).toBe(status.PERMISSION_DENIED);
    const metadata = (who: string, name = 'tree') => call([address, plain], 'ModelMetadata', { name }, bearer(who));
    expect(await metadata('predict')).toBe(status.PERMISSION_DENIED);
    expect(await metadata('reader')).toBe(status.OK);
    expect(await metadata('one-model', 'int64')).toBe(status.NOT_FOUND);
    expect(await call([address, plain], 'ServerLive', {})).toBe(status.OK);
    expect(await call([address, plain], 'ServerReady', {})).toBe(status.OK);
  });

  it('is called by the same names, with and without tokens', async () => {
    for (const flags of [{}, { tokens: file }, { allowedHosts: 'models.test' }]) {
      await start(flags);
      grpc = await serveGrpc(endpoint, { port: 0, access: opened!.access });
      const { address } = grpc;
      const infer = (authority: string, name = 'ModelInfer') =>
        call(
          [address, credentials.createInsecure(), { 'grpc.default_authority': authority }],
          name,
          message,
          bearer('predict'),
        );
      expect(await infer('rebound.test:9000')).toBe(status.PERMISSION_DENIED);
      expect(await infer('localhost.rebound.test')).toBe(status.PERMISSION_DENIED);
      expect(await infer('rebound.test:9000', 'ServerLive')).toBe(status.OK);
      expect(await infer(address)).toBe(status.OK);
      expect(await infer('models.test')).toBe('allowedHosts' in flags ? status.OK : status.PERMISSION_DENIED);
      await grpc.close(100);
      await server?.close();
      await opened?.close();
    }
  });

  it('has the same certificates', async () => {
    await start({ ...tlsFlags, tokens: file });
    grpc = await serveGrpc(endpoint, { port: 0, access: opened!.access, tls: opened!.tls });
    const { address } = grpc;
    const channel = (who: string) => credentials.createSsl(pem('authority.pem'), pem(`${who}.key`), pem(`${who}.pem`));
    expect(await call([address, channel('client')], 'ModelInfer', message)).toBe(status.OK);
    expect(await call([address, channel('client')], 'ModelMetadata', { name: 'tree' })).toBe(status.PERMISSION_DENIED);
    expect(await call([address, channel('stranger')], 'ModelInfer', message)).toBe(status.UNAUTHENTICATED);
    const anonymous = credentials.createSsl(pem('authority.pem'));
    expect(await call([address, anonymous], 'ModelInfer', message)).toBe(status.UNAUTHENTICATED);
    expect(await call([address, anonymous], 'ModelInfer', message, bearer('predict'))).toBe(status.OK);
    expect(await call([address, anonymous], 'ServerLive', {})).toBe(status.OK);
  });
});
