import { existsSync, readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

/** Sources that say what users see: commands, options, keys of manifests, metrics, headers, object keys. */
const SOURCES = ['core', 'cli', 'functions', 'infra', 'platform', 'server', 'usecases'];

const ROW = /^\| \*\*(.+?)\*\* \| (.+) \| (.+) \| (.+) \|$/gm;

const rows = [...readFileSync('docs/glossary.md', 'utf8').matchAll(ROW)].map(([, word, , code, visible]) => ({
  word: word!,
  visible: [...visible!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
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

  it('names what users see by words that the program has', () => {
    const source = globSync(SOURCES.map((folder) => `${folder}/**/*.ts`))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const words = new Set(source.match(/[A-Za-z]+/g));
    const unknown = rows.flatMap(({ visible }) =>
      visible.filter((name) =>
        (name.replaceAll(/<[^>]*>/g, '').match(/[A-Za-z]+/g) ?? []).some((word) => !words.has(word)),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('has each word once, in the order of the alphabet', () => {
    const words = rows.map(({ word }) => word.toLowerCase());
    expect(words).toEqual([...new Set(words)].sort());
  });
});
