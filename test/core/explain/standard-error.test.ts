import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardError, studentT, unseen } from '../../../core/explain/standard-error.ts';

describe('studentT', () => {
  // By integrating the density.
  it.each([
    [1, 12.7062],
    [1.5, 6.0167],
    [2.5, 3.5747],
    [7, 2.3646],
    [10, 2.2281],
    [30, 2.0423],
    [200, 1.9719],
    [1e6, 1.96],
  ])('of %s degrees is the 97.5 %% quantile, and never below it', (degrees, wanted) => {
    expect(studentT(degrees)).toBeGreaterThan(wanted - 1e-4);
    expect(studentT(degrees) / wanted).toBeLessThan(degrees < 2 ? 1.25 : 1.03);
  });

  it('falls with the degrees', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 500, noNaN: true }),
        fc.double({ min: 1, max: 500, noNaN: true }),
        (a, b) => {
          expect(studentT(Math.min(a, b))).toBeGreaterThanOrEqual(studentT(Math.max(a, b)));
        },
      ),
    );
  });
});

describe('standardError', () => {
  it('is the root of the variance where there are many degrees, and wider where one part is all that is known', () => {
    expect(standardError([{ variance: 4, degrees: 1e9 }])).toBeCloseTo(2, 6);
    expect(standardError([{ variance: 4, degrees: 3 }])).toBeCloseTo((2 * 3.1824) / 1.96, 6);
    // Four parts alike have their degrees together.
    const parts = Array.from({ length: 4 }, () => ({ variance: 1, degrees: 3 }));
    expect(standardError(parts)).toBeCloseTo((2 * 2.1788) / 1.96, 6);
  });

  it('is nothing only where nothing varies', () => {
    expect(standardError([{ variance: 0, degrees: 5 }, unseen(0, 6, 5)])).toBe(0);
    expect(standardError([{ variance: 0, degrees: 5 }, unseen(1, 6, 5)])).toBeGreaterThan(0.1);
  });
});
