import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '../../../core/serving/instant.ts';

describe('instant', () => {
  it('writes what toISOString does, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -8.64e15, max: 8.64e15 }), { minLength: 1 }), (instants) => {
        for (const ms of instants.flatMap((at) => [at, Math.min(8.64e15, at + 1)]))
          expect(instant(ms)).toBe(new Date(ms).toISOString());
      }),
    );
    const now = 1_764_000_000_000;
    for (let ms = now - 3; ms < now + 1_100; ms++) expect(instant(ms)).toBe(new Date(ms).toISOString());
  });
});
