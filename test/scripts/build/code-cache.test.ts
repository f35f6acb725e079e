import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addLoader, writeCodeCache } from '../../../scripts/build/code-cache.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

let folder: string;
let index: string;
beforeEach(async () => {
  folder = temporaryFolder('cache');
  index = path.join(folder, 'index.js');
  await writeFile(
    index,
    "const { join } = require('node:path');\nexports.handler = async (event) => ({ folder: __dirname, seen: event, env: process.env.SEEN, joined: join('a', 'b') });",
  );
});
afterEach(() => vi.unstubAllEnvs());

async function addCodeCache(events: readonly unknown[]): Promise<void> {
  await addLoader(folder);
  await writeCodeCache(folder, { warmups: [{ env: { SEEN: 'while recording' }, events }] });
}
const CACHE = `function.${process.arch}.cache`;

/** What a fresh process gets from the function. */
const invoke = async (): Promise<unknown> => {
  const [loaded] = [path.join(folder, 'index.mjs'), index].filter(existsSync);
  const script = `import(${JSON.stringify(loaded)}).then(({ handler }) => handler({ a: 1 })).then((result) => console.log(JSON.stringify(result)))`;
  return JSON.parse((await promisify(execFile)(process.execPath, ['-e', script])).stdout);
};

describe('compiled code', () => {
  it('leaves a function that answers as before, with its cache beside it', async () => {
    const before = await invoke();
    await addCodeCache([{}]);
    expect(await invoke()).toEqual(before);
    expect((await stat(path.join(folder, CACHE))).size).toBeGreaterThan(100);
    expect(await readFile(path.join(folder, 'index.mjs'), 'utf8')).toContain('.cache');
  });

  it('does not mind a cache that is missing, damaged or of another version', async () => {
    const before = await invoke();
    await addCodeCache([]);
    const cache = path.join(folder, CACHE);
    const good = await readFile(cache);
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      good.subarray(0, good.length >> 1),
      Buffer.from(good).fill(0, 0, 16),
    ]) {
      await writeFile(cache, bad);
      expect(await invoke()).toEqual(before);
    }
    await rm(cache);
    expect(await invoke()).toEqual(before);
  });

  it('is loaded when what the function opens is open', async () => {
    await writeFile(
      index,
      'let open = false; exports.ready = new Promise((resolve) => setTimeout(() => resolve(open = true), 50)); exports.handler = async () => open;',
    );
    await addCodeCache([]);
    expect(await invoke()).toBe(true);
  });

  it('records what an invocation that fails has called, too', async () => {
    await writeFile(
      index,
      "exports.handler = async (event) => { if (event.fail) throw new Error('no'); return event; };",
    );
    await addCodeCache([{ fail: true }]);
    expect(await invoke()).toEqual({ a: 1 });
  });

  it('is recorded without what a person has set for AWS and Trimtab', async () => {
    const seen = path.join(folder, 'seen.json');
    const names = ['AWS_PROFILE', 'TRIMTAB_URL'];
    await writeFile(
      index,
      `require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(${JSON.stringify(names)}.filter((name) => process.env[name])));`,
    );
    for (const name of names) vi.stubEnv(name, 'mine');
    await addCodeCache([]);
    expect(JSON.parse(await readFile(seen, 'utf8'))).toEqual([]);
  });

  it('fails the build when the bundle cannot be loaded', async () => {
    await writeFile(index, "throw new Error('broken bundle')");
    await expect(addCodeCache([])).rejects.toThrow('broken bundle');
  });
});
