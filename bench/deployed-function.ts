import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { openLocalHome } from '../platform/local/home.ts';
import { MODEL_FILES } from '../platform/model-folder.ts';
import { withExamined } from '../platform/onnx/examine.ts';
import { addLoader, writeCodeCache } from '../scripts/build/code-cache.ts';
import { leanMiddy } from '../scripts/build/esbuild-middy-plugin.ts';
import { BUNDLING } from '../scripts/build/esbuild-options.ts';
import { FLOAT, model, node, valueInfo } from '../test/fixtures/onnx/write.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { rehearseCandidate } from '../usecases/rehearsal/rehearse-candidate.ts';

/** The tree model that is measured: 100 trees of depth 6 over 30 features. */
export const TREE_MODEL = path.resolve('test/fixtures/onnx/tree-30.onnx');

export interface Deployed {
  readonly folder: string;
  /** What Lambda would load. */
  readonly loader: string;
  /** The bundle itself. */
  readonly bundle: string;
  /** The file of the model over images. */
  readonly image: string;
  /** Environment that the function runs in. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export interface DeployOptions {
  /** Whether a model over images is released beside the tree. @default false */
  readonly image?: boolean;
}

/** Bundles the inference function as it is deployed, and releases the tree model in a local home. */
export async function deploy({ image = false }: DeployOptions = {}): Promise<Deployed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-bench-'));
  const index = path.join(folder, 'function', 'index.js');
  const env = {
    TRIMTAB_HOME: path.join(folder, 'home'),
    TRIMTAB_MODELS: image ? 'tree,image' : 'tree',
    TRIMTAB_CACHE: path.join(folder, 'cache'),
  };
  await bundle(index);
  await release(folder, 'tree', await readFile(TREE_MODEL), TREE);
  const imageFile = path.join(folder, 'image', 'model.onnx');
  if (image) await release(folder, 'image', poolModel(), { contract: { features: [] } });
  await addLoader(path.dirname(index));
  await writeCodeCache(path.dirname(index), { warmups: [{ env, events: [event(1)] }] });
  return {
    folder,
    loader: path.join(folder, 'function', 'index.mjs'),
    bundle: path.join(folder, 'function', 'function.js'),
    image: imageFile,
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
    ...BUNDLING,
    // ONNX Runtime can be initialised once in a process: whoever compares with bare runs takes it from the bundle.
    stdin: {
      contents:
        "export * from './functions/infer/handler.ts'; export { InferenceSession, Tensor } from 'onnxruntime-node';",
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    outfile: index,
    external: ['@aws-sdk/*', '*.node'],
    plugins: [
      leanMiddy,
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

const TREE = {
  contract: {
    features: Array.from({ length: 30 }, (_, i) => ({
      name: `feature_${i}`,
      type: 'float',
      min: -100,
      max: 100,
      input: 'features',
      index: i,
    })),
  },
  decision: { task: 'binary', output: 'probabilities', column: 1 },
};

/** The means of an image's channels: a run that costs next to nothing over an input that does. */
const poolModel = (): Buffer =>
  model({
    nodes: [node('GlobalAveragePool', ['image'], ['means'])],
    inputs: [valueInfo('image', FLOAT, ['n', 3, 224, 224])],
    outputs: [valueInfo('means', FLOAT, ['n', 3, 1, 1])],
  });

/** As many requests as an endpoint asks a version about when it loads it. */
const rehearsal = (): object[] => {
  const flat = features(8);
  return Array.from({ length: 8 }, (_, row) => ({ features: flat.slice(row * 30, row * 30 + 30) }));
};

async function release(folder: string, name: string, file: Buffer, manifest: object): Promise<void> {
  const from = path.join(folder, name);
  const onnx = path.join(from, 'model.onnx');
  await mkdir(from);
  await writeFile(onnx, file);
  await writeFile(path.join(from, 'model.json'), JSON.stringify({ name, ...manifest }));
  if (manifest === TREE)
    await writeFile(
      path.join(from, MODEL_FILES.example),
      rehearsal()
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
  const home = await openLocalHome(path.join(folder, 'home'));
  const registry = new Registry(home, 'bench');
  await withExamined(onnx, ({ signature, open }) =>
    registry.register(from, signature, { prepare: (candidate) => rehearseCandidate(candidate, open) }),
  );
  await registry.apply(name, { type: 'approve', version: 1, reason: 'bench' });
  await registry.apply(name, { type: 'release', version: 1, reason: 'bench' });
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

const HOST = 'abc.execute-api.eu-central-1.amazonaws.com';

/** A request as an HTTP API sends it: text as it is, bytes as base64. */
const post = (at: string, body: string | Buffer, headers: Record<string, string> = {}) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: at,
  rawQueryString: '',
  headers: { 'content-type': 'application/json', host: HOST, 'user-agent': 'bench', ...headers },
  requestContext: {
    accountId: '123456789012',
    apiId: 'abc',
    domainName: HOST,
    http: { method: 'POST', path: at, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
    requestId: 'r',
    routeKey: '$default',
    stage: '$default',
    timeEpoch: 1_700_000_000_000,
  },
  body: typeof body === 'string' ? body : body.toString('base64'),
  isBase64Encoded: typeof body !== 'string',
});

/** Rows for the tree, by v2. */
export const event = (rows: number) =>
  post(
    '/v2/models/tree/infer',
    JSON.stringify({ inputs: [{ name: 'features', shape: [rows, 30], datatype: 'FP32', data: features(rows) }] }),
  );

/** Rows for the tree, by v1. */
export function eventV1(rows: number) {
  const flat = features(rows);
  const instances = Array.from({ length: rows }, (_, row) => flat.slice(row * 30, row * 30 + 30));
  return post('/v1/models/tree:predict', JSON.stringify({ instances }));
}

export const IMAGE_SHAPE = [1, 3, 224, 224];

/** An image as a normalised tensor, in JSON. */
export const imageEvent = (pixels: readonly number[]) =>
  post(
    '/v2/models/image/infer',
    JSON.stringify({ inputs: [{ name: 'image', shape: IMAGE_SHAPE, datatype: 'FP32', data: pixels }] }),
  );

/** The same as bytes behind the JSON. */
export function binaryImageEvent(pixels: readonly number[]) {
  const bytes = Buffer.from(Float32Array.from(pixels).buffer);
  const head = JSON.stringify({
    inputs: [{ name: 'image', shape: IMAGE_SHAPE, datatype: 'FP32', parameters: { binary_data_size: bytes.length } }],
  });
  return post('/v2/models/image/infer', Buffer.concat([Buffer.from(head), bytes]), {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  });
}
