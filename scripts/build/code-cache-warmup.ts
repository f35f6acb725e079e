import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Feature } from '../../core/contract/contract.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { readSignature } from '../../platform/onnx/model.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import type { WarmupRun } from './code-cache.ts';

/** A model whose contract has numbers, texts and missing values. */
const MODEL = path.join('models', 'flight-delay', 'v1');

/**
 * What a cold start of the inference function calls, in two parts, because a build reaches no AWS: an answer on a home
 * that is a folder, and the SDK with services that know nothing.
 *
 * @param work what is done while folder and services are there
 */
export async function withWarmupRuns(work: (warmups: readonly WarmupRun[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-warmup-'));
  const services = createServer((_, response) => response.end('{"Items":[],"Count":0,"ScannedCount":0}'));
  await new Promise<void>((resolve) => services.listen(0, '127.0.0.1', resolve));
  try {
    const home = path.join(folder, 'home');
    const request = await release(home);
    const shared = { TRIMTAB_CACHE: path.join(folder, 'cache'), NODE_PATH: path.resolve('node_modules') };
    const url = `http://127.0.0.1:${(services.address() as AddressInfo).port}`;
    await work([
      { env: { ...shared, TRIMTAB_HOME: home }, events: [httpEvent(request)] },
      { env: { ...shared, ...AWS, AWS_ENDPOINT_URL: url }, events: [httpEvent(request)] },
    ]);
  } finally {
    services.closeAllConnections();
    services.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const AWS = {
  TRIMTAB_HOME: 'aws',
  TRIMTAB_ENVIRONMENT: 'build',
  TRIMTAB_TABLE: 'table',
  TRIMTAB_ARTIFACTS_BUCKET: 'artifacts',
  TRIMTAB_DATA_BUCKET: 'data',
  TRIMTAB_CAPTURES_BUCKET: 'captures',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
};

/** Releases the model in a new home, and gives a request for it. */
async function release(folder: string): Promise<{ path: string; body: string }> {
  const home = await openLocalHome(folder);
  const registry = new Registry(home, 'build');
  const signature = await readSignature(path.join(MODEL, MODEL_FILES.model));
  const { manifest } = (await registry.register(MODEL, signature)).version;
  for (const type of ['approve', 'release'] as const)
    await registry.apply(manifest.name, { type, version: 1, reason: 'build' });
  await home.close();
  return {
    path: `/v2/models/${manifest.name}/infer`,
    body: JSON.stringify({ inputs: manifest.contract.features.map(inputOf) }),
  };
}

const inputOf = ({ name, type, min }: Feature) => ({
  name,
  shape: [1, 1],
  datatype: type === 'string' ? 'BYTES' : 'FP32',
  data: [type === 'string' ? 'UA' : (min ?? 0)],
});

const httpEvent = ({ path: rawPath, body }: { path: string; body: string }) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath,
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  requestContext: { stage: '$default', http: { method: 'POST', path: rawPath } },
  body,
  isBase64Encoded: false,
});
