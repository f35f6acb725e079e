import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlace, countsOf } from '../../../core/profile/bins.ts';
import { countColumn } from '../../../core/profile/count.ts';
import type { ColumnProfile } from '../../../core/profile/profile.ts';

const NUMBERS: ColumnProfile = {
  kind: 'numeric',
  rows: 4,
  ...{ missing: 0, zeros: 0, min: -1, max: 5, mean: 1, m2: 1 },
  edges: [0, 0.5, 2],
  counts: [1, 1, 1, 1],
};
/** Of which not all categories are listed. */
const NAMES: ColumnProfile = {
  kind: 'categorical',
  rows: 4,
  missing: 0,
  categories: ['constructor', 'b'],
  counts: [1, 1],
  other: 2,
  unseen: 0,
};

describe('compilePlace', () => {
  const number = fc.oneof(fc.constantFrom(0, -0, 0.5, 2, Number.NaN), fc.double(), fc.constant(null));
  const name = fc.oneof(fc.constantFrom('constructor', 'b', 'toString', null));
  it.each([
    ['numbers', NUMBERS, number],
    ['categories', NAMES, name],
  ] as const)('puts %s where they are counted', (_, column, value) => {
    const placeOf = compilePlace(column);
    fc.assert(
      fc.property(fc.array<number | string | null>(value), (values) => {
        const counts = countsOf(column).map(() => 0);
        for (const each of values) counts[placeOf(each)]!++;
        expect(counts).toEqual(countsOf(countColumn(column, values)));
      }),
    );
  });
});
