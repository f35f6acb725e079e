import { describe, expect, it } from 'vitest';
import { storedOf, valueOfStored } from '../../../core/profile/row-value.ts';

describe('values of rows that a baseline keeps', () => {
  it('have every digit of an integer after JSON', () => {
    for (const value of [0, -7, 2 ** 53 - 1, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n - 1n, null]) {
      const kept = JSON.parse(JSON.stringify(storedOf(value)));
      expect(valueOfStored(kept, 'integer')).toBe(value);
    }
    // As older programs kept it: rounded, and whole all the same.
    expect(valueOfStored(2 ** 53 + 2, 'integer')).toBe(2n ** 53n + 2n);
  });

  it('stay what they are where they are no integers', () => {
    expect(valueOfStored('12', 'string')).toBe('12');
    expect(valueOfStored(1e300, 'float')).toBe(1e300);
    expect(valueOfStored(1.5, 'integer')).toBe(1.5);
    expect(valueOfStored(true, 'boolean')).toBe(true);
    expect(valueOfStored(undefined, 'float')).toBeNull();
  });
});
