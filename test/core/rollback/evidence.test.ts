import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOfRates, wilson } from '../../../core/rollback/evidence.ts';

describe('differenceOfRates', () => {
  // Newcombe (1998), table II, method 10.
  it.each([
    { first: [56, 70], second: [48, 80], published: [0.0524, 0.3339] },
    { first: [9, 10], second: [3, 10], published: [0.1705, 0.809] },
    { first: [6, 7], second: [2, 7], published: [0.0582, 0.8062] },
    { first: [5, 56], second: [0, 29], published: [-0.0381, 0.1926] },
    { first: [0, 10], second: [0, 20], published: [-0.1611, 0.2775] },
    { first: [10, 10], second: [0, 20], published: [0.6791, 1] },
  ] as const)('agrees with the published interval for $first against $second', ({ first, second, published }) => {
    const [[x1, n1], [x2, n2], [low, high]] = [first, second, published];
    const interval = differenceOfRates(x1 / n1, n1, x2 / n2, n2);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds the difference, and turns its sign with the order', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    const count = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(rate, count, rate, count, (p1, n1, p2, n2) => {
        const there = differenceOfRates(p1, n1, p2, n2);
        const back = differenceOfRates(p2, n2, p1, n1);
        expect(there.low).toBeLessThanOrEqual(there.difference + 1e-12);
        expect(there.high).toBeGreaterThanOrEqual(there.difference - 1e-12);
        expect(there.low).toBeCloseTo(-back.high, 10);
      }),
    );
  });
});

describe('wilson', () => {
  // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('agrees with the published interval for %i of %i', (x, n, low, high) => {
    expect(wilson(x / n, n)[0]).toBeCloseTo(low, 4);
    expect(wilson(x / n, n)[1]).toBeCloseTo(high, 4);
  });
});
