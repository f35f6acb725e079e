import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countPresent } from '../../../platform/duckdb/parquet-levels.ts';

/** A run of one level, or eight levels a byte, with how many of them there are. */
const Run = fc.oneof(
  fc.record({ length: fc.integer({ min: 1, max: 300 }), level: fc.constantFrom(0, 1) }),
  fc.record({ packed: fc.uint8Array({ minLength: 1, maxLength: 70 }) }),
);

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);

it('counts the levels of every kind of run, and none of levels of another number of values', () => {
  fc.assert(
    fc.property(fc.array(Run, { minLength: 1, maxLength: 8 }), fc.nat(7), (runs, unused) => {
      const levels: number[] = [];
      const bytes = runs.flatMap((run) => {
        if ('packed' in run) {
          for (const byte of run.packed) for (let bit = 0; bit < 8; bit++) levels.push((byte >> bit) & 1);
          return [...varint(run.packed.length * 2 + 1), ...run.packed];
        }
        levels.push(...new Array<number>(run.length).fill(run.level));
        return [...varint(run.length * 2), run.level];
      });
      // Of the last byte of packed levels some may stand for nothing.
      if ('packed' in runs.at(-1)!) levels.splice(levels.length - unused, unused);
      const present = levels.filter((level) => level === 1).length;
      expect(countPresent(Uint8Array.from(bytes), levels.length)).toBe(present);
      expect(countPresent(Uint8Array.from(bytes), levels.length + 8)).toBeUndefined();
      expect(countPresent(Uint8Array.from(bytes.slice(0, -1)), levels.length)).toBeUndefined();
      expect(countPresent(Uint8Array.from([...bytes, 2, 1]), levels.length)).toBeUndefined();
    }),
  );
});
