import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinaryRow } from '../../../core/quality/binary.ts';
import { Metric } from '../../../core/quality/metric.ts';
import { businessValue } from '../../../core/quality/metrics-business.ts';
import { regressionMetrics } from '../../../core/quality/metrics-regression.ts';
import { TallyMismatchError } from '../../../core/quality/mismatch.ts';
import { addValue, Moments, mergeMoments, noMoments, TOO_LARGE, varianceOf } from '../../../core/quality/moments.ts';
import { pairedDifference } from '../../../core/quality/paired.ts';
import { emptyRegression, type RegressionRow, type RegressionTally } from '../../../core/quality/regression.ts';
import { mergeTallies, Tally } from '../../../core/quality/tally.ts';
import { designEffect, Units, unitsOf } from '../../../core/quality/units.ts';
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

describe('numbers too large to square', () => {
  const huge: fc.Arbitrary<RegressionRow> = fc.record({
    score: fc.double({ noNaN: true, noDefaultInfinity: true }),
    truth: fc.double({ noNaN: true, noDefaultInfinity: true }),
  });

  it('leave a tally that is stored, read back, merged and described', () => {
    fc.assert(
      fc.property(fc.array(huge), fc.array(huge), (a, b) => {
        const merged = mergeTallies(regressionOf(a), regressionOf(b));
        expect(Tally.parse(JSON.parse(JSON.stringify(merged)))).toEqual(JSON.parse(JSON.stringify(merged)));
        for (const metric of Object.values(regressionMetrics(merged as RegressionTally)))
          expect(Metric.parse(JSON.parse(JSON.stringify(metric)))).toEqual(metric);
      }),
    );
  });

  it('are said to be too large, and hide no metric that does not need their squares', () => {
    const tally = regressionOf([1e200, 2, 3].map((truth) => ({ score: 1, truth })));
    expect(Tally.parse(JSON.parse(JSON.stringify(tally)))).toEqual(tally);
    const metrics = regressionMetrics(tally);
    expect(metrics.rmse).toMatchObject({ value: null, reason: TOO_LARGE });
    expect(metrics.r2).toMatchObject({ value: null, reason: TOO_LARGE });
    expect(metrics.mae!.value).toBeCloseTo(1e200 / 3, -188);
    expect(metrics.withinTolerance!.value).toBeCloseTo(1 / 3, 12);
  });

  it('have a mean as long as their sum is a number', () => {
    const of = (...values: number[]) => {
      const moments = noMoments();
      for (const value of values) addValue(moments, value);
      return businessValue(Moments.parse(JSON.parse(JSON.stringify(moments))));
    };
    expect(of(1e160, -1e160, 3e160)).toMatchObject({ mean: { value: 1e160, low: null }, total: { value: 3e160 } });
    expect(of(1.7e308, 1.7e308)).toMatchObject({
      mean: { value: null, reason: TOO_LARGE },
      total: { value: null, reason: TOO_LARGE },
    });
  });

  it('leave the effect of units to be told from their number', () => {
    const units = unitsOf([
      { rows: 2, loss: 1e200, squares: Number.POSITIVE_INFINITY },
      { rows: 4, loss: 1, squares: 1 },
    ]);
    expect(designEffect(Units.parse(JSON.parse(JSON.stringify(units))))).toBe(3);
  });

  it('have no difference where its interval is beyond all numbers', () => {
    const terms = [1e200, 1].map((loss, i) => ({
      unit: String(i),
      sum: [loss, 1] as const,
      weight: [1, 1] as const,
    }));
    expect(pairedDifference(terms)).toBeUndefined();
  });
});

describe('moments', () => {
  it('keep the variance of numbers that are far from 0', () => {
    const [a, b] = [noMoments(), noMoments()];
    for (let i = 0; i < 1_000; i++) addValue(i % 2 === 0 ? a : b, 1e9 + (i % 10));
    expect(varianceOf(mergeMoments(a, b))).toBeCloseTo(8.25 * (1_000 / 999), 6);
  });
});
