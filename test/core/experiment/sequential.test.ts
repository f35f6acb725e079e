import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixtureRatio, normalQuantile, planFor, radius, rhoFor } from '../../../core/experiment/sequential.ts';
// Made by mixture.py, beside it.
import known from './mixture.json' with { type: 'json' };

describe('the normal mixture', () => {
  it.each(known.radius)('has radius $radius at information $information, alpha $alpha, rho $rho', (each) => {
    const { information, alpha, rho } = each;
    expect(radius(information, alpha, rho) / each.radius).toBeCloseTo(1, 9);
    expect(mixtureRatio(1.5 / Math.sqrt(information), information, rho) / each.ratio).toBeCloseTo(1, 9);
  });

  it('is the test read as an interval: an estimate leaves it exactly where the ratio passes 1/alpha', () => {
    const positive = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (information, rho, alpha) => {
        const edge = radius(information, alpha, rho);
        expect(mixtureRatio(edge, information, rho) * alpha).toBeCloseTo(1, 6);
        // Never as narrow as the interval of a single look.
        expect(edge * Math.sqrt(information)).toBeGreaterThan(-normalQuantile(alpha / 2));
      }),
    );
  });

  it.each(known.rho)('is within 1.5 % of its tightest at the planned information, alpha $alpha', (each) => {
    const { information, alpha } = each;
    expect(radius(information, alpha, rhoFor(information, alpha)) / each.radius).toBeLessThan(1.015);
  });

  it.each(known.quantile)('has the normal quantile $z of $p', ({ p, z }) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
  });
});

describe('planFor', () => {
  it('plans for more than a test of a single look, and four times as much for half the effect', () => {
    const single = (normalQuantile(0.975) + normalQuantile(0.8)) ** 2 / 0.02 ** 2;
    const { horizon } = planFor(0.02, 0.05, 0.8);
    expect(horizon).toBeGreaterThan(single);
    expect(horizon).toBeLessThan(2.5 * single);
    expect(planFor(0.01, 0.05, 0.8).horizon / horizon).toBeCloseTo(4, 6);
    expect(planFor(0.02, 0.01, 0.8).horizon).toBeGreaterThan(horizon);
    expect(planFor(0.02, 0.05, 0.95).horizon).toBeGreaterThan(horizon);
  });
});
