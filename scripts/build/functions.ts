// Builds what is deployed: every function as one file, and the layers. Run by `cdk` before each synth (cdk.json).

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { FUNCTIONS } from '../../functions/index.ts';
import { infer } from '../../functions/infer/trigger.ts';
import { replay } from '../../functions/replay/trigger.ts';
import { readEnvironments } from '../../infra/environments.ts';
import { buildLayer, LAYERS } from '../../layers/build.ts';
import type { Architecture } from '../../layers/layer.ts';
import { PackageUnavailable } from '../../platform/packages/pinned-package.ts';
import { isMain } from '../lib/is-main.ts';
import { addLoader, writeCodeCache } from './code-cache.ts';
import { leanMiddy } from './esbuild-middy-plugin.ts';
import { BUNDLING } from './esbuild-options.ts';
import { canRunLambdaNode, lambdaNode, lambdaNodeFlags } from './lambda-runtime.ts';
import { replaceFolder } from './replace-folder.ts';

/** What V8 has compiled of a bundle, which no two builds write alike. */
const COMPILED = /\.cache$/;

/**
 * ONNX Runtime's JavaScript goes into the bundle, for one file loads faster than many; only its binding stays in the
 * layer, found by the name of its package wherever layers are.
 */
const bindingInLayer: Plugin = {
  name: 'binding-in-layer',
  setup: ({ onLoad }) =>
    onLoad({ filter: /onnxruntime-node[/\\]dist[/\\]binding\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      const contents = source.replace(
        /require\(`[^`]*onnxruntime_binding\.node`\)/,
        'module.require("onnxruntime-node/bin/napi-v6/" + process.platform + "/" + process.arch + "/onnxruntime_binding.node")',
      );
      if (contents === source) throw new Error('onnxruntime-node loads its binding another way than this build knows');
      return { contents };
    }),
};

/**
 * Bundles all functions to `<target>/<name>/index.js`. The inference function has a loader before it: somebody waits
 * for it to start. Where the same is there already it stays, and nobody who reads it sees half a build.
 */
export async function buildFunctions(target = 'dist/functions'): Promise<void> {
  const work = `${target}.${process.pid}`;
  await build({
    ...BUNDLING,
    entryPoints: {
      ...Object.fromEntries(FUNCTIONS.map(({ name }) => [`${name}/index`, `functions/${name}/handler.ts`])),
      // It runs models in processes of their own.
      [`${replay.name}/worker`]: 'platform/onnx/worker/entry.ts',
    },
    outdir: work,
    // Packages in layers are for `require` only, whenever they are loaded.
    supported: { 'dynamic-import': false },
    // The runtime has an SDK of its own, of whatever version; the one that was tested goes along.
    external: ['@duckdb/node-api', '*.node'],
    plugins: [bindingInLayer, leanMiddy],
  });
  for (const { name } of FUNCTIONS) await writeFile(path.join(work, name, 'package.json'), '{"type":"commonjs"}');
  await addLoader(path.join(work, infer.name));
  await replaceFolder(target, work, COMPILED);
}

/**
 * Puts what V8 compiles beside the inference function, by Lambda's own Node. Where that cannot be had or run, which it
 * says, the function starts as well, only later.
 */
export async function compileFunctions(target = 'dist/functions'): Promise<void> {
  try {
    if (!canRunLambdaNode) throw new PackageUnavailable("Lambda's Node runs on linux-x64 only");
    const node = lambdaNode();
    const flags = lambdaNodeFlags(infer.memoryMb);
    // It brings ONNX Runtime along.
    const { withWarmupRuns } = await import('./code-cache-warmup.ts');
    await withWarmupRuns((warmups) => writeCodeCache(path.join(target, infer.name), { warmups, node, flags }));
  } catch (error) {
    if (!(error instanceof PackageUnavailable)) throw error;
    console.log(`the inference function is built without compiled code: ${error.message}`);
  }
}

/** Builds the layers of one architecture, or takes those that are there. */
export async function buildLayers(architecture: Architecture, target = 'dist/layers'): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const layer of LAYERS) buildLayer(layer, architecture, target);
}

async function main(): Promise<void> {
  await buildFunctions();
  await compileFunctions();
  for (const architecture of new Set(readEnvironments().map((config) => config.architecture)))
    await buildLayers(architecture);
}

if (isMain(import.meta.url)) await main();
