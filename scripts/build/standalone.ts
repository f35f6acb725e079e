// Builds the standalone server as a folder that needs nothing but Node: what the container image holds.

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { unzipSync } from 'fflate';
import { buildLayer } from '../../layers/build.ts';
import type { Architecture } from '../../layers/layer.ts';
import { onnxruntime } from '../../layers/onnxruntime/layer.ts';
import { isMain } from '../lib/is-main.ts';
import { licensesOf, packagesOf } from './licenses.ts';
import { COMMAND } from './package.ts';

/** Files in a layer are below this folder. */
const LAYERED = 'nodejs/';

/**
 * Writes the command `bin/trimtab.mjs`, its bundles, and ONNX Runtime for one processor. DuckDB stays out: what serves
 * validates no files.
 *
 * @param target folder, emptied first
 */
export async function buildStandalone(target: string, architecture: Architecture): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(path.join(target, 'bin'), { recursive: true });
  const { metafile } = await build({
    ...COMMAND,
    outdir: path.join(target, 'dist', 'lib'),
    external: [],
  });
  await cp('bin/trimtab.mjs', path.join(target, 'bin', 'trimtab.mjs'));
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  const own = {
    name: 'trimtab',
    version,
    private: true,
    type: 'module',
    exports: { './package.json': './package.json' },
  };
  await writeFile(path.join(target, 'package.json'), `${JSON.stringify(own)}\n`);
  // The layer is ONNX Runtime without the other platforms, nine tenths of the package.
  const { file } = buildLayer(onnxruntime, architecture, 'dist/layers');
  for (const [name, content] of Object.entries(unzipSync(await readFile(file)))) {
    const to = path.join(target, name.slice(LAYERED.length));
    await mkdir(path.dirname(to), { recursive: true });
    await writeFile(to, content);
  }
  const names = [
    ...packagesOf(Object.keys(metafile!.inputs)),
    ...onnxruntime.packages(architecture).map((p) => p.name),
  ];
  await writeFile(path.join(target, 'LICENSES.txt'), licensesOf([...new Set(names)].sort()));
}

if (isMain(import.meta.url)) {
  const [architecture = process.arch] = process.argv.slice(2);
  if (architecture !== 'x64' && architecture !== 'arm64')
    throw new Error(`received processor ${architecture}, the server is built for x64 and arm64`);
  await buildStandalone('dist/standalone', architecture);
}
