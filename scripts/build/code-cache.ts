import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** One time that a bundle is loaded and called while what V8 compiles is recorded. */
export interface WarmupRun {
  /** Environment of the bundle. */
  readonly env: Readonly<Record<string, string>>;
  /** Invocations that call what a cold start calls. Their results do not matter. */
  readonly events: readonly unknown[];
}

export interface CodeCacheOptions {
  /** What is recorded, one after the other in one process. */
  readonly warmups: readonly WarmupRun[];
  /** Node that the function will run on. @default this one */
  readonly node?: string;
  /** Arguments that it will be started with: V8 takes a cache only where its flags are the same. @default [] */
  readonly flags?: readonly string[];
}

/** An ES module, for only such can wait; what it loads is CommonJS, for only such sees a layer. */
const LOADER = `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
const folder = import.meta.dirname;
const file = folder + '/function.js';
let cachedData;
try {
  cachedData = readFileSync(folder + '/function.' + process.arch + '.cache');
} catch {}
const source = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'utf8') + '\\n})';
const script = new Script(source, { filename: file, cachedData });
const require = createRequire(import.meta.url);
const module = { exports: {}, require };
script.runInThisContext().call(module.exports, module.exports, require, module, file, folder);
await module.exports.ready;
export const handler = module.exports.handler;
`;

/** Loads the bundle as the loader does, then writes what V8 has compiled by then. */
const RECORDER = `'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');
const { folder, warmups } = JSON.parse(process.argv[1]);
const file = folder + '/function.js';
const source = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'utf8') + '\\n})';
// V8 keeps the name: that of Lambda, and not of a folder here.
const script = new Script(source, { filename: '/var/task/function.js' });
(async () => {
  for (const { env, events } of warmups) {
    Object.assign(process.env, env);
    const module_ = { exports: {} };
    script.runInThisContext().call(module_.exports, module_.exports, createRequire(file), module_, file, folder);
    for (const event of events) await Promise.resolve(module_.exports.handler(event, {})).catch(() => undefined);
  }
  writeFileSync(folder + '/function.' + process.arch + '.cache', script.createCachedData());
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
`;

/**
 * V8 compiles a bundle's functions one by one as they are first called, which is a good part of a cold start. What it
 * has compiled can be kept beside the bundle: this moves `index.js` to `function.js`, and writes a loader `index.mjs`
 * that hands V8 the file of this processor, `function.x64.cache`, where there is one.
 *
 * The loader also waits for what the bundle exports as `ready`, if anything. A function that is started before anybody
 * asks is frozen as soon as it has loaded: what it opens should be open by then.
 */
export async function addLoader(folder: string): Promise<void> {
  await rename(path.join(folder, 'index.js'), path.join(folder, 'function.js'));
  await writeFile(path.join(folder, 'index.mjs'), LOADER);
}

/**
 * Loads and calls a bundle that has a loader, and writes what V8 has compiled beside it. V8 takes that only when its own
 * version and flags are the same, and compiles as ever when they are not. No two runs write the same.
 *
 * @throws when the bundle cannot be loaded
 */
export async function writeCodeCache(folder: string, options: CodeCacheOptions): Promise<void> {
  const { warmups, node = process.execPath, flags = [] } = options;
  const args = [...flags, '-e', RECORDER, JSON.stringify({ folder: path.resolve(folder), warmups })];
  // What Node itself reads, it reads when it starts. What a person has set for their own use, a profile of AWS above all,
  // is not for the function.
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|TRIMTAB)_/.test(name));
  const env = { ...Object.fromEntries(own), ...warmups[0]?.env };
  await promisify(execFile)(node, args, { env, maxBuffer: 64 * 1024 * 1024 });
}
