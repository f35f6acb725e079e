import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { floats, node, value } from '../../../scripts/lib/onnx-writer.ts';
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
    // Lines are broken between words.
    return { status, out: out.join('\n').replaceAll(/\s+/g, ' '), err: err.join('\n') };
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

  it('takes words for a missing number as that where nothing else keeps a column from being one of numbers', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i / 4, i % 7, ['1', '2', 'none'][i % 3]]);
    Object.assign(rows[3]!, ['N/A', 5, '1']);
    Object.assign(rows[4]!, ['N/A', '-', '2']);
    const data = table('absent.csv', ['a,b,kind', ...rows.map((row) => row.join())].join('\n'));
    const made = await init(data, ['a', 'b'], '--label', 'kind');
    expect(made).toMatchObject({ status: 0, err: '' });
    expect(made.out).toContain("'N/A', '-' in columns of numbers is taken for a missing one");
    expect(contract()).toMatchObject({
      features: [
        { name: 'a', type: 'float', missing: 'allow', max: 8.7 },
        { name: 'b', type: 'float', missing: 'allow' },
      ],
      data: { missingTokens: ['NaN', 'NA', 'NULL', 'N/A', '-'] },
    });
    const odd = table('odd.csv', ['a,b', ...rows.map(([a, b]) => `${b === 5 ? 'soon' : a},${b}`)].join('\n'));
    expect((await init(odd, ['a', 'b'], '--force')).err).toContain('column a holds text such as');
  });

  it('says how a graph gets more than the limits that it went beyond', async () => {
    const { status, err } = await init(table('few.csv', 'a,b\n1,2\n'), ['a', 'b'], '--memory-limit', '1');
    expect(status).toBe(2);
    expect(err).toMatch(/does not survive being opened, .* more than the 1 MB that it may have.*--memory-limit 2;/);
    expect(existsSync(target())).toBe(false);
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

  describe('of which one input takes several columns', () => {
    /** Hundreds of a, and b: in another order it is far off. */
    const wideModel = (): string => {
      const file = path.join(folder, 'wide.onnx');
      const graph = encodeGraph('wide', {
        nodes: [node('MatMul', ['x', 'w'], ['estimate'])],
        constants: [floats('w', [2, 1], [100, 1])],
        inputs: [value('x', 'float32', ['n', 2])],
        outputs: [value('estimate', 'float32', ['n', 1])],
      });
      writeFileSync(file, model(graph));
      return file;
    };
    const rows = Array.from({ length: 60 }, (_, i) => ({
      a: (i * 7) % 41,
      b: i * i,
      hour: `T${String(i % 24).padStart(2, '0')}`,
    }));
    const lines = rows.map(
      ({ a, b, hour }, i) => `C-${i * 31},2024-01-01${hour}:00:00Z,${b},${a},talked of bill ${i},${100 * a + b}`,
    );
    const permuted = () => table('wide.csv', `customer,at,b,a,note,target\n${lines.join('\n')}\n`);
    const wide = (...more: string[]) =>
      run(
        'init',
        '--model',
        wideModel(),
        '--data',
        permuted(),
        '--name',
        'made',
        '--out',
        target(),
        '--force',
        ...more,
      );

    it('says which columns it took for what, and shouts where it is no better than a constant', async () => {
      const asked = await wide();
      expect(asked.status).toBe(2);
      expect(asked.err).toMatch(
        /target may be the ground truth \(by its name\), but the graph is off by .*--label target/,
      );
      expect(existsSync(target())).toBe(false);
      const { err, out } = await wide('--label', 'target');
      expect(err).toBe('');
      expect(out).toContain('x b, a order as the file has them, for the graph does not say');
      expect(out).toContain('id customer (every value differs) time at (times such as 2024-01-01T00:00:00Z)');
      expect(out).toContain('label target (--label) left out note (free text: texts of 4 words)');
      expect(out).toContain('NO BETTER THAN A CONSTANT ANSWER: off by');
      expect(contract()).toMatchObject({
        data: { id: 'customer', time: 'at', label: 'target', extra: ['note'] },
        file: { unique: [] },
      });
    });

    it('takes the order that is stated, segments with ranges of their own, and names the schema', async () => {
      const { out } = await wide('--features', 'a,b', '--segments', 'a', '--strict');
      expect(out).toContain('x a, b order as --features says');
      expect(out).not.toContain('CONSTANT');
      expect(contract().features).toMatchObject([
        { name: 'a', input: 'x', index: 0, min: 0, max: 48, onViolation: 'reject' },
        { name: 'b', input: 'x', index: 1, min: 0, onViolation: 'reject' },
      ]);
      const manifest = JSON.parse(readFileSync(path.join(target(), 'model.json'), 'utf8'));
      expect(manifest.monitoring.segments).toEqual([{ feature: 'a', edges: expect.any(Array) }]);
      expect(existsSync(path.join(target(), manifest.$schema))).toBe(true);
      expect((await run('register', target())).status).toBe(0);
    });

    it.each([
      [['--features', 'a,bb'], '--features: the data has no column bb (did you mean b?)'],
      [['--ignore', 'nota'], '--ignore: the data has no column nota (did you mean note?)'],
      [['--segments', 'c'], '--segments: the model takes no c (did you mean b?)'],
      [['--features', ','], 'expected names with commas between them'],
    ])('refuses %j', async (options, message) => {
      const refused = await wide('--label', 'target', ...options);
      expect(refused.status).toBe(2);
      expect(refused.err).toContain(message);
    });
  });

  it('refuses JSON of columns, which is what pandas writes by default', async () => {
    const file = path.join(folder, 'sum.onnx');
    writeFileSync(file, sumModel('a', 'b'));
    const data = table('columns.json', '{"a":{"0":1,"1":2},"b":{"0":3,"1":4}}');
    expect(await run('init', '--model', file, '--data', data, '--out', path.join(folder, 'columns'))).toMatchObject({
      status: 2,
      err: expect.stringContaining("as pandas writes with to_json(…, orient='records')"),
    });
  });

  it('goes on where a graph fails on some rows, says how many, and refuses one that fails on all', async () => {
    const file = path.join(folder, 'ratio.onnx');
    const graph = encodeGraph('ratio', {
      nodes: [node('Div', ['a', 'b'], ['y'])],
      inputs: ['a', 'b'].map((name) => value(name, 'int64', ['n'])),
      outputs: [value('y', 'int64', ['n'])],
    });
    writeFileSync(file, model(graph));
    const rows = Array.from(
      { length: 90 },
      (_, i) => `${i * 3},${i % 10},${i % 10 ? Math.floor((i * 3) / (i % 10)) : 0}`,
    );
    const some = table('some.csv', `a,b,label\n${rows.join('\n')}\n`);
    const { status, out } = await run('init', '--model', file, '--data', some, '--out', path.join(folder, 'ratio'));
    expect(status, out).toBe(0);
    expect(out).toContain('output y is an estimate');
    expect(out).toContain('it fails on 9 of 90 rows of the reference, first on number 1: ');
    expect(out).toContain('over 90 labelled rows, 9 of them without a number');

    const all = table('all.csv', `a,b,label\n${Array.from({ length: 90 }, (_, i) => `${i},0,${i}`).join('\n')}\n`);
    const none = await run('init', '--model', file, '--data', all, '--out', path.join(folder, 'none'));
    expect(none.status).toBe(2);
    expect(none.err).toContain(
      'the graph fails on every one of 64 rows of all.csv that it was asked about, first on number 1: ',
    );
    expect(existsSync(path.join(folder, 'none', 'model.json'))).toBe(false);
    // A manifest that is there already is held to the same.
    const anew = await run('baseline', path.join(folder, 'ratio'), '--data', all);
    expect(anew).toMatchObject({ status: 2, err: expect.stringContaining('fails on the first 64 rows of all.csv: ') });
  });
});
