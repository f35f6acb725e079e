import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOf, emptyLike } from '../../../core/profile/bins.ts';
import { type ColumnValue, countColumn } from '../../../core/profile/count.ts';
import type { ColumnProfile, NumericProfile } from '../../../core/profile/profile.ts';
import type { ProfiledColumn } from '../../../platform/duckdb/column-batch.ts';
import { type Duck, identifier, literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { profileRelation, summarizeRelation } from '../../../platform/duckdb/profile.ts';

const numeric = (name: string): ProfiledColumn => ({ name, kind: 'numeric' });
const categorical = (name: string): ProfiledColumn => ({ name, kind: 'categorical' });

/** A table of columns, each of values below each other. */
async function table(
  duck: Duck,
  columns: Readonly<Record<string, readonly (number | string | null)[]>>,
): Promise<void> {
  const names = Object.keys(columns);
  const value = (x: number | string | null | undefined): string => {
    if (x == null) return 'NULL';
    return typeof x === 'number' ? `${literal(String(x))}::DOUBLE` : literal(x);
  };
  const rows = Object.values(columns)[0]!.map(
    (_, i) => `(${names.map((name) => value(columns[name]![i])).join(', ')})`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE data (${names.map((name) => `${identifier(name)} ${columns[name]!.some((x) => typeof x === 'string') ? 'VARCHAR' : 'DOUBLE'}`).join(', ')})`,
  );
  if (rows.length > 0) await duck.run(`INSERT INTO data VALUES ${rows.join(', ')}`);
}

const numbersOf = (column: unknown): NumericProfile => column as NumericProfile;

describe('profileRelation', () => {
  it('counts what counting the values one by one gives, over edges that are quantiles', async () => {
    const value = fc.oneof(
      fc.option(fc.double({ noNaN: false, noDefaultInfinity: true }), { nil: null }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(1e200, -1e200, Number.MAX_VALUE, -0, 0),
    );
    await withDuck({ threads: 1 }, (duck) =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(value, value), { maxLength: 60 }), async (rows) => {
          const columns = { a: rows.map(([a]) => a), b: rows.map(([, b]) => b) };
          if (rows.length === 0) return;
          await table(duck, columns);
          const { columns: profiles } = await profileRelation(duck, 'data', [numeric('a'), numeric('b')]);
          for (const [name, values] of Object.entries(columns)) {
            const got = numbersOf(profiles[name]);
            const expected = numbersOf(countColumn(emptyLike(got), values as ColumnValue[]));
            // There is one zero.
            const exact = (of: NumericProfile) => ({
              ...of,
              min: (of.min ?? 0) + 0,
              max: (of.max ?? 0) + 0,
              mean: 0,
              m2: 0,
            });
            expect(exact(got)).toEqual(exact(expected));
            if (expected.mean !== null)
              expect(Math.abs(got.mean! - expected.mean)).toBeLessThanOrEqual(
                // The least doubles have few digits.
                1e-9 * Math.max(Math.abs(got.min!), Math.abs(got.max!)) + 1e-320,
              );
            const present = values.filter((x): x is number => x !== null && !Number.isNaN(x)).sort((x, y) => x - y);
            const distinct = [...new Set(present.map((x) => x + 0))];
            // A few values get a bin each; of more the edges are among the values.
            if (distinct.length <= 12) expect(got.edges).toEqual(distinct.slice(1));
            else for (const edge of got.edges) expect(distinct).toContain(edge);
          }
        }),
        { numRuns: 40 },
      ),
    );
  });

  it('takes the discrete deciles of many values, and puts an edge at each side of a value that most rows have', async () => {
    await withDuck(undefined, async (duck) => {
      const rain = Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : i - 79));
      await table(duck, { n: Array.from({ length: 100 }, (_, i) => i + 1), rain });
      const { columns } = await profileRelation(duck, 'data', [numeric('n'), numeric('rain')]);
      expect(columns.n).toMatchObject({
        edges: [10, 20, 30, 40, 50, 60, 70, 80, 90],
        min: 1,
        max: 100,
        mean: 50.5,
        zeros: 0,
      });
      // Quartiles of the other 20 numbers, and what is above nothing.
      expect(columns.rain).toMatchObject({ edges: [1, 5, 10, 15], zeros: 80 });
    });
  });

  it('counts columns whatever they are called', async () => {
    await withDuck(undefined, async (duck) => {
      const names = ['x', 'rowid', 'v', 't', 'i', 'n', 'été', 'a"b', "a'b", 'SELECT', '@n', 'data', ' ', '😀'];
      await table(duck, Object.fromEntries(names.map((name, i) => [name, [i, i + 1, null]])));
      const columns = [...names.map(numeric)];
      const { profile, summary } = await summarizeRelation(duck, 'data', columns, {});
      for (const [i, name] of names.entries()) {
        expect(profile.columns[name]).toMatchObject({ missing: 1, min: i, max: i + 1, edges: [i + 1], counts: [1, 1] });
        expect(summary.columns[name]!.distinct).toEqual({ count: 2, exact: true });
      }
    });
  });

  it('keeps the mean of numbers whose sum or squares are beyond all doubles', async () => {
    await withDuck(undefined, async (duck) => {
      const big = Number.MAX_VALUE;
      await table(duck, { squares: [1e200, 3e200, null], sums: [big, big, big], both: [big, -big, 0] });
      const { columns } = await profileRelation(duck, 'data', [numeric('squares'), numeric('sums'), numeric('both')]);
      expect(columns.squares).toMatchObject({ mean: 2e200, m2: null, missing: 1 });
      expect(columns.sums).toMatchObject({ mean: big, m2: null });
      expect(columns.both).toMatchObject({ min: -big, max: big, m2: null });
    });
  });

  it('counts by the bins and categories of a reference, and tells its rest from what is new', async () => {
    await withDuck(undefined, async (duck) => {
      await table(duck, { n: [1, 2, 3, 4], s: ['a', 'a', 'b', ''] });
      const reference = await profileRelation(duck, 'data', [numeric('n'), categorical('s')]);
      await table(duck, { n: [0, 2.5, 9, null], s: ['b', 'c', null, 'a'] });
      const { columns } = await profileRelation(duck, 'data', [numeric('n'), categorical('s')], reference);
      expect(columns.n).toMatchObject({ edges: [2, 3, 4], counts: [1, 1, 0, 1], missing: 1 });
      expect(columns.s).toMatchObject({ categories: ['a', 'b'], counts: [1, 1], missing: 1, unseen: 1, other: 0 });
    });
  });

  it('profiles a thousand columns by few queries, within little memory', async () => {
    await withDuck({ memoryMb: 384 }, async (duck) => {
      const names = Array.from({ length: 1_000 }, (_, i) => `f${i}`);
      await duck.run(
        `CREATE TEMP TABLE data AS SELECT ${names.map((name, i) => `${i % 4 === 0 ? `'v' || (r * ${i + 1}) % 7` : `(r * ${i + 1}) % 101`} AS ${name}`).join(', ')} FROM range(200) q(r)`,
      );
      let queries = 0;
      const counted: Duck = {
        ...duck,
        rows: (sql) => {
          queries++;
          return duck.rows(sql);
        },
      };
      const columns = names.map((name, i) => (i % 4 === 0 ? categorical(name) : numeric(name)));
      const { profile } = await summarizeRelation(counted, 'data', columns, {});
      expect(Object.keys(profile.columns)).toEqual(names);
      for (const column of Object.values(profile.columns))
        expect(countsOf(column).reduce((a, b) => a + b, 0)).toBe(200);
      expect(queries).toBeLessThan(100);
    });
  }, 60_000);
});

describe('summarizeRelation', () => {
  it('tells distinct and most frequent values, the same of a short table and of a long one', async () => {
    await withDuck(undefined, async (duck) => {
      for (const rows of [1_200, 24_000]) {
        await duck.run(
          `CREATE OR REPLACE TEMP TABLE data AS SELECT CASE WHEN r % 2 = 0 THEN 7.5 ELSE r % 6 END AS n, CASE WHEN r % 3 = 0 THEN 'often' WHEN r % 3 = 1 THEN NULL ELSE 's' || r % 12 END AS s FROM range(${rows}) q(r)`,
        );
        const { summary } = await summarizeRelation(duck, 'data', [numeric('n'), categorical('s')], {});
        expect(summary.columns.n).toMatchObject({
          distinct: { count: 4, exact: true },
          top: [
            { value: '7.5', count: rows / 2 },
            { value: '1', count: rows / 6 },
            { value: '3', count: rows / 6 },
            { value: '5', count: rows / 6 },
          ],
        });
        expect(summary.columns.s).toMatchObject({ distinct: { count: 5, exact: true }, histogram: null });
        expect(summary.columns.s!.top.slice(0, 2)).toEqual([
          { value: 'often', count: rows / 3 },
          { value: 's11', count: rows / 12 },
        ]);
      }
    });
  });

  it('says of numbers with very many values that there are more', async () => {
    await withDuck(undefined, async (duck) => {
      await duck.run('CREATE TEMP TABLE data AS SELECT r AS n, r % 10000 AS m FROM range(30000) q(r)');
      const { summary } = await summarizeRelation(duck, 'data', [numeric('n'), numeric('m')], {});
      expect(summary.columns.n).toMatchObject({ distinct: { count: 10_000, exact: false }, top: [] });
      expect(summary.columns.m).toMatchObject({ distinct: { count: 10_000, exact: true } });
    });
  });

  it('counts every number over equal widths once', async () => {
    await withDuck(undefined, async (duck) => {
      await table(duck, {
        n: [0, 0.5, 1, 9.99, 10, null],
        whole: [1, 2, 2, 3, 47, null],
        one: [5, 5, 5, 5, 5, 5],
        none: [null, null, null, null, null, null],
      });
      const { summary } = await summarizeRelation(duck, 'data', ['n', 'whole', 'one', 'none'].map(numeric), {});
      expect(summary.columns.n!.histogram!.counts).toEqual([1, 1, 1, ...Array.from({ length: 16 }, () => 0), 2]);
      // Three whole numbers a bin.
      expect(summary.columns.whole!.histogram!.edges.slice(0, 3)).toEqual([1, 4, 7]);
      expect(summary.columns.whole!.histogram!.counts).toEqual([4, ...Array.from({ length: 14 }, () => 0), 1]);
      expect(summary.columns.one!.histogram).toEqual({ edges: [5, 5], counts: [6] });
      expect(summary.columns.none!.histogram).toBeNull();
    });
  });

  it('counts what is missing by day, of the columns that miss something', async () => {
    await withDuck(undefined, async (duck) => {
      await duck.run(
        `CREATE TEMP TABLE data AS SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (r) HOUR AS "at", CASE WHEN r >= 48 AND r < 60 THEN NULL ELSE r END AS n, r AS m FROM range(96) q(r)`,
      );
      const { summary } = await summarizeRelation(duck, 'data', [numeric('n'), numeric('m')], {
        time: { name: 'at', milliseconds: 'epoch_ms("at")' },
      });
      expect(summary.missingOverTime).toEqual({
        column: 'at',
        unit: 'day',
        periods: ['01', '02', '03', '04'].map((day) => ({ from: `2026-01-${day}T00:00:00.000Z`, rows: 24 })),
        missing: { n: [0, 0, 12, 0] },
      });
    });
  });

  it('gives a label of numbers a histogram, and one of a few classes none', async () => {
    await withDuck(undefined, async (duck) => {
      await duck.run(
        `CREATE TEMP TABLE data AS SELECT (r * 1.5)::VARCHAR AS y, (r % 3)::VARCHAR AS c FROM range(100) q(r)`,
      );
      const { summary } = await summarizeRelation(duck, 'data', [categorical('y'), categorical('c')], {
        numbersAmong: ['y', 'c'],
      });
      expect(summary.columns.y!.histogram!.counts.reduce((a, b) => a + b, 0)).toBe(100);
      expect(summary.columns.c!.histogram).toBeNull();
    });
  });
});

describe('short tables of many columns', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.constantFrom(Number.NaN, 0, 1e200, -1e200, 1.5),
    fc.integer({ min: -40, max: 40 }),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  );
  const word = fc.oneof(fc.constantFrom(null, '', 'a', 'b', 'ab', '\ufb01', '\u{1f600}'), fc.string());
  const plain = (text: string | null): string | null => text?.replaceAll('\0', '') ?? null;

  it('come out as the same columns on their own do', async () => {
    await withDuck({ threads: 1 }, (duck) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(value, fc.constantFrom(0, 0, 0, 0, 7, 1, 2, 3), word), { minLength: 1, maxLength: 80 }),
          fc.array(fc.integer({ min: -1, max: 60 }), { minLength: 1, maxLength: 80 }),
          async (rows, more) => {
            const values = {
              a: rows.map(([a]) => a),
              // Nearly all the same: its edges are beside the mode.
              b: rows.map(([, b], i) => (i % 9 === 0 ? more[i % more.length]! : b)),
              t: rows.map(([, , t]) => plain(t)),
            };
            await table(duck, values);
            const own = [numeric('a'), numeric('b'), categorical('t')];
            const expected = await summarizeRelation(duck, 'data', own, {});
            const copies = Array.from({ length: 100 }, (_, i) => [
              { ...numeric(`n${i}`), expression: i % 2 === 0 ? 'a' : 'b' },
              { ...categorical(`c${i}`), expression: 't' },
            ]).flat();
            for (const reference of [undefined, expected.profile]) {
              const got = await summarizeRelation(duck, 'data', copies, { reference });
              for (const [name, copy] of [
                ['a', 'n0'],
                ['b', 'n99'],
                ['t', 'c50'],
              ] as const) {
                expect(got.summary.columns[copy]).toEqual(expected.summary.columns[name]);
                expect(rounded(got.profile.columns[copy]!)).toEqual(rounded(expected.profile.columns[name]!));
              }
            }
          },
        ),
        { numRuns: 40 },
      ),
    );
  });

  /** Sums come out by their order. */
  const rounded = (column: ColumnProfile): unknown =>
    column.kind === 'categorical'
      ? column
      : {
          ...column,
          mean: column.mean === null ? null : Number(column.mean.toPrecision(6)),
          m2: column.m2 === null || column.m2 > 1e290 ? null : Number(column.m2.toPrecision(6)),
        };
});
