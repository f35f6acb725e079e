import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoricalOutlierScore, empiricalCdfOf, numericOutlierScore } from '../../../core/guards/outlier-score.ts';
import { countColumn } from '../../../core/profile/count.ts';
import type { CategoricalProfile, NumericProfile } from '../../../core/profile/profile.ts';

const numeric = (edges: readonly number[], values: Iterable<number>): NumericProfile =>
  countColumn(
    {
      kind: 'numeric',
      rows: 0,
      missing: 0,
      edges: [...edges],
      counts: new Array(edges.length + 1).fill(0),
      min: null,
      max: null,
      mean: null,
      m2: null,
    },
    values,
  ) as NumericProfile;
const categorical = (values: readonly string[]): CategoricalProfile => {
  const categories = [...new Set(values)].filter((value) => value !== '');
  const empty = categories.map(() => 0);
  return countColumn(
    { kind: 'categorical', rows: 0, missing: 0, categories, counts: empty, other: 0, unseen: 0 },
    values,
  ) as CategoricalProfile;
};
/** The share of the reference that a rarity stands for. */
const share = (rarity: number): number => Math.exp(-rarity);

describe('numberRarity', () => {
  const tens = numeric(
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    Array.from({ length: 100 }, (_, i) => i / 10),
  );

  it('is twice the share of the nearer tail', () => {
    const rarity = numericOutlierScore(empiricalCdfOf(tens));
    expect(share(rarity(0.5))).toBeCloseTo(0.2);
    expect(share(rarity(9.2))).toBeCloseTo(0.2);
    expect(share(rarity(1.5))).toBeCloseTo(0.4);
    expect(share(rarity(4.5))).toBeCloseTo(1);
  });

  it('grows beyond the range, in units of the range, for ever but not to infinity', () => {
    const rarity = numericOutlierScore(empiricalCdfOf(tens));
    expect(share(rarity(9.9 + 9.9))).toBeCloseTo(1 / 101 / 2);
    expect(share(rarity(0 - 2 * 9.9))).toBeCloseTo(1 / 101 / 3);
    for (const [near, far] of [
      [10, 11],
      [-1, -2],
      [1e300, Number.MAX_VALUE],
    ] as const)
      expect(rarity(far)).toBeGreaterThan(rarity(near));
    expect(rarity(Number.POSITIVE_INFINITY)).toBeLessThan(1_000);
    expect(rarity(Number.NEGATIVE_INFINITY)).toBeLessThan(1_000);
  });

  it('takes no value that half of the reference has for rare, at whichever end it is', () => {
    for (const most of [0, 5, 10]) {
      const values = Array.from({ length: 100 }, (_, i) => (i < 60 ? most : i % 11));
      expect(share(numericOutlierScore(empiricalCdfOf(numeric([1, 3, 5, 7, 9, 10], values)))(most))).toBe(1);
    }
  });

  it('knows a missing value by how often there is none', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i < 5 ? Number.NaN : i));
    expect(share(numericOutlierScore(empiricalCdfOf(numeric([50], values)))(Number.NaN))).toBeCloseTo(0.1);
    expect(share(numericOutlierScore(empiricalCdfOf(numeric([50], [1, 99])))(Number.NaN))).toBeCloseTo(1 / 3);
    expect(share(numericOutlierScore(empiricalCdfOf(numeric([], [Number.NaN])))(Number.NaN))).toBe(1);
    expect(share(numericOutlierScore(empiricalCdfOf(numeric([], [Number.NaN])))(3))).toBeCloseTo(1 / 2);
  });

  it('keeps its promise over any reference: at most a share u of it is as rare as u', () => {
    const value = fc.oneof(fc.constantFrom(Number.NaN, 0, 1, 1, 2), fc.double({ min: -5, max: 5, noNaN: true }));
    const edges = fc
      .uniqueArray(fc.integer({ min: -5, max: 5 }), { maxLength: 6 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), edges, (values, cuts) => {
        const rarity = numericOutlierScore(empiricalCdfOf(numeric(cuts, values)));
        expectPromise(values.map(rarity));
      }),
    );
  });
});

describe('categoryRarity', () => {
  it('is the share of all that are no more frequent', () => {
    const rarity = categoricalOutlierScore(categorical([...'aaaaaabbcc', '']));
    expect(share(rarity('a'))).toBeCloseTo(1);
    expect(share(rarity('b'))).toBeCloseTo(5 / 11);
    expect(share(rarity(''))).toBeCloseTo(1 / 11);
    expect(share(rarity('z'))).toBeCloseTo(1 / 12);
    expect(share(rarity('constructor'))).toBeCloseTo(1 / 12);
  });

  it('cannot tell what a long list leaves out from what is new', () => {
    const profile = { ...categorical([...'aaaabb']), rows: 9, other: 3 };
    expect(share(categoricalOutlierScore(profile)('z'))).toBeCloseTo(5 / 9);
  });

  it('keeps its promise over any reference', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 }), (values) => {
        expectPromise(values.map(categoricalOutlierScore(categorical(values))));
      }),
    );
  });
});

function expectPromise(rarities: readonly number[]): void {
  for (const rarity of new Set(rarities)) {
    const rarer = rarities.filter((each) => each >= rarity).length;
    expect(rarer / rarities.length).toBeLessThanOrEqual(share(rarity) + 1e-12);
  }
}
