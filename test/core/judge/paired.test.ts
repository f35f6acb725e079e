import { describe, expect, it } from 'vitest';
import { logPairs } from '../../../core/judge/paired.ts';
import { Random } from '../../../core/simulation/random.ts';

const pairs = (suspectOnly: number, referenceOnly: number): number => logPairs({ suspectOnly, referenceOnly });

/** The mean over coins of the likelihood ratio, by Simpson's rule: independent of the closed form. */
function byQuadrature(a: number, b: number): number {
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const q = 0.5 + (0.5 * i) / steps;
    const edge = i === steps ? 1 : 4 - 2 * ((i + 1) % 2);
    const weight = i === 0 ? 1 : edge;
    sum += weight * (2 * q) ** a * (2 * (1 - q)) ** b;
  }
  // Simpson's h / 3 with h = 0.5 / steps, times the density 2.
  return Math.log(sum / (3 * steps));
}

describe('the paired e-value', () => {
  it.each([
    [0, 0, 1],
    // 2 times the integral of 2 q over (1/2, 1].
    [1, 0, 3 / 2],
    [0, 1, 1 / 2],
    // (2^(a + 1) - 1) / (a + 1).
    [12, 0, 8_191 / 13],
  ])('of %d pairs one way and %d the other is known', (a, b, value) => {
    expect(Math.exp(pairs(a, b))).toBeCloseTo(value, 9);
  });

  it.each([
    [3, 2],
    [40, 25],
    [7, 60],
    [180, 140],
  ])('is the integral over coins: %d and %d', (a, b) => {
    expect(pairs(a, b)).toBeCloseTo(byQuadrature(a, b), 6);
  });

  it('holds no number too large', () => {
    expect(pairs(100_000, 50_000)).toBeGreaterThan(8_000);
    expect(pairs(100_000, 0)).toBeCloseTo(100_001 * Math.LN2 - Math.log(100_001), 6);
    expect(pairs(0, 100_000)).toBeCloseTo(-Math.log(100_001), 6);
  });

  it('needs 11 to 16 pairs one way, at the levels that a release has for one of its metrics', () => {
    const needed = (level: number): number => {
      let count = 0;
      while (pairs(count, 0) < -Math.log(level)) count++;
      return count;
    };
    expect(needed(0.005)).toBe(11);
    expect(needed(0.002)).toBe(12);
    expect(needed(0.000_1)).toBe(17);
  });

  it.each([0.5, 0.4])('ever passes 1 / alpha with a chance of alpha at most, looked at after each pair: %d', (coin) => {
    const alpha = 0.05;
    const runs = 4_000;
    let passed = 0;
    for (let run = 0; run < runs; run++) {
      const random = new Random(run);
      let [a, b] = [0, 0];
      for (let i = 0; i < 300; i++) {
        if (random.uniform() < coin) a++;
        else b++;
        if (pairs(a, b) >= -Math.log(alpha)) {
          passed++;
          break;
        }
      }
    }
    // Three standard deviations of the count above alpha.
    expect(passed / runs).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs));
    if (coin === 0.5) expect(passed / runs).toBeGreaterThan(alpha / 5);
  });
});
