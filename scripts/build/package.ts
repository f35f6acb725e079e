// Builds what the package holds in place of its sources: run by `npm pack` and `npm publish` (prepack).

import { rm, writeFile } from 'node:fs/promises';
import { type BuildOptions, build } from 'esbuild';
import { FUNCTIONS } from '../../functions/index.ts';
import { LAYERS } from '../../layers/build.ts';
import { declareApi } from '../docs/api-report.ts';
import { isMain } from '../lib/is-main.ts';
import { buildFunctions, buildLayers, compileFunctions } from './functions.ts';
import { licensesOf, packagesOf } from './licenses.ts';
import { nativeLibraries } from './native-libraries-plugin.ts';
import { sbomOf } from './sbom.ts';

const LIBRARY = 'dist/lib';
const ARCHITECTURES = ['x64', 'arm64'] as const;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  keepNames: true,
  metafile: true,
  logLevel: 'error',
  // CommonJS has no import.meta.
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
} as const satisfies BuildOptions;

/**
 * The constructs as one CommonJS file, as aws-cdk-lib itself is: it can be imported and required alike, by every Node
 * and every test runner.
 */
const CONSTRUCTS: BuildOptions = {
  ...COMMON,
  entryPoints: { index: 'infra/index.ts' },
  outdir: LIBRARY,
  outExtension: { '.js': '.cjs' },
  // What the declarations name must be the app's own.
  external: ['aws-cdk-lib', 'constructs', 'zod'],
};

/** The command with everything but the libraries that hold native code, which it finds, and the processes that it starts. */
export const COMMAND = {
  ...COMMON,
  entryPoints: { trimtab: 'cli/main.ts', worker: 'platform/onnx/worker/entry.ts' },
  outdir: LIBRARY,
  outExtension: { '.js': '.cjs' },
  external: ['zod'],
  plugins: [nativeLibraries],
  // Identifiers stay as they are, and so do names: to keep them besides, every closure of a request would be named anew.
  keepNames: false,
  minifySyntax: true,
  minifyWhitespace: true,
} satisfies BuildOptions;

/** The functions, only to learn what goes into them. */
const HANDLERS: BuildOptions = {
  ...COMMON,
  entryPoints: FUNCTIONS.map(({ name }) => `functions/${name}/handler.ts`),
  outdir: LIBRARY,
  write: false,
  external: ['@duckdb/node-api', '*.node'],
};

const isInstalled = (file: string): boolean => file.includes('node_modules/');

/** Builds all of it. */
async function main(): Promise<void> {
  await rm(LIBRARY, { recursive: true, force: true });
  await declareApi();
  const built = [await build(CONSTRUCTS), await build(COMMAND), await build(HANDLERS)];
  await buildFunctions();
  await compileFunctions();
  for (const architecture of ARCHITECTURES) await buildLayers(architecture);
  const bundled = built.flatMap(({ metafile }) => Object.keys(metafile!.inputs));
  const layered = ARCHITECTURES.flatMap((a) => LAYERS.flatMap((layer) => layer.packages(a).map(({ name }) => name)));
  await writeFile('dist/sbom.cdx.json', `${JSON.stringify(sbomOf(bundled.filter(isInstalled), layered), null, 1)}\n`);
  await writeFile('dist/LICENSES.txt', licensesOf([...new Set([...packagesOf(bundled), ...layered])].sort()));
}

if (isMain(import.meta.url)) await main();
