import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOfRates, type Rate, wilson } from '../../../core/rollback/evidence.ts';

describe('differenceOfRates', () => {
  // Newcombe (1998), table II, method 10.
  it.each([
    { a: [56, 70], b: [48, 80], expected: [0.0524, 0.3339] },
    { a: [9, 10], b: [3, 10], expected: [0.1705, 0.809] },
    { a: [6, 7], b: [2, 7], expected: [0.0582, 0.8062] },
    { a: [5, 56], b: [0, 29], expected: [-0.0381, 0.1926] },
    { a: [0, 10], b: [0, 20], expected: [-0.1611, 0.2775] },
    { a: [10, 10], b: [0, 20], expected: [0.6791, 1] },
  ])('agrees with the published interval for $a against $b', ({ a, b, expected }) => {
    const rate = ([events, samples]: number[]): Rate => ({ mean: events! / samples!, samples: samples! });
    const interval = differenceOfRates(rate(a), rate(b));
    expect(interval.low).toBeCloseTo(expected[0]!, 4);
    expect(interval.high).toBeCloseTo(expected[1]!, 4);
  });

  it('holds the difference, and turns its sign with the order', () => {
    const rate = fc.record({
      mean: fc.double({ min: 0, max: 1, noNaN: true }),
      samples: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const there = differenceOfRates(a, b);
        const back = differenceOfRates(b, a);
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
