import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../platform/make-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('makes a folder with those above it, and says the topmost that it made', () => {
  const folder = temporaryFolder('make-folder');
  expect(makeFolder(path.join(folder, 'a', 'b'))).toBe(path.join(folder, 'a'));
  expect(existsSync(path.join(folder, 'a', 'b'))).toBe(true);
  expect(makeFolder(path.join(folder, 'a', 'b'))).toBeUndefined();
});

it('refuses a file, what is below one, and a place that takes no folder', () => {
  const file = path.join(temporaryFolder('make-folder'), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(file, 'a', 'b'))).toThrow(/ENOTDIR/);
  if (process.platform === 'linux') expect(() => makeFolder('/proc/x/y')).toThrow(/ENOENT/);
});
