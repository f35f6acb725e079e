import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../core/quality/metric.ts';
import { binaryMetrics } from '../../../core/quality/metrics-binary.ts';
import { designEffect, mergeUnits, unitsOf } from '../../../core/quality/units.ts';
import { binaryOf } from './tallies.ts';

describe('the design effect', () => {
  const unit = (rows: number, wrong: number) => ({ rows, loss: wrong, squares: wrong });

  it('is 1 of rows that are units of their own, and merges', () => {
    const [a, b] = [unitsOf([unit(1, 0), unit(1, 1)]), unitsOf([unit(1, 0)])];
    expect(designEffect(mergeUnits(a, b))).toBe(1);
    expect(mergeUnits(a, b)).toEqual(unitsOf([unit(1, 0), unit(1, 1), unit(1, 0)]));
    expect(designEffect(unitsOf([]))).toBe(1);
  });

  it('is about the rows of a unit where they are all alike', () => {
    const alike = unitsOf(Array.from({ length: 200 }, (_, i) => unit(10, i % 4 === 0 ? 10 : 0)));
    expect(designEffect(alike)).toBeCloseTo(10, 0);
    expect(designEffect(unitsOf([unit(50, 3)]))).toBe(50);
    expect(designEffect(unitsOf([unit(10, 0), unit(10, 0)]))).toBe(10);
  });

  it('is too small by as many times at most as there are hours in which a unit was seen', () => {
    const totals = fc.record({
      rows: fc.integer({ min: 1, max: 20 }),
      wrong: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 6 })
          .chain((hours) =>
            fc.tuple(
              fc.constant(hours),
              fc.array(fc.array(totals, { minLength: 1, maxLength: hours }), { minLength: 2 }),
            ),
          ),
        ([hours, seen]) => {
          const parts = seen.map((of) => of.map(({ rows, wrong }) => unit(rows, Math.round(rows * wrong))));
          const whole = parts.map((of) =>
            unit(
              of.reduce((sum, { rows }) => sum + rows, 0),
              of.reduce((sum, { loss }) => sum + loss, 0),
            ),
          );
          const known = unitsOf(whole);
          // Where all rows are alike it goes by the numbers of units.
          if (known.loss === 0 || known.loss === known.rows) return;
          const counted = unitsOf(parts.flat());
          const small = (known.n / (known.n - 1)) * ((counted.n - 1) / counted.n);
          expect(designEffect(known)).toBeLessThanOrEqual(hours * Math.max(1, small) * designEffect(counted) + 1e-9);
        },
      ),
    );
  });

  it('widens intervals', () => {
    const tally = binaryOf(Array.from({ length: 100 }, (_, i) => ({ score: i / 100, truth: i % 2 === 0 })));
    const [alone, clustered] = [binaryMetrics(tally), binaryMetrics(tally, { designEffect: 4 })];
    for (const name of ['errorRate', 'f1', 'brier', 'rocAuc'] as const) {
      const width = ({ low, high }: Metric): number => high! - low!;
      expect(width(clustered[name]!) / width(alone[name]!), name).toBeGreaterThan(1.5);
      expect(clustered[name]!.value).toBe(alone[name]!.value);
    }
  });
});
