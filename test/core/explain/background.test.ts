import { describe, expect, it } from 'vitest';
import { Feature } from '../../../core/contract/contract.ts';
import { backgroundOf } from '../../../core/explain/background.ts';
import { Baseline } from '../../../core/profile/profile.ts';

const features = [
  { name: 'age', type: 'integer', allowed: [1, 2, 4] },
  { name: 'rate', type: 'float', missing: 'allow' },
  { name: 'carrier', type: 'string' },
  { name: 'email', type: 'string', personal: 'hash' },
].map((feature) => Feature.parse(feature));

const numeric = (counts: number[], edges: number[], missing = 0) => ({
  kind: 'numeric',
  rows: counts.reduce((a, b) => a + b, 0) + missing,
  missing,
  edges,
  counts,
  min: 0,
  max: 4,
  mean: 2,
  m2: 1,
});

const baseline = (more: object = {}) =>
  Baseline.parse({
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: '0'.repeat(64),
    profile: {
      rows: 100,
      columns: {
        age: numeric([50, 50], [2]),
        rate: numeric([60, 20], [3], 20),
        carrier: {
          kind: 'categorical',
          rows: 100,
          missing: 0,
          categories: ['UA', 'B6'],
          counts: [75, 25],
          other: 0,
          unseen: 0,
        },
      },
    },
    chunks: [],
    ...more,
  });

describe('backgroundOf', () => {
  it('draws each column by itself, with the shares that its profile has', () => {
    const { source, rows, unknown } = backgroundOf(baseline(), features, 100);
    expect({ source, unknown }).toEqual({ source: 'marginals', unknown: ['email'] });
    const share = (holds: (row: readonly unknown[]) => boolean) => rows.filter(holds).length;
    expect(share(([age]) => age === 1 || age === 2 || age === 4)).toBe(100);
    expect(share(([, rate]) => rate === null)).toBe(20);
    expect(share(([, rate]) => (rate as number | null) !== null && (rate as number) < 3)).toBe(60);
    expect(share(([, , carrier]) => carrier === 'UA')).toBe(75);
    expect(share(([, , , email]) => email === undefined)).toBe(100);
  });

  it('takes rows that are kept, whichever order their columns have, and no more than are wanted', () => {
    const kept = Array.from({ length: 30 }, (_, i) => ['B6', i, 1]);
    const more = { background: { columns: ['carrier', 'rate', 'age'], rows: kept } };
    const { source, rows } = backgroundOf(baseline(more), features, 10);
    expect(source).toBe('rows');
    expect(rows).toHaveLength(10);
    for (const [age, rate, carrier, email] of rows) {
      expect([age, carrier, email]).toEqual([1, 'B6', undefined]);
      expect(kept.map((row) => row[1])).toContain(rate);
    }
    expect(new Set(rows.map(([, rate]) => rate)).size).toBe(10);
  });

  it('is the same every time', () => {
    expect(backgroundOf(baseline(), features, 50)).toEqual(backgroundOf(baseline(), features, 50));
  });

  it('draws columns where the rows that are kept lack one that is known', () => {
    const more = { background: { columns: ['carrier', 'rate'], rows: [['UA', 1]] } };
    expect(backgroundOf(baseline(more), features, 10).source).toBe('marginals');
  });
});
