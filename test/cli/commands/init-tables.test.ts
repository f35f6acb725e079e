import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { node, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A model that adds the columns it takes. */
const sumModel = (...columns: readonly [string, string]): Uint8Array =>
  model(
    encodeGraph('sum', {
      nodes: [node('Add', [...columns], ['sum'])],
      inputs: columns.map((name) => value(name, 'float32', ['n'])),
      outputs: [value('sum', 'float32', ['n'])],
    }),
  );

describe('trimtab init with a table', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('init-table');
  });

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const status = await main(['--home', path.join(folder, 'home'), ...argv], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada' },
    });
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
  const table = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const target = () => path.join(folder, 'made');
  const init = (data: string, columns: readonly [string, string], ...more: string[]) => {
    const file = path.join(folder, 'sum.onnx');
    writeFileSync(file, sumModel(...columns));
    return run('init', '--model', file, '--data', data, '--name', 'made', '--out', target(), ...more);
  };
  const contract = () => Manifest.parse(JSON.parse(readFileSync(path.join(target(), 'model.json'), 'utf8'))).contract;

  it('takes columns that are called like parts of queries, and so do profile, validate and drift', async () => {
    for (const names of [
      ['x', 'y'],
      ['rowid', 't'],
      ['value', 'file'],
    ] as const) {
      const data = table('odd.csv', `${names.join(',')}\n1,2\n3,4\n5,6\n`);
      expect(await init(data, names, '--force')).toMatchObject({ status: 0, err: '' });
      expect(await run('profile', data)).toMatchObject({ status: 0, err: '' });
      const validated = await run('validate', data, '--contract', target());
      expect(validated).toMatchObject({ status: 0, err: '' });
      expect(validated.out).toMatch(/3/);
      expect(await run('drift', '--file', data, '--baseline', target())).toMatchObject({ status: 0, err: '' });
    }
  });

  it('leaves out the index that pandas writes along, and says so', async () => {
    const data = table('pandas.csv', ',application_id,amount\n0,17,1.5\n1,18,2.5\n');
    const made = await init(data, ['application_id', 'amount']);
    expect(made).toMatchObject({ status: 0, err: '' });
    expect(made.out).toContain('the first column of pandas.csv has no name: it is the index that pandas writes along');
    expect(contract().features.map(({ name }) => name)).toEqual(['application_id', 'amount']);
    expect(contract().data.extra).toEqual([]);
    expect(made.out).toContain('and is left out, in files to be validated, too');
    expect((await run('validate', data, '--contract', target())).out).toContain('records 2 = accepted 2');
  });

  it('leaves out records that are none, and says so, and so does profile', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i},${i === 7 ? '"stray' : i}`).join('\n');
    const data = table('stray.csv', `a,b\n${rows}\n`);
    const made = await init(data, ['a', 'b']);
    expect(made).toMatchObject({ status: 0, err: '' });
    const told = (file: string) => `1 record of ${file} left out (line 9): expected a quoted field that is closed`;
    expect(made.out).toContain('baseline of 59 rows');
    expect(made.out).toContain(told('stray.csv'));
    expect((await run('profile', data)).out).toContain(told('the file'));
  });

  it('takes a .tsv, of which a label may be missing', async () => {
    const data = table('t.tsv', 'a\tb\ty\n1\t2\t0\n3\t4\tNA\n5\t6\t1\n');
    expect(await init(data, ['a', 'b'], '--label', 'y', '--output', 'sum')).toMatchObject({ status: 0, err: '' });
    expect(contract().features.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('says what identifiers and times are, where that is certain', async () => {
    const lines = ['k,at,a,b', ...[1, 2, 3].map((n) => `${n},2024-0${n}-01T00:00:00Z,${n},1`)];
    const named = ['--id', 'k', '--time', 'at'];
    expect(await init(table('t.csv', `${lines.join('\n')}\n`), ['a', 'b'], ...named)).toMatchObject({ err: '' });
    expect(contract().data).toMatchObject({ id: { name: 'k', type: 'integer' }, time: 'at' });
    const local = table(
      't.csv',
      `${lines
        .join('\n')
        .replaceAll('T00:00:00Z', '')
        .replaceAll(/^(\d),/gm, 'n$1,')}\n`,
    );
    const refused = await init(local, ['a', 'b'], ...named, '--force');
    expect(refused.status).not.toBe(0);
    expect(refused.err).toContain('column at has 2024-01-01, which is no time for certain: say how');
    const told = await init(local, ['a', 'b'], ...named, '--time-zone', 'Europe/Berlin', '--force');
    expect(told).toMatchObject({ status: 0, err: '' });
    expect(contract().data).toMatchObject({ id: 'k', time: { name: 'at', zone: 'Europe/Berlin' } });
  });
});
