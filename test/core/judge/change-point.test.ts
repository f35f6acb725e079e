import { describe, expect, it } from 'vitest';
import { riseEvidence } from '../../../core/judge/change-point.ts';
import type { Counts } from '../../../core/judge/counts.ts';
import { Random } from '../../../core/simulation/random.ts';

const series = (random: Random, periods: number, n: number, rate: (i: number) => number): Counts[] =>
  Array.from({ length: periods }, (_, i) => {
    let bad = 0;
    for (let k = 0; k < n; k++) if (random.uniform() < rate(i)) bad++;
    return { n, bad };
  });

describe('evidence that a rate became more', () => {
  it('is the likelihood of two rates against one', () => {
    // 20 ln terms by hand: 2 of 20 and 10 of 20, against 12 of 40.
    const two = 2 * Math.log(0.1) + 18 * Math.log(0.9) + 20 * Math.log(0.5);
    const one = 12 * Math.log(0.3) + 28 * Math.log(0.7);
    expect(
      riseEvidence([
        { n: 20, bad: 2 },
        { n: 20, bad: 10 },
      ]),
    ).toBeCloseTo(two - one, 10);
  });

  it('is none of a rate that became less, of few, and of what are no counts', () => {
    const of = (...counts: [number, number][]) => riseEvidence(counts.map(([bad, n]) => ({ n, bad })));
    expect(of([200, 400], [40, 400])).toBe(0);
    expect(of([0, 10], [200, 400])).toBe(0);
    expect(of()).toBe(0);
    expect(of([90, 40], [900, 40])).toBe(0);
  });

  it('is little in series of one rate, and much where it rises', () => {
    const random = new Random(7);
    const share = (rate: (i: number) => number, needed: number): number => {
      const all = Array.from({ length: 1_000 }, () => riseEvidence(series(random, 40, 10, rate)));
      return all.filter((each) => each > needed).length / all.length;
    };
    expect(share(() => 0.4, 7)).toBeLessThanOrEqual(0.01);
    expect(share(() => 0.1, 7)).toBeLessThanOrEqual(0.01);
    expect(share(() => 0.1, 2.5)).toBeLessThanOrEqual(0.2);
    expect(share((i) => (i < 10 ? 0.1 : 0.35), 7)).toBeGreaterThanOrEqual(0.9);
  });
});
