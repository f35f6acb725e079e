import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { loadTable } from '../../../usecases/validation/load-table.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow } from '../../../usecases/validation/validation-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const NOW = new Date('2026-01-10T00:00:00Z');
const N = { name: 'n', type: 'integer' };
const MAYBE = { name: 'v', type: 'float', missing: 'allow' };

describe('lines of JSON', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('json-lines');
  });

  async function judge(lines: readonly string[], contract: object, name = 'f.jsonl') {
    const file = path.join(folder, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const rules = Contract.parse({ features: [N], file: { maxQuarantinedShare: 1 }, ...contract });
    const view = await validateFile(file, rules, { outDir: path.join(folder, 'out'), now: NOW });
    const bad = view.quarantineFile
      ? readFileSync(view.quarantineFile, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as QuarantinedRow)
      : [];
    const kept = view.dataFile
      ? await withDuck(undefined, (duck) => duck.rows(`SELECT * FROM ${literal(view.dataFile!)}`))
      : [];
    return { view, bad, kept, reasons: bad.map(({ line, reasons: [first] }) => ({ line, ...first })) };
  }

  it('keep every character of a number where a column has no type', async () => {
    const numbers = ['12345678901234567890123', '0.1000000000000000000001', '1E400', '1.50', '-0', '1e-400', '7'];
    const { kept } = await judge(
      numbers.map((number) => `{"n":1,"x":${number}}`),
      { data: { extra: ['x'] } },
    );
    expect(kept.map(({ x }) => x)).toEqual(numbers);
  });

  it('have ids of which none becomes another', async () => {
    const ids = ['1234567890123456789012', '1234567890123456789013', '1.0', '1'];
    const { view, kept } = await judge(
      ids.map((id) => `{"id":${id},"n":0}`),
      { data: { id: 'id' }, file: { unique: ['id'] } },
    );
    expect(view.rows.quarantined).toBe(0);
    expect(kept.map(({ id }) => id)).toEqual(ids);
  });

  it('that have an unknown name cost themselves alone', async () => {
    const lines = ['{"n":1}', '{"n":2,"zz":5}', '{"n":3,"__proto__":1}', '{"n":4}'];
    const { view, kept, bad, reasons } = await judge(lines, {});
    expect(view.verdict).toBe('accepted');
    expect(kept).toEqual([{ n: 1n }, { n: 4n }]);
    expect(reasons).toEqual([
      {
        line: 2,
        feature: '(line)',
        rule: 'unreadable',
        received: '"zz"',
        allowed: 'only names that the contract knows',
      },
      expect.objectContaining({ line: 3, received: '"__proto__"' }),
    ]);
    expect(bad[0]!.raw).toBe(lines[1]);
    const hidden = await judge(lines, { features: [{ ...N, personal: 'omit' }] });
    expect(hidden.view.rows).toMatchObject({ accepted: 2, quarantined: 2 });
    expect(JSON.stringify(hidden.bad)).not.toContain('zz');
  });

  it('that lack a name have a missing value, whatever other lines have', async () => {
    const features = [N, MAYBE];
    const { kept } = await judge(['{"n":1}', '{"n":2}'], { features });
    expect(kept).toEqual([
      { n: 1n, v: null },
      { n: 2n, v: null },
    ]);
    const { reasons } = await judge(['{"v":1}', '{"n":2}'], { features });
    expect(reasons).toMatchObject([{ line: 1, feature: 'n', rule: 'missing', received: 'nothing' }]);
    const time = await judge(['{"n":1}'], { data: { time: 't' } });
    expect(time.reasons).toMatchObject([{ line: 1, feature: 't', rule: 'missing' }]);
  });

  it('that are empty objects are rows', async () => {
    for (const type of ['integer', 'string', 'boolean'])
      expect((await judge(['{}', '{"n":null}'], { features: [{ ...N, type, missing: 'allow' }] })).kept).toEqual([
        { n: null },
        { n: null },
      ]);
    expect((await judge(['{"n":""}', '{}'], { features: [{ ...N, type: 'string', missing: 'allow' }] })).kept).toEqual([
      { n: '' },
      { n: null },
    ]);
    const { reasons } = await judge(['{}', '{"toString":"a"}'], { features: [{ name: 'toString', type: 'string' }] });
    expect(reasons).toMatchObject([{ line: 1, rule: 'missing', received: 'nothing' }]);
  });

  it('of which none is whole are counted, and judged by their share', async () => {
    const lines = ['{"n":1', '[2]'];
    const { view, reasons } = await judge(lines, { file: {} });
    expect(view.rejection?.rule).toBe('quality');
    expect(view.rows).toEqual({ records: 2, accepted: 0, quarantined: 2 });
    expect(view.lines).toEqual({ total: 2, header: 0, blank: 0, accepted: 0, quarantined: 2 });
    expect(reasons).toMatchObject([
      { line: 1, rule: 'unreadable', allowed: 'JSON' },
      { line: 2, rule: 'unreadable', allowed: 'a JSON object' },
    ]);
    expect((await judge(lines, {})).view).toMatchObject({ verdict: 'accepted', rows: { accepted: 0, quarantined: 2 } });
  });

  it('that say a name twice are quarantined', async () => {
    const { kept, reasons } = await judge(['{"n":1,"n":2}', '{"n":1,"\\u006e":1}', '{"n":3}'], {});
    expect(kept).toEqual([{ n: 3n }]);
    expect(reasons).toEqual(
      [1, 2].map((line) => ({
        line,
        feature: '(line)',
        rule: 'unreadable',
        received: '"n" twice',
        allowed: 'each name once',
      })),
    );
  });

  it('show what stands there', async () => {
    const cells = ['1e400', '12345678901234567890123', '1.50', '"5"', '[1]', 'Infinity', '1'.repeat(100)];
    const { reasons } = await judge(
      cells.map((cell) => `{"n":${cell}}`),
      {},
    );
    expect(reasons.map(({ received }) => received)).toEqual([
      ...['1e400', '12345678901234567890123', '1.50', '"5"', 'an array', 'Infinity'],
      `${'1'.repeat(63)}…`,
    ]);
  });

  it('have labels that are the same numbers as in CSV', async () => {
    const classes = [0.5, 1, 1e21, -3, 1e-7, 'b'];
    const cells: [string, string | undefined][] = [
      ['0.50', '0.5'],
      ['5e-1', '0.5'],
      ['0.05E1', '0.5'],
      ['0.5000000000000000000001', undefined],
      ['1.0', '1'],
      ['1e21', '1e+21'],
      ['1000000000000000000000', '1e+21'],
      ['1000000000000000000001', undefined],
      ['-3.00', '-3'],
      ['3', undefined],
      ['0.0000001', '1e-7'],
      ['1e99999999999999', undefined],
      ['"b"', 'b'],
    ];
    const contract = { data: { label: { name: 'y', classes } } };
    const expected = cells.map(([, name]) => name).filter((name) => name !== undefined);
    const json = await judge(
      cells.map(([cell]) => `{"n":1,"y":${cell}}`),
      contract,
    );
    const csv = await judge(['n,y', ...cells.map(([cell]) => `1,${cell}`)], contract, 'f.csv');
    expect(json.kept.map(({ y }) => y)).toEqual(expected);
    expect(csv.kept.map(({ y }) => y)).toEqual(expected);
  });

  it('are refused as a table whose names are not those of the contract', async () => {
    const contract = Contract.parse({ features: [N, MAYBE] });
    const load = (text: string) => {
      const file = path.join(folder, 'table.jsonl');
      writeFileSync(file, text);
      return withDuck(undefined, (duck) => loadTable(duck, file, contract));
    };
    await expect(load('{"n":1}\n')).rejects.toThrow('missing columns: v');
    await expect(load('{"n":1,"v":1}\n{"n":1,"w":1}\n')).rejects.toThrow('1 lines have names');
    expect((await load('{"n":1}\n{"n":2,"v":3}\n')).rows).toBe(2);
  });
});
