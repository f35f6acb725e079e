import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { INT64, KINDS, PIPELINE, ServingFixture, TREE } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Set by `npm run test:openapi`, which installs it. */
const SCHEMATHESIS = process.env.TRIMTAB_SCHEMATHESIS;
if (SCHEMATHESIS === undefined)
  process.stderr.write('skipped: requests that schemathesis makes of the OpenAPI document; npm run test:openapi\n');

describe.skipIf(SCHEMATHESIS === undefined)('The OpenAPI document', () => {
  let fixture: ServingFixture;
  let server: HttpServer;
  beforeAll(async () => {
    fixture = await ServingFixture.open();
    await fixture.release(TREE, 'tree-30');
    await fixture.release(PIPELINE, 'pipeline');
    await fixture.release(INT64, 'int64');
    await fixture.release(KINDS, 'kinds');
    server = await serve(await fixture.endpoint({ defaultModel: 'pipeline' }), { port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await fixture.close();
  });

  it('is kept by every answer to whatever schemathesis makes of it', async () => {
    // It keeps what it has learned in the folder that it is started in, and Python what it has compiled beside the hooks.
    const cwd = temporaryFolder('schemathesis');
    for (const file of ['schemathesis.toml', 'schemathesis_hooks.py'])
      await cp(path.join('test/clients', file), path.join(cwd, 'test/clients', file));
    const config = ['--config-file', 'test/clients/schemathesis.toml', '--no-color', 'run'];
    const options = ['--phases', 'examples,coverage,fuzzing', '--max-examples', '25', '--continue-on-failure'];
    const { status, said } = await new Promise<{ status: number | string; said: string }>((resolve) => {
      execFile(
        SCHEMATHESIS!,
        [...config, `${server.url}/openapi.json`, ...options, '--warnings', 'off', '--generation-deterministic'],
        { cwd, maxBuffer: 1 << 28 },
        (error, stdout, stderr) => resolve({ status: error?.code ?? 0, said: `${stdout}${stderr}` }),
      );
    });
    expect(status, said.slice(-20_000)).toBe(0);
    expect(said).toMatch(/\d+ generated, \d+ passed|No issues found/);
    process.stdout.write(`${said.slice(-800)}\n`);
  }, 1_800_000);
});
