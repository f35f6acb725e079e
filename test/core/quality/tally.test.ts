import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinaryRow } from '../../../core/quality/binary.ts';
import { TallyMismatchError } from '../../../core/quality/mismatch.ts';
import { addValue, mergeMoments, noMoments, varianceOf } from '../../../core/quality/moments.ts';
import { emptyRegression } from '../../../core/quality/regression.ts';
import { mergeTallies, Tally } from '../../../core/quality/tally.ts';
import {
  binaryOf,
  binaryRow,
  multiclassOf,
  multiclassRow,
  REGRESSION,
  regressionOf,
  regressionRow,
  SCORED,
} from './tallies.ts';

/** Whole numbers exactly, others to rounding of sums of their size. */
function expectSame(a: unknown, b: unknown, where = ''): void {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isInteger(a) && Number.isInteger(b)) expect(a, where).toBe(b);
    else expect(Math.abs(a - b), `${where}: ${a}, ${b}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(a)));
  } else if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    expect(Object.keys(a).sort(), where).toEqual(Object.keys(b).sort());
    for (const [key, value] of Object.entries(a))
      expectSame(value, (b as Record<string, unknown>)[key], `${where}.${key}`);
  } else expect(a, where).toEqual(b);
}

/** Sums of fourth powers of numbers up to a thousand: compared by their size. */
const withoutProducts = (tally: Tally): unknown => (tally.task === 'regression' ? { ...tally, products: {} } : tally);

const CASES: [string, fc.Arbitrary<unknown>, (rows: never[]) => Tally][] = [
  ['binary', binaryRow, binaryOf as (rows: never[]) => Tally],
  ['scores', binaryRow, ((rows: BinaryRow[]) => binaryOf(rows, SCORED)) as (rows: never[]) => Tally],
  ['multiclass', multiclassRow, multiclassOf as (rows: never[]) => Tally],
  ['regression', regressionRow, regressionOf as (rows: never[]) => Tally],
];

describe.each(CASES)('a %s tally', (_, row, tallyOf) => {
  const rows = fc.array(row) as fc.Arbitrary<never[]>;

  it('of pieces is that of the whole, in whatever order they are merged', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const whole = withoutProducts(tallyOf([...a, ...b, ...c]));
        const [x, y, z] = [tallyOf(a), tallyOf(b), tallyOf(c)];
        expectSame(withoutProducts(mergeTallies(mergeTallies(x, y), z)), whole);
        expectSame(withoutProducts(mergeTallies(x, mergeTallies(y, z))), whole);
        expectSame(withoutProducts(mergeTallies(z, mergeTallies(y, x))), whole);
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(rows, (a) => {
        expectSame(withoutProducts(tallyOf(a.toReversed())), withoutProducts(tallyOf(a)));
      }),
      { numRuns: 60 },
    );
  });

  it('is stored as JSON and read back as it was', () => {
    fc.assert(
      fc.property(rows, (a) => {
        const tally = tallyOf(a);
        expect(Tally.parse(JSON.parse(JSON.stringify(tally)))).toEqual(tally);
      }),
      { numRuns: 30 },
    );
  });
});

describe('tallies of different things', () => {
  it('do not merge', () => {
    const other = [
      [binaryOf([]), multiclassOf([])],
      [binaryOf([]), binaryOf([], SCORED)],
      [binaryOf([], SCORED), binaryOf([], { ...SCORED, edges: [1] })],
      [multiclassOf([]), multiclassOf([], ['a', 'b'])],
      [regressionOf([]), emptyRegression({ edges: [1] })],
      [regressionOf([]), emptyRegression({ edges: REGRESSION.edges })],
    ] as const;
    for (const [a, b] of other) expect(() => mergeTallies(a, b)).toThrow(TallyMismatchError);
  });
});

describe('moments', () => {
  it('keep the variance of numbers that are far from 0', () => {
    const [a, b] = [noMoments(), noMoments()];
    for (let i = 0; i < 1_000; i++) addValue(i % 2 === 0 ? a : b, 1e9 + (i % 10));
    expect(varianceOf(mergeMoments(a, b))).toBeCloseTo(8.25 * (1_000 / 999), 6);
  });
});
