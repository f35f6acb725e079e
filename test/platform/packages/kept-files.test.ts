import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { areIntact, listFiles } from '../../../platform/packages/kept-files.ts';
import { locateNative } from '../../../platform/packages/native-library.ts';
import { NATIVE_LIBRARIES } from '../../../platform/packages/native-packages.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('files that were fetched', () => {
  let folder: string;
  const file = () => path.join(folder, 'deep', 'library.node');
  const long = new Date('2026-01-01T00:00:00Z');
  beforeEach(() => {
    folder = temporaryFolder('kept');
    mkdirSync(path.join(folder, 'deep'));
    writeFileSync(file(), Buffer.alloc(1_000, 7));
    utimesSync(file(), long, long);
    listFiles(folder);
  });

  it('are intact as they were listed, also where they were written anew the same', () => {
    expect(areIntact(folder)).toBe(true);
    writeFileSync(file(), Buffer.alloc(1_000, 7));
    expect(areIntact(folder)).toBe(true);
    expect(areIntact(folder, 'all')).toBe(true);
  });

  it('are not where one was overwritten in part, cut short or is gone, or the list is', () => {
    const damaged = Buffer.alloc(1_000, 7).fill(255, 100, 164);
    writeFileSync(file(), damaged);
    expect(areIntact(folder)).toBe(false);
    // What leaves no trace in the time of the file is found by whoever reads all.
    utimesSync(file(), long, long);
    expect([areIntact(folder), areIntact(folder, 'all')]).toEqual([true, false]);
    writeFileSync(file(), damaged.subarray(1));
    expect(areIntact(folder)).toBe(false);
    expect(areIntact(path.join(folder, 'nothing'))).toBe(false);
    writeFileSync(path.join(folder, 'files.json'), '{');
    expect(areIntact(folder)).toBe(false);
  });

  it('are fetched again where they are damaged, which is said', () => {
    const [library] = NATIVE_LIBRARIES;
    const { name, version } = library!.packages('linux-x64')[0]!;
    const cache = path.join(folder, 'cache');
    const kept = path.join(cache, `${name}-${version}-${process.platform}-${process.arch}`);
    const beside = path.join(folder, 'elsewhere', 'index.cjs');
    mkdirSync(kept, { recursive: true });
    writeFileSync(path.join(kept, 'library.node'), 'x');
    listFiles(kept);
    const said: string[] = [];
    const locate = () => locateNative(library!, { beside, cache, announce: (text) => said.push(text) });
    expect(locate()).toBe(path.join(kept, 'node_modules', 'trimtab.cjs'));
    expect(said).toEqual([]);
    writeFileSync(path.join(kept, 'library.node'), 'xy');
    // There is no npm to fetch it with.
    const { PATH } = process.env;
    process.env.PATH = folder;
    try {
      expect(locate).toThrow('there is no npm on the PATH');
    } finally {
      process.env.PATH = PATH;
    }
    expect(said[0]).toBe(`what was fetched of ${name} is damaged, it is fetched again`);
  });
});
