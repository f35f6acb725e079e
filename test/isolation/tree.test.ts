import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { differences, readTree } from './tree.ts';

let root: string;
const at = (...parts: string[]): string => path.join(root, ...parts);
const put = (file: string, text: string): void => {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), text);
  utimesSync(at(file), 1, 1);
};

beforeEach(() => {
  root = temporaryFolder('tree');
  put('README.md', 'read me');
  put('my-model/model.json', '{}');
  put('.trimtab/ledger/m/000000001.json', '{}');
  put('node_modules/a/index.js', '1');
});

/** What a change is reported as: what was done, and to which file. */
function changes(change: () => void): string[] {
  const before = readTree(root);
  change();
  return differences(before, readTree(root)).map((line) => line.split(': ')[0]!);
}

describe('the comparison of a checkout with what it was', () => {
  it('reports nothing of one that nobody has touched', () => {
    expect(changes(() => undefined)).toEqual([]);
    expect(Object.keys(readTree(root).entries)).toEqual(
      expect.arrayContaining(['README.md', 'my-model/model.json', '.trimtab/ledger/m/000000001.json']),
    );
  });

  it.each<[string, () => void, string[]]>([
    ['more in a file', () => put('README.md', 'read me twice'), ['changed README.md']],
    ['as much in a file', () => writeFileSync(at('README.md'), 'READ ME'), ['changed README.md']],
    ['a time of the last write', () => utimesSync(at('README.md'), 1, 2), ['changed README.md']],
    ['permissions', () => chmodSync(at('README.md'), 0o600), ['changed README.md']],
    ['a file that was added', () => put('report.html', ''), ['added report.html']],
    [
      'a file that was deleted',
      () => rmSync(at('my-model/model.json')),
      ['changed my-model', 'deleted my-model/model.json'],
    ],
    [
      'a file in what Git ignores',
      () => put('.trimtab/ledger/m/000000002.json', '{}'),
      ['changed .trimtab/ledger/m', 'added .trimtab/ledger/m/000000002.json'],
    ],
    [
      'a file that came and went',
      () => {
        put('my-model/partial', '');
        rmSync(at('my-model/partial'));
      },
      ['changed my-model'],
    ],
    [
      'a folder in the place of another',
      () => {
        renameSync(at('my-model'), at('kept'));
        put('my-model/model.json', '{}');
        rmSync(at('kept'), { recursive: true });
      },
      ['changed my-model'],
    ],
    [
      'a link in the place of a file',
      () => {
        rmSync(at('README.md'));
        symlinkSync('my-model/model.json', at('README.md'));
      },
      ['changed README.md'],
    ],
  ])('reports %s', (_, change, lines) => {
    expect(changes(change)).toEqual(lines);
  });

  it('says what a file was and what it is', () => {
    const before = readTree(root);
    put('README.md', 'read me twice');
    expect(differences(before, readTree(root))).toEqual([
      expect.stringMatching(/^changed README\.md: was file, \d+, 7 bytes, .+; is file, \d+, 13 bytes, .+$/),
    ]);
  });

  it('does not look at what is built and installed', () => {
    expect(changes(() => put('node_modules/b/index.js', '2'))).toEqual([]);
    expect(changes(() => put('dist/functions/infer/index.js', '2'))).toEqual([]);
    // Elsewhere a folder of that name is somebody's.
    expect(changes(() => put('my-model/dist/x', '2'))).toContain('added my-model/dist/x');
  });

  it('does not look into a home while a process serves it, and says which', async () => {
    const marker = at('.trimtab/local-runtime.json');
    const before = readTree(root);
    const runtime = await startLocalRuntime({ home: at('.trimtab'), port: 0 });
    const during = readTree(root);
    expect(during.served).toEqual(['.trimtab']);
    const content = readFileSync(marker, 'utf8');
    expect(changes(() => put('.trimtab/metrics.jsonl', ''))).toEqual([]);
    await runtime.close();
    const after = readTree(root);
    expect(after.served).toEqual([]);
    // It starts, or ends, between the two looks.
    expect(differences(before, during)).toEqual([]);
    expect(differences(during, after)).toEqual([]);
    // A process that was killed writes nothing.
    writeFileSync(marker, content.replace(`${process.pid}`, `${spawnSync('true').pid}`));
    expect(changes(() => put('.trimtab/metrics.jsonl', '1'))).toContain('changed .trimtab/metrics.jsonl');
  });
});
