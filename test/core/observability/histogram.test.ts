import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECONDS, SHARES, VALUES } from '../../../core/observability/buckets.ts';
import { Histogram } from '../../../core/observability/histogram.ts';

describe('Histogram', () => {
  it('counts every number once, in the first bin whose edge is not below it', () => {
    const edges = fc
      .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(edges, fc.array(fc.integer({ min: -60, max: 60 })), (sorted, values) => {
        const histogram = new Histogram(sorted);
        for (const value of values) histogram.observe(value);
        expect(histogram.count).toBe(values.length);
        let below = 0;
        for (const [i, edge] of sorted.entries()) {
          below += histogram.counts[i]!;
          expect(below).toBe(values.filter((value) => value <= edge).length);
        }
        expect(histogram.sum).toBe(values.reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('leaves out what is no number', () => {
    const histogram = new Histogram([1]);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) histogram.observe(value);
    expect({ count: histogram.count, sum: histogram.sum }).toEqual({ count: 0, sum: 0 });
  });

  it('has edges that ascend, with those of Prometheus’s Python client among the seconds', () => {
    for (const edges of [SECONDS, SHARES, VALUES]) expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b));
    expect(SECONDS).toEqual(
      expect.arrayContaining([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]),
    );
  });
});
