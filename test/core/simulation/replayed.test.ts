import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/simulation/random.ts';
import {
  askAgain,
  disagreementByChance,
  likenessOf,
  noReplayedPairs,
  pairTruths,
} from '../../../core/simulation/replayed.ts';

const N = 200_000;

describe('requests that are asked again', () => {
  it('are bad of each version with its chance', () => {
    const pairs = noReplayedPairs();
    askAgain(pairs, new Random(1), N, { suspect: 0.6, reference: 0.1 });
    expect(pairs.n).toBe(N);
    expect((pairs.both + pairs.suspectOnly) / N).toBeCloseTo(0.6, 2);
    expect((pairs.both + pairs.referenceOnly) / N).toBeCloseTo(0.1, 2);
    expect(pairs.both / N).toBeCloseTo(0.06, 2);
  });

  it.each([
    [0.4, 0.1, 0.35],
    [0.1, 0.1, 0.05],
    // They differ at least by their errors, and at most by all of them.
    [0.4, 0.1, 0],
    [0.2, 0.1, 0.9],
    [0, 0.1, 0.05],
    [1, 0.1, 0.05],
  ])('are wrong of each version as often as it is: %d, %d, %d apart', (a, b, disagreement) => {
    const random = new Random(2);
    const wrong = random.binomial(N, a);
    const pairs = pairTruths(random, { n: N, wrong }, { suspect: a, reference: b, disagreement });
    expect(pairs.both + pairs.suspectOnly).toBe(wrong);
    expect((pairs.both + pairs.referenceOnly) / N).toBeCloseTo(b, 2);
    const apart = Math.min(Math.max(disagreement, Math.abs(a - b)), a + b, 2 - a - b);
    expect((pairs.suspectOnly + pairs.referenceOnly) / N).toBeCloseTo(apart, 2);
  });
});

describe('likeness', () => {
  const versions = [{ name: 'a' }, { name: 'b' }, { name: 'c', disagreement: 0.2, rankCorrelation: 0.5 }];

  it('is that of the first version, and of two others by way of it', () => {
    expect(likenessOf(versions, 2, 2)).toEqual({ disagreement: 0, rankCorrelation: 1 });
    expect(likenessOf(versions, 3, 1)).toEqual({ disagreement: 0.2, rankCorrelation: 0.5 });
    expect(likenessOf(versions, 2, 3).disagreement).toBeCloseTo(0.05 + 0.2 - 2 * 0.05 * 0.2, 12);
    expect(likenessOf(versions, 2, 3).rankCorrelation).toBeCloseTo(0.475, 12);
  });

  it('by chance is that of the shares of decisions', () => {
    const table = (positive: number) => ({ classes: 2, cells: [1 - positive, positive, 0, 0] });
    expect(disagreementByChance(table(0.3), table(0.3))).toBeCloseTo(0.42, 12);
    expect(disagreementByChance(table(0), table(0.3))).toBeCloseTo(0.3, 12);
  });
});
