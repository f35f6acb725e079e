import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fraction, isSampled } from '../../../core/serving/hash.ts';
import { route } from '../../../core/serving/route.ts';

describe('isSampled', () => {
  it('takes all at 1 and none at 0, and a larger share takes whatever a smaller one takes', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (id, a, b) => {
          expect(isSampled(id, 1)).toBe(true);
          expect(isSampled(id, 0)).toBe(false);
          if (isSampled(id, Math.min(a, b))) expect(isSampled(id, Math.max(a, b))).toBe(true);
        },
      ),
    );
  });

  it('is independent of the routing: the challenger is sampled like the champion', () => {
    const traffic = {
      champion: 1,
      challengers: [
        {
          version: 2,
          weight: 0.2,
          steps: [0.2, 1],
          step: 0,
          since: '2026-01-01T00:00:00.000Z',
          slices: [[0, 0.2] as [number, number]],
        },
      ],
      salt: 2,
      shadow: null,
    };
    const ids = Array.from({ length: 50_000 }, (_, i) => `request-${i}`);
    const challenger = ids.filter((id) => route('m', traffic, id)!.variant === 'challenger');
    const sampled = challenger.filter((id) => isSampled(id, 0.3));
    expect(Math.abs(sampled.length / challenger.length - 0.3)).toBeLessThan(0.025);
  });

  it('spreads evenly: a chi-squared over 16 bins of sequential ids stays below its 99.9 % point', () => {
    const bins = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) bins[Math.floor(fraction(`id-${i}`) * 16)]!++;
    const chi = bins.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    expect(chi).toBeLessThan(37.7);
  });
});
