import { describe, expect, it } from 'vitest';
import { becameMore } from '../../../core/judge/change-point.ts';
import type { Counts } from '../../../core/judge/counts.ts';
import { Random } from '../../../core/simulation/random.ts';

const series = (random: Random, periods: number, n: number, rate: (i: number) => number): Counts[] =>
  Array.from({ length: periods }, (_, i) => {
    let bad = 0;
    for (let k = 0; k < n; k++) if (random.uniform() < rate(i)) bad++;
    return { n, bad };
  });

describe('a rate that became more', () => {
  it('is told by the likelihood of two rates against one', () => {
    // 2 of 20 and 10 of 20, against 12 of 40: 20 ln terms by hand give 4.0; of 4 and 20 of 40 each, twice that.
    expect(
      becameMore([
        { n: 20, bad: 2 },
        { n: 20, bad: 10 },
      ]),
    ).toBe(false);
    expect(
      becameMore([
        { n: 40, bad: 4 },
        { n: 40, bad: 20 },
      ]),
    ).toBe(true);
  });

  it('is no rate that became less, nor one of few', () => {
    expect(
      becameMore([
        { n: 400, bad: 200 },
        { n: 400, bad: 40 },
      ]),
    ).toBe(false);
    expect(
      becameMore([
        { n: 10, bad: 0 },
        { n: 400, bad: 200 },
      ]),
    ).toBe(false);
    expect(becameMore([])).toBe(false);
    // Sums of errors are no counts.
    expect(
      becameMore([
        { n: 40, bad: 90 },
        { n: 40, bad: 900 },
      ]),
    ).toBe(false);
  });

  it('is found in few series of one rate, and in nearly all where it rises', () => {
    const random = new Random(7);
    const found = (rate: (i: number) => number): number =>
      Array.from({ length: 1_000 }, () => becameMore(series(random, 40, 10, rate))).filter(Boolean).length;
    expect(found(() => 0.4)).toBeLessThanOrEqual(20);
    expect(found(() => 0.1)).toBeLessThanOrEqual(20);
    expect(found((i) => (i < 10 ? 0.1 : 0.35))).toBeGreaterThanOrEqual(970);
  });
});
