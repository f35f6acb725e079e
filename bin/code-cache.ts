import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * V8 compiles a bundle's functions one by one as they are first called, which is a good part of a cold start. What it
 * has compiled can be kept: a bundle is run once at build time, and its compiled code is put beside it. V8 takes it
 * only when its own version is the same, and compiles as ever when it is not: the cache can make a start no worse.
 */
export interface CodeCacheOptions {
  /** The bundle, CommonJS. It is moved to `function.js`; a loader takes its place. */
  readonly index: string;
  /** Invocations that call what a cold start calls. Their results do not matter. */
  readonly events: readonly unknown[];
  /** Environment of those invocations. */
  readonly env: Readonly<Record<string, string>>;
  /** Node that runs it: the version that the function will run on. @default this one */
  readonly node?: string;
}

/** Written without a template: what a loader costs is paid at every start. */
const LOADER = `'use strict';
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const file = __dirname + '/function.js';
let cachedData;
try {
  cachedData = readFileSync(__dirname + '/function.cache');
} catch {}
const source = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'utf8') + '\\n})';
const script = new Script(source, { filename: file, cachedData });
script.runInThisContext().call(exports, exports, require, module, file, __dirname);
`;

/** Runs the bundle as the loader does, then writes what V8 has compiled by then. */
const RECORDER = `'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');
const { folder, events } = JSON.parse(process.argv[1]);
const file = folder + '/function.js';
const source = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'utf8') + '\\n})';
const script = new Script(source, { filename: file });
const module_ = { exports: {} };
script.runInThisContext().call(module_.exports, module_.exports, createRequire(file), module_, file, folder);
(async () => {
  for (const event of events) await Promise.resolve(module_.exports.handler(event, {})).catch(() => undefined);
  writeFileSync(folder + '/function.cache', script.createCachedData());
  process.exit(0);
})();
`;

/** Gives a bundle its code cache. @throws when the bundle cannot be loaded */
export async function addCodeCache(options: CodeCacheOptions): Promise<void> {
  const folder = path.dirname(path.resolve(options.index));
  await rename(options.index, path.join(folder, 'function.js'));
  await promisify(execFile)(
    options.node ?? process.execPath,
    ['-e', RECORDER, JSON.stringify({ folder, events: options.events })],
    {
      env: { ...process.env, ...options.env },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  await writeFile(options.index, LOADER);
}
