import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROW = /^\| \*\*(.+?)\*\* \| (.+) \| (.+) \| (.+) \|$/gm;

const rows = [...readFileSync('docs/glossary.md', 'utf8').matchAll(ROW)].map(([, word, , code]) => ({
  word: word!,
  paths: [...code!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!),
}));

describe('docs/glossary.md', () => {
  it('explains the words of the project', () => {
    expect(rows.length).toBeGreaterThan(90);
    for (const { word, paths } of rows) expect(paths, word).not.toEqual([]);
  });

  it('names places that exist', () => {
    const missing = rows.flatMap(({ paths }) => paths).filter((path) => !existsSync(path));
    expect(missing).toEqual([]);
  });

  it('has each word once, in the order of the alphabet', () => {
    const words = rows.map(({ word }) => word.toLowerCase());
    expect(words).toEqual([...new Set(words)].sort());
  });
});
