import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenRule, brokenRulesSql } from '../../../core/contract/broken-rules-sql.ts';
import { cellSql } from '../../../core/contract/cells/cell-sql.ts';
import { columnRules } from '../../../core/contract/column-rules.ts';
import { Contract } from '../../../core/contract/contract.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { modelContract } from '../../../core/manifest/model-contract.ts';
import { type Duck, literal, openDuck } from '../../../platform/duckdb/connection.ts';

const NOW = new Date('2024-06-01T12:00:00Z');
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** The rules that rows of text break, by column, as a file's would. */
async function broken(contract: Contract, rows: readonly Readonly<Record<string, string>>[]) {
  const rules = columnRules(contract, NOW);
  const cells = rules.map((rule, i) => cellSql(rule, `t${i}`, 'text'));
  const values = rows.map(
    (row, id) =>
      `(${[id, ...rules.map(({ name }) => (row[name] === undefined ? 'NULL' : literal(row[name])))].join(', ')})`,
  );
  const names = ['id', ...rules.map((_, i) => `t${i}`)];
  await duck.run(
    `CREATE OR REPLACE TABLE typed AS SELECT id, ${cells.map(({ value, state }, i) => `${value} AS c${i}, ${state} AS s${i}`).join(', ')} FROM (VALUES ${values.join(', ')}) t(${names.join(', ')})`,
  );
  const columns = rules.map((rule, i) => ({ rule, value: `c${i}`, state: `s${i}` }));
  const found = await duck.rows(`${brokenRulesSql(columns, 'typed', 'id')} ORDER BY id, col`);
  return found.map(({ id, col, code }) => {
    const rule = rules[Number(col)]!;
    return [Number(id), rule.name, brokenRule(rule, Number(code)).name];
  });
}

describe('columns that are no features', () => {
  it('are as the contract says: id required, time parsed and not to come, label optional, extra untouched', async () => {
    const contract = Contract.parse({
      features: [{ name: 'n', type: 'integer', missing: 'allow', max: 10 }],
      data: {
        id: 'id',
        time: 'at',
        label: { name: 'y', classes: [0, 1, 'cat'] },
        extra: ['note', { name: 'w', type: 'float' }],
      },
    });
    const good = { id: 'a', at: '2024-06-01T12:04:59Z', n: '1' };
    expect(
      await broken(contract, [
        good,
        { ...good, y: '1.0', note: 'x', w: '1.5' },
        { ...good, y: 'cat', n: 'NA' },
        { ...good, y: 'maybe', w: 'inf', n: '11' },
        { at: 'soon', n: 'x', w: 'y' },
        { ...good, at: '2024-06-01T12:05:01Z', y: 'NA' },
        { n: '1' },
      ]),
    ).toEqual([
      [3, 'n', 'max'],
      [3, 'y', 'type'],
      [3, 'w', 'finite'],
      [4, 'n', 'type'],
      [4, 'id', 'missing'],
      [4, 'at', 'type'],
      [4, 'w', 'type'],
      [5, 'at', 'future'],
      [6, 'id', 'missing'],
      [6, 'at', 'missing'],
    ]);
  });

  it('name what they allow', () => {
    const rules = columnRules(
      Contract.parse({
        features: [],
        data: { time: { name: 'at', formats: ['epoch-s'] }, label: { name: 'y', classes: ['a', 'b'] }, extra: ['e'] },
      }),
      NOW,
    );
    expect(rules.map(({ checks }) => checks.map(({ allowed }) => allowed))).toEqual([
      ['a value', 'a time with its zone, or epoch-s', 'at most 2024-06-01T12:05:00.000Z'],
      ['one of a, b'],
      ['a plain value without NUL'],
    ]);
  });

  it('are no times by formats that the engine would read on from: offsets, days of a year', async () => {
    const contract = Contract.parse({
      features: [],
      data: { time: { name: 'at', formats: ['%Y-%j', '%j/%Y %H:%M%z', '%Y%m%d%H%M%z'], zone: 'UTC', required: false } },
    });
    const good = ['2020-366', '2023-365', '2023-1', '2000-366', '366/2020 00:00+1400', '202301010000-2359'];
    const bad = ['2023-366', '2024-367', '2024-0', '1900-366', '366/2023 00:00+0000', '202401010000+9900'];
    const more = ['202401010000+2400', '202401010000+0060'];
    const rows = [...good, ...bad, ...more].map((at) => ({ at }));
    expect(await broken(contract, rows)).toEqual([...bad, ...more].map((_, i) => [good.length + i, 'at', 'type']));
  });

  it('may be read by other tokens and formats, where the contract declares them', async () => {
    const contract = Contract.parse({
      features: [{ name: 'n', type: 'float', missing: 'allow' }],
      data: {
        id: { name: 'id', type: 'integer', required: false },
        time: { name: 'at', formats: ['%d/%m/%Y', '%d/%m/%y', 'epoch-s'], zone: 'Europe/Berlin', required: false },
        missingTokens: ['-999', 'none'],
      },
    });
    const at = (time: string) => ({ id: '1', n: '1', at: time });
    const rows = [
      ...['02/01/2024', '02/01/24', '1709280000', '2024-03-01 10:00:00', '2024-03-01', '2024-03-01T10:00:00Z'].map(at),
      ...['31/02/2024', '2024-03-31 02:30:00', '2023-10-29 02:30:00', 'soon'].map(at),
      { id: 'x', n: 'NA' },
      { n: '-999', id: 'None' },
    ];
    expect(await broken(contract, rows)).toEqual([
      ...[6, 7, 8, 9].map((id) => [id, 'at', 'type']),
      [10, 'n', 'type'],
      [10, 'id', 'type'],
    ]);
    const times = await duck.rows('SELECT epoch_ms(c2) AS at FROM typed WHERE id < 6 ORDER BY id');
    expect(times.map((row) => new Date(Number(row.at)).toISOString())).toEqual([
      '2024-01-01T23:00:00.000Z',
      '2024-01-01T23:00:00.000Z',
      '2024-03-01T08:00:00.000Z',
      '2024-03-01T09:00:00.000Z',
      '2024-02-29T23:00:00.000Z',
      '2024-03-01T10:00:00.000Z',
    ]);
  });

  it.each([
    [{ time: { name: 't', formats: ['%d/%m/%Y'] } }, '%d/%m/%Y has no %z: say which zone such times are in (zone)'],
    [{ time: { name: 't', futureToleranceSeconds: 9e11 } }, 'Too big: expected number to be <=90000000000'],
    [{ time: { name: 't', formats: ['%H:%M'] } }, '%H:%M says no day of a year'],
    [{ time: { name: 't', formats: ['%d.%q'] } }, '%d.%q has %q'],
    [{ time: { name: 't', zone: 'Mars/Olympus' } }, 'Mars/Olympus is no time zone'],
    [{ time: { name: 't', zone: '+02:00' } }, '+02:00 is no time zone'],
    [{ label: { name: 'y', type: 'float', classes: ['a'] } }, 'a label has a type or classes, not both'],
    [{ missingTokens: [' '] }, 'a token is printable ASCII'],
  ])('are refused where they say nothing that could be read: %j', (data, message) => {
    const { error } = Contract.safeParse({ features: [], data });
    expect(JSON.stringify(error?.issues)).toContain(message);
  });

  it('are asked in one query, 5,000 of them, too', async () => {
    const count = 5_000;
    const contract = Contract.parse({
      features: Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: 'float', min: 0, max: 1 })),
    });
    const rules = columnRules(contract, NOW);
    await duck.run(
      `CREATE OR REPLACE TABLE wide AS SELECT r AS id, ${rules.map((_, i) => `if(r = 7 AND ${i} = 4321, 2, 0.5)::DOUBLE AS c${i}`).join(', ')} FROM range(200) t(r)`,
    );
    const columns = rules.map((rule, i) => ({ rule, value: `c${i}` }));
    const found = await duck.rows(brokenRulesSql(columns, 'wide', 'id'));
    expect(
      found.map(({ id, col, code }) => [Number(id), Number(col), brokenRule(rules[4321]!, Number(code)).name]),
    ).toEqual([[7, 4321, 'max']]);
  }, 30_000);
});

describe('the label of a model', () => {
  const labelled = (decision: object, outputs: object[] = [], label: unknown = 'y') => {
    const manifest = Manifest.parse({ name: 'm', contract: { features: [], data: { label } }, decision, outputs });
    return modelContract(manifest, { inputs: [] }).data.label;
  };

  it('is what its decision could have been', () => {
    const output = { name: 'p', meaning: 'probabilities', classes: ['no', 'yes'] };
    expect(labelled({ task: 'binary', output: 'p' })).toEqual({ name: 'y', classes: ['0', '1', 'true', 'false'] });
    expect(labelled({ task: 'binary', output: 'p' }, [output])).toMatchObject({
      classes: ['no', 'yes', '0', '1', 'true', 'false'],
    });
    expect(labelled({ task: 'multiclass', output: 'p', classes: ['a', 2] })).toMatchObject({ classes: ['a', '2'] });
    expect(labelled({ task: 'regression', output: 'p' })).toEqual({ name: 'y', type: 'float' });
    expect(labelled({ task: 'regression', output: 'p' }, [], { name: 'y', type: 'integer' })).toEqual({
      name: 'y',
      type: 'integer',
    });
  });
});
