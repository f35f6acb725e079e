import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { replaceFolder } from '../../../scripts/build/replace-folder.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('replaceFolder', () => {
  let root: string;
  const at = (...parts: string[]): string => path.join(root, ...parts);
  const write = (folder: string, files: Readonly<Record<string, string>>): string => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(at(folder, file)), { recursive: true });
      writeFileSync(at(folder, file), text);
    }
    return at(folder);
  };
  const replace = (files: Readonly<Record<string, string>>) =>
    replaceFolder(at('dist/functions'), write('dist/functions.1', files), /\.cache$/);

  beforeEach(() => {
    root = temporaryFolder('replace');
  });

  it('puts a folder where there is none', async () => {
    await replace({ 'infer/index.js': '1' });
    expect(readFileSync(at('dist/functions/infer/index.js'), 'utf8')).toBe('1');
    expect(readdirSync(at('dist'))).toEqual(['functions']);
  });

  it('leaves the same alone, and what was made beside it', async () => {
    write('dist/functions', { 'infer/index.js': '1', 'infer/function.x64.cache': 'compiled' });
    const { ino } = statSync(at('dist/functions/infer/index.js'));
    await replace({ 'infer/index.js': '1' });
    expect(statSync(at('dist/functions/infer/index.js')).ino).toBe(ino);
    expect(existsSync(at('dist/functions/infer/function.x64.cache'))).toBe(true);
    expect(readdirSync(at('dist'))).toEqual(['functions']);
  });

  it.each([
    ['another content', { 'infer/index.js': '2' }],
    ['a file more', { 'infer/index.js': '1', 'drift/index.js': '1' }],
    ['another name', { 'drift/index.js': '1' }],
    ['a file less', {}],
  ])('takes away all that was there for %s', async (_, files) => {
    write('dist/functions', { 'infer/index.js': '1', 'infer/function.x64.cache': 'compiled' });
    mkdirSync(at('dist/functions.1'));
    await replace(files);
    const left = readdirSync(at('dist/functions'), { recursive: true }).filter((name) => /\.\w+$/.test(String(name)));
    expect(left.sort()).toEqual(Object.keys(files).sort());
    expect(readdirSync(at('dist'))).toEqual(['functions']);
  });

  it('lets several builds end at once', async () => {
    write('dist/functions', { 'infer/index.js': '1' });
    const builds = [1, 2, 3].map((i) => write(`dist/functions.${i}`, { 'infer/index.js': '2' }));
    await Promise.all(builds.map((built) => replaceFolder(at('dist/functions'), built, /\.cache$/)));
    expect(readFileSync(at('dist/functions/infer/index.js'), 'utf8')).toBe('2');
    expect(readdirSync(at('dist'))).toEqual(['functions']);
  });
});
