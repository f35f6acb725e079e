import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residentRoutes, route, type Traffic } from '../../../core/serving/route.ts';

const canary = (weight: number, version = 2): Traffic => ({
  champion: 1,
  challenger: { version, weight, steps: [weight, 1], step: 0, since: '2026-01-01T00:00:00.000Z' },
  shadow: null,
});
const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('route', () => {
  it('sends everything to the champion while there is no challenger', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(route('m', { champion: 4, challenger: null, shadow: 5 }, key)).toEqual({
          variant: 'champion',
          version: 4,
        });
      }),
    );
  });

  it('gives nobody when nothing is released', () => {
    expect(route('m', { champion: null, challenger: null, shadow: null }, 'k')).toBeUndefined();
  });

  it('sticks: the same key always goes to the same variant', () => {
    fc.assert(
      fc.property(fc.string(), share, (key, weight) => {
        expect(route('m', canary(weight), key)).toEqual(route('m', canary(weight), key));
      }),
    );
  });

  it('never takes a key back from the challenger while its weight grows', () => {
    fc.assert(
      fc.property(fc.string(), share, share, (key, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        if (route('m', canary(low), key)!.variant === 'challenger')
          expect(route('m', canary(high), key)!.variant).toBe('challenger');
      }),
    );
  });

  it.each([0.01, 0.05, 0.25, 0.5, 0.9])('gives the challenger its share of %d, for near keys too', (weight) => {
    const keys = 40_000;
    let hits = 0;
    for (let i = 0; i < keys; i++) if (route('m', canary(weight), `user-${i}`)!.variant === 'challenger') hits++;
    // Five standard deviations of a binomial.
    expect(Math.abs(hits / keys - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / keys));
  });

  it('lets other callers try the next challenger', () => {
    const of = (version: number) =>
      new Set(
        Array.from({ length: 2_000 }, (_, i) => `user-${i}`).filter(
          (key) => route('m', canary(0.1, version), key)!.version === version,
        ),
      );
    const both = [...of(2)].filter((key) => of(3).has(key)).length;
    expect(both).toBeLessThan(60);
  });
});

describe('residentRoutes', () => {
  it('names everything that has traffic, champion first', () => {
    expect(residentRoutes({ ...canary(0.1), shadow: 3 })).toEqual([
      { variant: 'champion', version: 1 },
      { variant: 'challenger', version: 2 },
      { variant: 'shadow', version: 3 },
    ]);
  });
});
