import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EndpointClient } from '../../../cli/endpoint/client.ts';
import { main } from '../../../cli/main.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { signedFetch } from '../../../platform/aws/signed-fetch.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'models/flight-delay';
/** The example keys of AWS's own documentation: nobody's. */
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

describe('trimtab smoke', () => {
  const folder = temporaryFolder('smoke');
  const home = path.join(folder, 'home');
  let runtime: LocalRuntime;

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const status = await main(['--home', home, ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }

  beforeAll(async () => {
    runtime = await startLocalRuntime({ home, port: 0 });
  });
  afterAll(async () => {
    await runtime.close();
  });
  afterEach(() => vi.unstubAllEnvs());

  it('finds a healthy endpoint of which nothing is released yet', async () => {
    expect(await run('smoke')).toMatchObject({ status: 0, out: expect.stringContaining('nothing is released yet') });
  });

  it('misses a model that must be served', async () => {
    const seen = await run('smoke', '--model', 'flight-delay');
    expect(seen.status).toBe(1);
    expect(seen.out).toMatch(/✗ +flight-delay release +the ledger knows no release of it/);
  });

  it('sees every version that has traffic answer a real prediction', async () => {
    for (const version of ['1', '2']) {
      await run('register', `${MODEL}/v${version}`);
      await run('approve', 'flight-delay', version);
    }
    await run('release', 'flight-delay', '1');
    await run('release', 'flight-delay', '2', '--canary', '--steps', '0.25,1');
    const seen = await run('smoke', '--model', 'flight-delay', '--max-ms', '5000');
    expect(seen.err).toBe('');
    expect(seen.status).toBe(0);
    expect(seen.out).toMatch(
      /✓ +flight-delay release +revision \d+: version 1 has 75 %, version 2 25 % of the traffic/,
    );
    expect(seen.out).toMatch(/✓ +flight-delay version 1 +.*probabilities 0\.\d+ 0\.\d+.*; first \d+(\.\d)? ms, then/);
    expect(seen.out).toMatch(/✓ +flight-delay version 2 /);
  });

  it('fails when answers take longer than they may', async () => {
    const seen = await run('smoke', '--max-ms', '0.001');
    expect(seen).toMatchObject({ status: 1, err: expect.stringContaining('2 of 4 checks failed') });
    expect(seen.out).toMatch(/answers take .* ms, at most 0\.001 ms are allowed/);
  });

  it('fails when nobody answers, and when the endpoint serves another ledger', async () => {
    const nobody = await run('smoke', '--url', 'http://127.0.0.1:9', '--wait', '0');
    expect(nobody).toMatchObject({ status: 1, err: expect.stringContaining('1 of 1 checks failed: health') });
    const other = await startLocalRuntime({ home: path.join(folder, 'other'), port: 0 });
    try {
      const seen = await run('smoke', '--url', other.url, '--wait', '1');
      expect(seen.status).toBe(1);
      expect(seen.out).toMatch(
        /✗ +flight-delay release +the ledger says version 1 .*, the endpoint: the endpoint answered 404/,
      );
    } finally {
      await other.close();
    }
  }, 60_000);

  it('takes no address that is none, and no time that is none', async () => {
    expect(await run('smoke', '--url', 'example.com')).toMatchObject({ status: 2 });
    expect(await run('smoke', '--max-ms', 'fast')).toMatchObject({ status: 2 });
  });

  describe('before an endpoint that wants signatures', () => {
    let server: http.Server;
    let url: string;
    beforeAll(async () => {
      // As API Gateway with IAM authorization: passes on what is signed with the right key, refuses the rest.
      server = http.createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks);
        if (!isSigned(request, body)) {
          response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}');
          return;
        }
        const answer = await fetch(`${runtime.url}${request.url}`, {
          method: request.method,
          headers: { 'x-request-id': String(request.headers['x-request-id'] ?? 'none') },
          body: body.length > 0 ? body : undefined,
        });
        response.writeHead(answer.status).end(await answer.text());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => server.close());

    const signed = async (env: Record<string, string>, ...argv: string[]) => {
      for (const [name, value] of Object.entries({ AWS_REGION: 'eu-central-1', ...env })) vi.stubEnv(name, value);
      const client = new EndpointClient(url, signedFetch());
      return client.ask(argv[0]!, argv[1] === undefined ? undefined : JSON.parse(argv[1]));
    };

    it('is let in with the right keys, bodies and queries included', async () => {
      expect((await signed(KEYS, '/v2/health/ready')).body).toEqual({ ready: true });
      expect((await signed(KEYS, '/v2/health/ready?b=2&a=x%20y')).body).toEqual({ ready: true });
      const truth = JSON.stringify({ records: [{ id: 'smoke', truth: 1 }] });
      expect((await signed(KEYS, '/trimtab/v1/models/flight-delay/truth', truth)).body).toMatchObject({ accepted: 1 });
    });

    it('is refused with the wrong ones, and says so', async () => {
      const wrong = { ...KEYS, AWS_SECRET_ACCESS_KEY: 'other' };
      await expect(signed(wrong, '/v2/health/ready')).rejects.toThrow('the endpoint answered 403: Forbidden');
    });

    it('is refused unsigned, as a home that is a folder asks', async () => {
      const seen = await run('smoke', '--url', url, '--wait', '0');
      expect(seen).toMatchObject({ status: 1, out: expect.stringContaining('403: Forbidden') });
    });

    it('runs as the pipeline does, by npm', async () => {
      // The command itself, on a home that is a folder, with the address of the local runtime.
      const { stdout } = await promisify(execFile)('npm', [
        'run',
        '--silent',
        'smoke',
        '--',
        '--home',
        home,
        '--url',
        runtime.url,
      ]);
      expect(stdout).toMatch(/✓ +flight-delay version 1/);
    }, 60_000);
  });
});

/** Verifies Signature Version 4 from its specification, apart from the library that signs. */
function isSigned(request: http.IncomingMessage, body: Buffer): boolean {
  const found =
    /^AWS4-HMAC-SHA256 Credential=(\S+?)\/(\d{8})\/(\S+?)\/(\S+?)\/aws4_request, SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      request.headers.authorization ?? '',
    );
  if (!found) return false;
  const [, key, date, region, service, names, signature] = found as unknown as string[];
  if (key !== KEYS.AWS_ACCESS_KEY_ID || region !== 'eu-central-1' || service !== 'execute-api') return false;
  if (!names!.split(';').includes('host')) return false;
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  const hmac = (with_: string | Buffer, data: string): Buffer => createHmac('sha256', with_).update(data).digest();
  const url = new URL(request.url!, 'http://host');
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = names!
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim().replace(/\s+/g, ' ')}\n`);
  const canonical = [
    request.method,
    url.pathname.split('/').map(encode).join('/'),
    query,
    headers.join(''),
    names,
    sha256(body),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const signing = [date!, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${KEYS.AWS_SECRET_ACCESS_KEY}`,
  );
  return createHmac('sha256', signing).update(toSign).digest('hex') === signature;
}
