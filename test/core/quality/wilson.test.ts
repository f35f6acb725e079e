import { describe, expect, it } from 'vitest';
import { wilson } from '../../../core/quality/wilson.ts';

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

  it('ends at none and at all exactly, however many there are', () => {
    for (const n of [1, 7, 100, 601, 10_007]) {
      expect(wilson(0, n)[0]).toBe(0);
      expect(wilson(1, n)[1]).toBe(1);
    }
  });
});
