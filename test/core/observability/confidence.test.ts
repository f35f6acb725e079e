import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confidenceOf } from '../../../core/observability/confidence.ts';

const of = (...rows: number[][]) =>
  confidenceOf(
    { type: 'float64', shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) },
    rows.length,
  );

describe('confidenceOf', () => {
  it('is certain, undecided, or between', () => {
    const { margin, entropy } = of([1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25])!;
    expect(margin).toEqual([1, 0, 0.25]);
    expect(entropy[0]).toBe(0);
    expect(entropy[1]).toBeCloseTo(1, 12);
    // 1.5 bits of log2(3).
    expect(entropy[2]).toBeCloseTo(1.5 / Math.log2(3), 12);
  });

  it('lies between 0 and 1 for every distribution, whatever the order of its classes', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(
        weights.filter((all) => all.some((w) => w > 1e-6)),
        (all) => {
          const total = all.reduce((a, b) => a + b, 0);
          const row = all.map((w) => w / total);
          const { margin, entropy } = of(row, row.toReversed())!;
          for (const value of [...margin, ...entropy]) expect(value >= 0 && value <= 1).toBe(true);
          expect(margin[0]).toBe(margin[1]);
          expect(entropy[0]).toBeCloseTo(entropy[1]!, 9);
        },
      ),
    );
  });

  it('leaves out rows that are no distribution', () => {
    expect(of([0.2, 0.2, 0.2], [-1, 1, 1], [Number.NaN, 0.5, 0.5], [0.8, 0.1, 0.1])!.margin).toEqual([
      expect.closeTo(0.7, 12),
    ]);
  });

  it('has nothing to say of two classes, of other shapes, and of other types', () => {
    expect(of([0.5, 0.5])).toBeUndefined();
    expect(confidenceOf({ type: 'float32', shape: [2, 3, 4], data: new Float32Array(24) }, 2)).toBeUndefined();
    expect(confidenceOf({ type: 'string', shape: [1, 3], data: ['a', 'b', 'c'] }, 1)).toBeUndefined();
  });

  it('looks at a bounded number of elements', () => {
    const classes = 1_000;
    const data = new Float32Array(100 * classes).fill(1 / classes);
    expect(confidenceOf({ type: 'float32', shape: [100, classes], data }, 100)!.margin).toHaveLength(65);
  });
});
