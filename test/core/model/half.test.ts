import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfBits, halfValue } from '../../../core/model/half.ts';

describe('binary16', () => {
  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_519.99, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -14, 0x0400],
    [0.333251953125, 0x3555],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [-0, 0x8000],
  ])('writes %d as IEEE 754 has it', (value, bits) => {
    expect(halfBits(value)).toBe(bits);
  });

  it('reads back every one of its 65,536 patterns', () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      const value = halfValue(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(halfValue(halfBits(value)))).toBe(true);
      else if (halfBits(value) !== bits) expect.fail(`${bits} became ${halfBits(value)}`);
    }
  });

  it('takes the nearest there is', () => {
    fc.assert(
      fc.property(fc.double({ min: -65_519, max: 65_519, noNaN: true }), (value) => {
        const bits = halfBits(value);
        const error = Math.abs(halfValue(bits) - value);
        for (const near of [bits - 1, bits + 1])
          if ((near & 0x7fff) < 0x7c00 && near >= 0)
            expect(Math.abs(halfValue(near) - value)).toBeGreaterThanOrEqual(error);
      }),
    );
  });
});
