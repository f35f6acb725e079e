import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { INT64, PIPELINE, Stand, TREE } from '../functions/infer/stand.ts';

const VENV = '.cache/clients';
const PYTHON = path.resolve(VENV, 'bin/python');
/** Nothing but Node may be needed for the tests: without the client they say how to get it. */
const missing = !existsSync(PYTHON);
if (missing)
  process.stderr.write(
    `skipped: Triton's client is not here; python3 -m venv ${VENV} && ${VENV}/bin/pip install -r test/clients/requirements.txt\n`,
  );

describe.skipIf(missing)("Triton's own client", () => {
  let stand: Stand;
  let server: HttpServer;
  beforeAll(async () => {
    stand = await Stand.open();
    await stand.release(TREE, 'tree-30');
    await stand.release(PIPELINE, 'pipeline');
    await stand.release(INT64, 'int64');
    server = await serve(await stand.endpoint(), { port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await stand.close();
  });

  it('gets what it asks for over a socket: in JSON and in binary, packed and plain, with every digit', async () => {
    const script = path.resolve('test/clients/triton_client.py');
    const { stdout } = await promisify(execFile)(PYTHON, [script, server.url.replace('http://', '')]);
    expect(stdout).toBe('done\n');
  }, 120_000);
});
