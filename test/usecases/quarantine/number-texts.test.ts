import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import type { LocalHome } from '../../../platform/local/home.ts';
import { exportRows } from '../../../usecases/quarantine/export-rows.ts';
import { putBackRows } from '../../../usecases/quarantine/put-back-rows.ts';
import { releaseRows } from '../../../usecases/quarantine/release-rows.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { textOfDouble, textOfSingle } from '../../core/contract/cells/number-reference.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { homeWith, judged } from './fixture.ts';

const by = 'user:ada';
const KEY = 'incoming/other/x.parquet';
const CONTRACT = {
  features: [{ name: 'a', type: 'integer', max: 10 }],
  data: { id: { name: 'id', required: false }, label: 'y', extra: ['s', 'd'] },
  file: { maxQuarantinedShare: 1 },
};

/** A number as the engine reads it. */
const written = (x: number): string => literal(Object.is(x, -0) ? '-0' : String(x));

/** A file of the numbers twice over, in another order of columns than the contract's: in good rows, and in bad ones behind them. */
async function fileOf(numbers: readonly number[]): Promise<string> {
  const file = path.join(temporaryFolder('numbers'), 'x.parquet');
  const columns = 's, x AS y, if(abs(x) < 90, x, 0.5)::DECIMAL(4, 2) AS d, x AS id';
  const list = (values: readonly number[]): string => `unnest([${values.map(written).join(', ')}]`;
  const rows = `SELECT ${list(numbers)}::DOUBLE[]) AS x, ${list(numbers.map(Math.fround))}::FLOAT[]) AS s`;
  const both = [1, 99].map((a) => `SELECT ${columns}, ${a} AS a FROM (${rows})`);
  await withDuck(undefined, (duck) =>
    duck.run(`COPY (${both.join(' UNION ALL ')}) TO ${literal(file)} (FORMAT parquet)`),
  );
  return file;
}

async function dropped(numbers: readonly number[], contract: object = CONTRACT) {
  const home = await homeWith(contract);
  await home.data.upload(KEY, await fileOf(numbers));
  const { drop, rows } = await judged(home, KEY);
  const out = path.join(temporaryFolder('export'), 'rows.jsonl');
  const mend = async (): Promise<string> => {
    await exportRows(home, { drop, out, lines: undefined, reasons: false });
    writeFileSync(out, readFileSync(out, 'utf8').replaceAll('"a":99', '"a":1'));
    return out;
  };
  return { home, drop, rows, mend };
}

const version = (home: LocalHome, number: number, columns = 'id, y, s, d') =>
  withDuck(undefined, (duck) =>
    duck.rows(
      `SELECT ${columns} FROM read_parquet(${literal(path.join(home.folder, `data/datasets/other/dataset_version=00000${number}/data.parquet`))}, hive_partitioning = false)`,
    ),
  );

const TABLE = [5, -0, 0.1, 1e-4, 1e-5, 1e-7, -1.5e-8, 5e-324, 2 ** 24, 2 ** 53 - 1, 2 ** 53, 2 ** 63, -(2 ** 64), 1e15];
const MORE = [1e16, 12345678901234568, 1e17, 1e20, 1e21, 3e38, 1e300, Number.POSITIVE_INFINITY, Number.NaN];

describe('numbers in columns without a type', () => {
  it('have one text, whatever way their row went', async () => {
    const single = fc.sample(fc.float(), { numRuns: 60, seed: 1 });
    const double = fc.sample(fc.oneof(fc.double(), fc.double({ min: 1e-8, max: 1e-3 })), { numRuns: 60, seed: 2 });
    const numbers = [...TABLE, ...MORE, ...single, ...double];
    const expected = numbers.map((x) => ({
      id: textOfDouble(x),
      y: textOfDouble(x),
      s: textOfSingle(Math.fround(x)),
      d: expect.stringMatching(/^-?\d+\.\d\d$/),
    }));
    const released = await dropped(numbers);
    const verdict = await version(released.home, 1);
    expect(verdict).toEqual(expected);
    await releaseRows(released.home, { drop: released.drop, lines: undefined, by, reason: 'they are right' });
    expect(await version(released.home, 2)).toEqual(verdict);
    const mended = await dropped(numbers);
    await putBackRows(mended.home, {
      drop: mended.drop,
      file: await mended.mend(),
      lines: undefined,
      by,
      reason: null,
    });
    expect(await version(mended.home, 2)).toEqual(verdict);
    const names = (await version(mended.home, 2, '*')).map((row) => Object.keys(row));
    expect(names[0]).toEqual(Object.keys((await version(mended.home, 1, '*'))[0]!));
  });

  it('are one key wherever they stand, and none where they are NaN', async () => {
    const numbers = [...TABLE, ...MORE];
    const unique = { ...CONTRACT, data: { ...CONTRACT.data, id: 'id' }, file: { ...CONTRACT.file, unique: ['id'] } };
    const { home, drop, rows, mend } = await dropped(numbers, unique);
    expect(rows).toMatchObject({ accepted: numbers.length - 1, quarantined: numbers.length + 1 });
    const done = await putBackRows(home, { drop, file: await mend(), lines: undefined, by, reason: null });
    expect(done).toMatchObject({ rows: 0, refusedRows: numbers.length + 1 });
    const rules = done.refused.flatMap(({ reasons }) => reasons.map(({ rule }) => rule));
    expect(rules.filter((rule) => rule === 'missing')).toHaveLength(2);
    expect(rules.filter((rule) => rule === 'duplicate')).toHaveLength(numbers.length - 1);
  });

  it('are missing as a label of classes where they are NaN, and in a profile', async () => {
    const classes = { ...CONTRACT, data: { ...CONTRACT.data, label: { name: 'y', classes: [0, 1] } } };
    const { home, rows } = await dropped([0, 1, Number.NaN, Number.POSITIVE_INFINITY], classes);
    expect(rows).toMatchObject({ accepted: 3 });
    expect((await version(home, 1)).map(({ y }) => y)).toEqual(['0', '1', null]);
    const { columns } = await profileAnyFile(await fileOf([Number.NaN]));
    expect(columns.id).toMatchObject({ kind: 'categorical', rows: 2, missing: 2, categories: [] });
  });

  it('are exported in their rows and columns, however many columns there are', async () => {
    const names = Array.from({ length: 420 }, (_, i) => `c${i}`);
    const home = await homeWith({ ...CONTRACT, data: { extra: names } });
    const file = path.join(temporaryFolder('wide'), 'x.parquet');
    const cells = names.map((name, i) => `${i % 3 === 0 ? `x + ${i}.5::DOUBLE` : `x + ${i}`} AS ${name}`);
    await withDuck(undefined, (duck) =>
      duck.run(
        `COPY (SELECT 99 - x % 2 * 98 AS a, ${cells.join(', ')} FROM range(4) r(x)) TO ${literal(file)} (FORMAT parquet)`,
      ),
    );
    await home.data.upload(KEY, file);
    const out = path.join(temporaryFolder('export'), 'rows.jsonl');
    await exportRows(home, { drop: (await judged(home, KEY)).drop, out, lines: undefined, reasons: false });
    const member = (i: number, row: number): [string, number] => [`c${i}`, row + i + (i % 3 === 0 ? 0.5 : 0)];
    expect(readFileSync(out, 'utf8')).toBe(
      [0, 2]
        .map((row) => Object.fromEntries([['a', 99], ...names.map((_, i) => member(i, row))]))
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  });
});
