import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/simulation/random.ts';

const DRAWS = 20_000;

/** Mean and variance of many draws, in standard errors of what is expected. */
function deviations(draw: () => number, mean: number, variance: number): { mean: number; variance: number } {
  const values = Array.from({ length: DRAWS }, draw);
  const found = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  const kurtosis = values.reduce((sum, value) => sum + ((value - mean) ** 2 - spread) ** 2, 0) / DRAWS;
  return {
    mean: (found - mean) / Math.sqrt(variance / DRAWS),
    variance: (spread - variance) / Math.sqrt(kurtosis / DRAWS),
  };
}

describe('Random', () => {
  it.each([
    [1, 0.3],
    [40, 0.05],
    [40, 0.97],
    [50, 0.5],
    [1_000, 0.005],
    [1_000, 0.3],
    [1_000_000, 0.02],
    [1_000_000, 0.7],
  ])('draws binomial counts of %d trials at %d with their moments', (n, p) => {
    const random = new Random(7);
    const found = deviations(() => random.binomial(n, p), n * p, n * p * (1 - p));
    expect(Math.abs(found.mean)).toBeLessThan(4.5);
    expect(Math.abs(found.variance)).toBeLessThan(4.5);
  });

  it.each([0.01, 0.5, 5, 9.99, 10, 37, 2_000])('draws Poisson counts around %d with their moments', (mean) => {
    const random = new Random(8);
    const found = deviations(() => random.poisson(mean), mean, mean);
    expect(Math.abs(found.mean)).toBeLessThan(4.5);
    expect(Math.abs(found.variance)).toBeLessThan(4.5);
  });

  it('draws each binomial count as often as it is due, by rejection, too', () => {
    const [n, p] = [60, 0.3];
    const random = new Random(9);
    const counts = new Array<number>(n + 1).fill(0);
    for (let i = 0; i < DRAWS; i++) counts[random.binomial(n, p)]!++;
    let mass = (1 - p) ** n;
    for (let k = 0; k <= n; k++) {
      const expected = mass * DRAWS;
      if (expected > 20) expect(Math.abs(counts[k]! - expected) / Math.sqrt(expected)).toBeLessThan(4.5);
      mass *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
  });

  it('gives counts within their bounds, and multinomial ones that add up', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true }), (seed, n, p) => {
        const random = new Random(seed);
        const count = random.binomial(n, p);
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(n);
        const parts = random.multinomial(n, [p / 2, p / 2, 1 - p]);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(n);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('draws the same at a place, whatever was drawn before', () => {
    const random = new Random(3);
    const first = random.at(1, -20).uniform();
    for (let i = 0; i < 10; i++) random.uniform();
    expect(random.at(1, -20).uniform()).toBe(first);
    expect(random.at(1, -10).uniform()).not.toBe(first);
    expect(random.at(2, -20).uniform()).not.toBe(first);
    expect(new Random(4).at(1, -20).uniform()).not.toBe(first);
  });
});
