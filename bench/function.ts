import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { addLoader, writeCodeCache } from '../bin/code-cache.ts';
import { openLocalHome } from '../platform/local/home.ts';
import { readSignature } from '../platform/onnx/model.ts';
import { Registry } from '../platform/registry.ts';

/** The tree model that is measured: 100 trees of depth 6 over 30 features. */
export const MODEL = path.resolve('test/fixtures/onnx/tree-30.onnx');

export interface Deployed {
  readonly folder: string;
  /** What Lambda would load. */
  readonly loader: string;
  /** The bundle itself. */
  readonly bundle: string;
  /** Environment that the function runs in. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Bundles the inference function as it is deployed, and releases the tree model in a local home. */
export async function deploy(): Promise<Deployed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-bench-'));
  const index = path.join(folder, 'function', 'index.js');
  const env = {
    TRIMTAB_HOME: path.join(folder, 'home'),
    TRIMTAB_MODELS: 'tree',
    TRIMTAB_CACHE: path.join(folder, 'cache'),
  };
  await bundle(index);
  await release(folder);
  await addLoader(path.dirname(index));
  await writeCodeCache(path.dirname(index), { rehearsals: [{ env, events: [event(1)] }] });
  return {
    folder,
    loader: path.join(folder, 'function', 'index.mjs'),
    bundle: path.join(folder, 'function', 'function.js'),
    env,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One CommonJS file; ONNX Runtime's JavaScript is inside, only its .node file stays where it is. */
async function bundle(index: string): Promise<void> {
  const native = path.resolve(
    'node_modules/onnxruntime-node/bin/napi-v6',
    process.platform,
    process.arch,
    'onnxruntime_binding.node',
  );
  await build({
    // ONNX Runtime can be initialised once in a process: whoever compares with bare runs takes it from the bundle.
    stdin: {
      contents: "export * from './functions/infer/handler.ts'; export * from './platform/onnx/runtime.ts';",
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    outfile: index,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    external: ['@aws-sdk/*', '*.node'],
    logLevel: 'error',
    plugins: [
      {
        name: 'native-binding-outside',
        setup: ({ onLoad }) =>
          onLoad({ filter: /onnxruntime-node[/\\]dist[/\\]binding\.js$/ }, async ({ path: file }) => ({
            contents: (await readFile(file, 'utf8')).replace(
              /require\(`[^`]*onnxruntime_binding\.node`\)/,
              `require(${JSON.stringify(native)})`,
            ),
          })),
      },
    ],
  });
  await writeFile(path.join(path.dirname(index), 'package.json'), '{"type":"commonjs"}');
}

async function release(folder: string): Promise<void> {
  const model = path.join(folder, 'model');
  await cp(MODEL, path.join(model, 'model.onnx'));
  const features = Array.from({ length: 30 }, (_, i) => ({
    name: `feature_${i}`,
    type: 'float',
    min: -100,
    max: 100,
    input: 'features',
    index: i,
  }));
  const decision = { task: 'binary', output: 'probabilities', column: 1 };
  await writeFile(path.join(model, 'model.json'), JSON.stringify({ name: 'tree', contract: { features }, decision }));
  const home = await openLocalHome(path.join(folder, 'home'));
  const registry = new Registry(home, 'bench');
  await registry.register(model, await readSignature(MODEL));
  await registry.apply('tree', { type: 'approve', version: 1, reason: 'bench' });
  await registry.apply('tree', { type: 'release', version: 1, reason: 'bench' });
  await home.close();
}

/** Rows of features with four decimals, the same in every run. */
export function features(rows: number): number[] {
  let state = 12_345;
  return Array.from({ length: rows * 30 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round((state / 0x7fff_ffff) * 40_000 - 20_000) / 10_000;
  });
}

/** An inference request as an HTTP API sends it. */
export const event = (rows: number) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/v2/models/tree/infer',
  rawQueryString: '',
  headers: {
    'content-type': 'application/json',
    host: 'abc.execute-api.eu-central-1.amazonaws.com',
    'user-agent': 'bench',
  },
  requestContext: {
    accountId: '123456789012',
    apiId: 'abc',
    domainName: 'abc.execute-api.eu-central-1.amazonaws.com',
    http: {
      method: 'POST',
      path: '/v2/models/tree/infer',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'bench',
    },
    requestId: 'r',
    routeKey: '$default',
    stage: '$default',
    timeEpoch: 1_700_000_000_000,
  },
  body: JSON.stringify({ inputs: [{ name: 'features', shape: [rows, 30], datatype: 'FP32', data: features(rows) }] }),
  isBase64Encoded: false,
});
