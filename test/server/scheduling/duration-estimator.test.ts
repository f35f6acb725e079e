import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationEstimator, sizeOf } from '../../../server/scheduling/duration-estimator.ts';

describe('Pace', () => {
  it('knows nothing before the first measurement', () => {
    expect(new DurationEstimator().expect(30)).toBeUndefined();
  });

  it('expects a larger run to take longer in proportion, and a smaller one no longer than what was measured', () => {
    const pace = new DurationEstimator();
    pace.learn(32, 0.1);
    expect(pace.expect(30)).toBeCloseTo(0.1);
    expect(pace.expect(1024)).toBeCloseTo(3.2);
    expect(pace.expect(1)).toBeCloseTo(0.1);
  });

  it('is not misled by runs that were held up, and follows a lasting change either way', () => {
    const pace = new DurationEstimator();
    for (let i = 0; i < 200; i++) pace.learn(30, i % 10 === 0 ? 0.1 : 80);
    expect(pace.expect(30)).toBeCloseTo(0.1);
    for (let i = 0; i < 40; i++) pace.learn(30, 8);
    expect(pace.expect(30)).toBeCloseTo(8);
    pace.learn(30, 0.1);
    expect(pace.expect(30)).toBeCloseTo(0.1);
  });

  it('never expects less for more', () => {
    const runs = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 1 << 20 }), fc.double({ min: 0.001, max: 1000, noNaN: true })),
      {
        minLength: 1,
        maxLength: 1,
      },
    );
    fc.assert(
      fc.property(runs, fc.nat(1 << 24), fc.nat(1 << 24), (measured, a, b) => {
        const pace = new DurationEstimator();
        for (const [size, ms] of measured) pace.learn(size, ms);
        expect(pace.expect(Math.min(a, b))!).toBeLessThanOrEqual(pace.expect(Math.max(a, b))!);
      }),
    );
  });
});

describe('sizeOf', () => {
  it('counts elements, and characters of texts', () => {
    expect(
      sizeOf({
        a: { type: 'float32', shape: [2, 3], data: new Float32Array(6) },
        b: { type: 'string', shape: [2], data: ['ab', 'cde'] },
      }),
    ).toBe(6 + 2 + 5);
  });
});
