import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, serve } from '../../server/http/http-server.ts';
import { PIPELINE, Stand } from '../functions/infer/stand.ts';
import { clientPython } from './python.ts';

const python = clientPython('boto3', 'the AWS SDK for Python');

describe.skipIf(python === undefined)("SageMaker's own client", () => {
  let stand: Stand;
  let server: HttpServer;
  beforeAll(async () => {
    stand = await Stand.open();
    await stand.release(PIPELINE, 'pipeline');
    server = await serve(await stand.endpoint(), { port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await stand.close();
  });

  it('gets its answers over a socket in each format, and its errors by their names', async () => {
    const script = path.resolve('test/clients/sagemaker_client.py');
    const { stdout } = await promisify(execFile)(python!, [script, server.url]);
    expect(stdout).toBe('done\n');
  }, 120_000);
});
