import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { duckdb } from './duckdb/layer.ts';
import type { Architecture, LayerDefinition, LayerPackage } from './layer.ts';
import { onnxruntime } from './onnxruntime/layer.ts';

export const LAYERS: readonly LayerDefinition[] = [onnxruntime, duckdb];

/** A layer cannot be built as it must be. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

export interface BuiltLayer {
  /** The .zip to publish. */
  readonly file: string;
  /** SHA-256 of the .zip: the same on every machine, for the same package-lock.json. */
  readonly sha256: string;
  /** Unpacked, in bytes. */
  readonly bytes: number;
}

/** Bumped when this script would make another file of the same packages. */
const FORMAT = 1;
/** Every entry of the archive has this time (the earliest that a .zip can hold), so that the hash never moves. */
const TIME = new Date(1980, 0, 1);

/**
 * Builds a layer, or takes the one that is there when nothing it is made of has changed.
 *
 * @param target folder for the archive
 * @throws LayerError when a needed file is absent or the layer is over its budget
 */
export function buildLayer(
  definition: LayerDefinition,
  architecture: Architecture,
  target: string,
  { root = process.cwd(), fresh = false } = {},
): BuiltLayer {
  const packages = definition.packages(architecture);
  const versions = packages.map(({ name }) => `${name}@${lockedVersion(root, name)}`);
  const recipe = JSON.stringify({ FORMAT, versions, packages });
  const file = path.join(target, `${definition.name}-${architecture}.zip`);
  const record = `${file}.json`;
  if (!fresh && existsSync(file) && existsSync(record)) {
    const known = JSON.parse(readFileSync(record, 'utf8')) as BuiltLayer & { recipe: string };
    if (known.recipe === recipe) return { file, sha256: known.sha256, bytes: known.bytes };
  }
  const files: [name: string, content: Uint8Array][] = [];
  for (const taken of packages) {
    const folder = packageFolder(root, taken.name, lockedVersion(root, taken.name), architecture);
    files.push(
      ...filesOf(folder, taken).map(
        ([name, content]) => [`nodejs/node_modules/${taken.name}/${name}`, content] as [string, Uint8Array],
      ),
    );
  }
  const bytes = files.reduce((sum, [, content]) => sum + content.length, 0);
  if (bytes > definition.budgetMb * 1e6)
    throw new LayerError(
      `layer ${definition.name} for ${architecture} is ${(bytes / 1e6).toFixed(1)} MB unpacked, at most ${definition.budgetMb} MB are allowed`,
    );
  const entries: Zippable = {};
  for (const [name, content] of files.sort(([a], [b]) => (a < b ? -1 : 1)))
    entries[name] = [content, { mtime: TIME, level: 9, os: 3, attrs: 0o644 << 16 }];
  const archive = zipSync(entries);
  mkdirSync(target, { recursive: true });
  const built = { sha256: createHash('sha256').update(archive).digest('hex'), bytes };
  writeWhole(file, archive);
  writeWhole(record, JSON.stringify({ ...built, recipe }));
  return { file, ...built };
}

/** Another process may read the file, or build it too. */
function writeWhole(file: string, content: Uint8Array | string): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, content);
  renameSync(partial, file);
}

/** Version of a package in package-lock.json: layers hold what the tests ran with. */
function lockedVersion(root: string, name: string): string {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version === undefined) throw new LayerError(`package-lock.json knows no ${name}`);
  return version;
}

/** Where a package is: installed, or for another processor fetched once into the cache. No install script runs. */
function packageFolder(root: string, name: string, version: string, architecture: Architecture): string {
  const installed = path.join(root, 'node_modules', name);
  if (existsSync(path.join(installed, 'package.json'))) return installed;
  const cache = path.join(root, '.cache', 'layers', `${name.replace('/', '+')}-${version}`);
  const folder = path.join(cache, 'node_modules', name);
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  mkdirSync(path.dirname(cache), { recursive: true });
  // Several may install it at once; the last step is a rename.
  const work = mkdtempSync(`${cache}-`);
  try {
    writeFileSync(path.join(work, 'package.json'), '{"private":true}');
    execFileSync(
      'npm',
      [
        'install',
        '--ignore-scripts',
        '--no-save',
        '--force',
        '--loglevel=error',
        '--os=linux',
        `--cpu=${architecture}`,
        `${name}@${version}`,
      ],
      { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    if (!existsSync(path.join(folder, 'package.json'))) rmSync(cache, { recursive: true, force: true });
    renameSync(work, cache);
  } catch (error) {
    if (!existsSync(path.join(folder, 'package.json'))) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function filesOf(folder: string, { name, files, needed }: LayerPackage): [string, Uint8Array][] {
  const found = files
    .flatMap((file) => walk(folder, file))
    .filter((file) => !file.endsWith('.map') && !file.endsWith('.d.ts'));
  const missing = needed.filter((file) => !found.includes(file));
  if (missing.length > 0) throw new LayerError(`${name} has no ${missing.join(', ')}: was its binding installed?`);
  return found.map((file) => [file, readFileSync(path.join(folder, file))]);
}

function walk(folder: string, file: string): string[] {
  const full = path.join(folder, file);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [file];
  return readdirSync(full).flatMap((child) => walk(folder, `${file}/${child}`));
}
