import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, countsOf, labelsOf } from '../../../core/profile/bins.ts';
import { countColumn } from '../../../core/profile/count.ts';
import { mergeProfiles, ProfileMismatchError } from '../../../core/profile/merge.ts';
import type { ColumnProfile, Profile } from '../../../core/profile/profile.ts';

const numeric: ColumnProfile = {
  kind: 'numeric',
  rows: 0,
  missing: 0,
  edges: [-10, 0, 5.5],
  counts: [0, 0, 0, 0],
  min: null,
  max: null,
  mean: null,
  m2: null,
};
const categorical: ColumnProfile = {
  kind: 'categorical',
  rows: 0,
  missing: 0,
  categories: ['a', 'b'],
  counts: [0, 0],
  other: 0,
  unseen: 0,
};
const rows = fc.array(
  fc.record({
    x: fc.option(fc.double({ min: -100, max: 100, noNaN: true })),
    s: fc.option(fc.constantFrom('a', 'b', 'c', '')),
  }),
);
type Rows = { x: number | null; s: string | null }[];
const profile = (of: Rows): Profile => ({
  rows: of.length,
  columns: {
    x: countColumn(
      numeric,
      of.map(({ x }) => x),
    ),
    s: countColumn(
      categorical,
      of.map(({ s }) => s),
    ),
  },
});

describe('mergeProfiles', () => {
  it('gives of pieces what the whole gives: counts exactly, moments to rounding', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const whole = profile([...a, ...b, ...c]);
        const merged = mergeProfiles(mergeProfiles(profile(a), profile(b)), profile(c));
        const other = mergeProfiles(profile(c), mergeProfiles(profile(b), profile(a)));
        for (const name of ['x', 's']) {
          expect(countsOf(merged.columns[name]!)).toEqual(countsOf(whole.columns[name]!));
          expect(countsOf(other.columns[name]!)).toEqual(countsOf(whole.columns[name]!));
        }
        const [m, w] = [merged.columns.x!, whole.columns.x!];
        if (m.kind !== 'numeric' || w.kind !== 'numeric') throw new Error('kinds changed');
        expect([m.min, m.max, m.missing, m.rows]).toEqual([w.min, w.max, w.missing, w.rows]);
        expect(m.mean ?? 0).toBeCloseTo(w.mean ?? 0, 8);
        expect(m.m2 ?? 0).toBeCloseTo(w.m2 ?? 0, 5);
      }),
    );
  });

  it('keeps the mean of the largest numbers, and says nothing of their squares', () => {
    const big = Number.MAX_VALUE;
    const of = (...values: number[]) => profile(values.map((x) => ({ x, s: null })));
    for (const both of [of(big, -big, big), mergeProfiles(of(big), of(-big, big))])
      expect(both.columns.x).toMatchObject({ min: -big, max: big, mean: expect.closeTo(big / 3, -300), m2: null });
    for (const both of [of(1e200, 1e200), mergeProfiles(of(1e200), of(1e200))])
      expect(both.columns.x).toMatchObject({ mean: 1e200, m2: 0 });
  });

  it('counts every row once', () => {
    fc.assert(
      fc.property(rows, (all) => {
        for (const column of Object.values(profile(all).columns)) {
          expect(countsOf(column).reduce((a, b) => a + b, 0)).toBe(all.length);
          expect(labelsOf(column)).toHaveLength(countsOf(column).length);
        }
      }),
    );
  });

  it('refuses profiles over other bins', () => {
    const a = profile([]);
    const b = { ...a, columns: { ...a.columns, x: { ...numeric, edges: [0], counts: [0, 0] } as ColumnProfile } };
    expect(() => mergeProfiles(a, b)).toThrow(ProfileMismatchError);
    expect(() => mergeProfiles(a, { rows: 0, columns: {} })).toThrow('one of them does not have it');
  });
});

describe('binOf', () => {
  it('puts a value into the bin whose edges hold it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -50, max: 50 })), fc.integer({ min: -60, max: 60 }), (edges, x) => {
        const sorted = edges.sort((a, b) => a - b);
        const bin = binOf(sorted, x);
        if (bin > 0) expect(sorted[bin - 1]).toBeLessThanOrEqual(x);
        if (bin < sorted.length) expect(x).toBeLessThan(sorted[bin]!);
      }),
    );
  });
});
