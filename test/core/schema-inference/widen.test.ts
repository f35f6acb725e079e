import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widened, widenedWhole } from '../../../core/schema-inference/widen.ts';

describe('widened', () => {
  it.each([
    [0, 10, 0, 12],
    [-5, 5, -7, 7],
    [1.7e9, 1.7005e9, 1.6999e9, 1.7006e9],
    [0.001, 0.004, 0.0004, 0.0046],
    [-0.3, -0.1, -0.34, -0.06],
    [1, 1, 1, 1],
  ])('%d to %d by a fifth of the spread, in round numbers of it', (least, most, min, max) => {
    expect(widened(least, most)).toEqual({ min, max });
  });

  it.each([
    [2007, 2009, 2006, 2010],
    [1011, 1028, 1007, 1032],
    [20240101, 20240331, 20240050, 20240380],
    [5, 23, 1, 27],
    [0, 1, 0, 2],
    [-3, -1, -4, 0],
  ])('whole numbers from %d to %d in whole steps, by one at least', (least, most, min, max) => {
    expect(widenedWhole(least, most)).toEqual({ min, max });
  });

  it('holds all that was seen, is no more than half wider at either end, and never changes sign', () => {
    const range = fc.tuple(
      fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
      fc.double({ noNaN: true, min: 1e-6, max: 1e12 }),
    );
    fc.assert(
      fc.property(range, ([least, spread]) => {
        const most = least + spread;
        const { min, max } = widened(least, most);
        const slack = 0.31 * (most - least) + 1e-9 * Math.abs(least);
        return (
          min <= least &&
          max >= most &&
          min >= least - slack &&
          max <= most + slack &&
          (least < 0 || min >= 0) &&
          (most > 0 || max <= 0)
        );
      }),
    );
  });
});
