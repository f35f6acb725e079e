import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeros } from '../../../core/model/small-arrays.ts';

const TYPES = [Float32Array, Float64Array, Uint8Array, Int16Array, BigInt64Array] as const;

describe('zeros', () => {
  it('gives every caller zeros of their own, whatever others do with theirs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...TYPES), fc.nat({ max: 3_000 })), { minLength: 1, maxLength: 100 }),
        (wanted) => {
          const arrays = wanted.map(([type, length], i) => {
            const array = zeros<InstanceType<(typeof TYPES)[number]>>(type as never, length);
            expect(array).toBeInstanceOf(type);
            expect(array).toHaveLength(length);
            expect(array.every((value: number | bigint) => Number(value) === 0)).toBe(true);
            const mark = (i % 100) + 1;
            array.fill((array instanceof BigInt64Array ? BigInt(mark) : mark) as never);
            return { array, mark };
          });
          for (const { array, mark } of arrays)
            expect(array.every((value: number | bigint) => Number(value) === mark)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives a large array memory of its own, which it may keep for long', () => {
    expect(zeros(Float32Array, 10_000).buffer.byteLength).toBe(40_000);
  });
});
