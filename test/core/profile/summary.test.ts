import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardDeviation } from '../../../core/profile/standard-deviation.ts';
import { equalWidthEdges, timeUnitFor } from '../../../core/profile/summary.ts';

describe('equalWidthEdges', () => {
  it('ascends from the least to the greatest number in at most 20 bins, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        (a, b, whole) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          const [min, max] = whole ? [Math.floor(low), Math.floor(high)] : [low, high];
          const edges = equalWidthEdges(min, max, whole);
          expect(edges.length).toBeLessThanOrEqual(21);
          expect(edges[0]! + 0).toBe(min + 0);
          expect(edges.at(-1)!).toBeGreaterThanOrEqual(max);
          if (min < max)
            for (const [i, edge] of edges.entries()) if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1]!);
        },
      ),
    );
  });

  it('holds as many whole numbers in each bin', () => {
    expect(equalWidthEdges(1, 7, true)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(equalWidthEdges(0, 49, true).slice(0, 3)).toEqual([0, 3, 6]);
  });

  it('has none of what is not finite', () => {
    expect(equalWidthEdges(Number.NEGATIVE_INFINITY, 1, false)).toEqual([]);
  });
});

describe('timeUnitFor', () => {
  it('cuts a span into few dozen periods', () => {
    const day = 86_400_000;
    expect([0, day, 30 * day, 365 * day, 4 * 365 * day, 50 * 365 * day].map(timeUnitFor)).toEqual([
      'hour',
      'hour',
      'day',
      'week',
      'month',
      'year',
    ]);
  });
});

describe('standardDeviation', () => {
  const column = {
    kind: 'numeric',
    rows: 5,
    missing: 1,
    edges: [],
    counts: [4],
    min: 1,
    max: 4,
    mean: 2.5,
    m2: 5,
  } as const;
  it('is that of the sample, and none of fewer than two values', () => {
    expect(standardDeviation({ ...column, edges: [], counts: [4] })).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(standardDeviation({ ...column, edges: [], counts: [1], rows: 2 })).toBeNull();
    expect(standardDeviation({ ...column, edges: [], counts: [4], m2: null })).toBeNull();
  });
});
