import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDisclosure, rounded } from '../../../core/guards/disclosure.ts';
import type { Decision } from '../../../core/manifest/decision.ts';
import type { Guards } from '../../../core/manifest/guards.ts';
import type { OutputMeaning } from '../../../core/manifest/manifest.ts';
import { halfBits, halfValue } from '../../../core/model/half.ts';
import type { TensorData } from '../../../core/model/tensor.ts';

const MEANINGS: OutputMeaning[] = [
  { name: 'label', meaning: 'label' },
  { name: 'probabilities', meaning: 'probabilities' },
  { name: 'classes', meaning: 'score' },
  { name: 'score', meaning: 'score' },
  { name: 'value', meaning: 'value' },
  { name: 'embedding', meaning: 'other' },
];
const DECISION: Decision = { task: 'binary', output: 'probabilities', column: 1, threshold: 0.35 };

const f32 = (shape: number[], ...data: number[]): TensorData => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
});
const shown = (
  guards: Partial<Guards>,
  outputs: Record<string, TensorData>,
  decision: Decision | null = DECISION,
): Record<string, number[]> => {
  const disclose = compileDisclosure({ confidence: 'full', ...guards }, MEANINGS, decision ?? undefined)!;
  return Object.fromEntries(
    Object.entries(disclose(outputs)).map(([name, { data, type }]) => [
      name,
      Array.from(data as Float32Array, (x) => (type === 'float16' ? halfValue(x) : x)),
    ]),
  );
};

describe('rounded', () => {
  it.each([
    [0.123456, 3, 0.123],
    [0.5, 0, 1],
    [-0.5, 0, -1],
    [1234.5678, 0, 1235],
    [1e300, 2, 1e300],
    [Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY],
    [Number.NaN, 2, Number.NaN],
    [0.1 + 0.2, 15, 0.3],
  ])('makes of %d with %d decimals %d', (value, decimals, expected) => {
    expect(rounded(value, decimals)).toBe(expected);
  });

  it('is off by half a place at most, keeps order, and does nothing the second time', () => {
    const real = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(real, real, fc.integer({ min: 0, max: 8 }), (a, b, decimals) => {
        const once = rounded(a, decimals);
        expect(Math.abs(once - a)).toBeLessThanOrEqual(0.5 * 10 ** -decimals + 1e-9);
        expect(rounded(once, decimals)).toBe(once);
        if (a <= b) expect(once).toBeLessThanOrEqual(rounded(b, decimals));
      }),
    );
  });

  it('does not tell the sign of what it rounded away', () => {
    expect(Object.is(rounded(-0.001, 2), 0)).toBe(true);
  });
});

describe('compileDisclosure', () => {
  it('has nothing to do where nothing is hidden', () => {
    expect(compileDisclosure(undefined, MEANINGS, DECISION)).toBeUndefined();
    expect(compileDisclosure({ confidence: 'full' }, MEANINGS, DECISION)).toBeUndefined();
  });

  it('rounds every number but labels, said or not what it means', () => {
    const found = shown(
      { round: 1 },
      {
        label: f32([1], 1.25),
        probabilities: f32([1, 2], 0.26, 0.74),
        value: f32([1], 5.678),
        unheard: f32([1], 2.78),
      },
    );
    expect(found).toEqual({
      label: [1.25],
      probabilities: [0.3, 0.7].map(Math.fround),
      value: [Math.fround(5.7)],
      unheard: [Math.fround(2.8)],
    });
  });

  it('leaves of each row the class decided on, by the threshold where it chooses between two', () => {
    const outputs = { probabilities: f32([3, 2], 0.9, 0.1, 0.6, 0.4, 0.2, 0.8) };
    expect(shown({ confidence: 'top1' }, outputs).probabilities).toEqual(
      [0.9, Number.NaN, Number.NaN, 0.4, Number.NaN, 0.8].map(Math.fround),
    );
    expect(shown({ confidence: 'label-only' }, outputs).probabilities).toEqual([1, 0, 0, 1, 0, 1]);
    expect(shown({ confidence: 'label-only' }, outputs, null).probabilities).toEqual([1, 0, 1, 0, 0, 1]);
  });

  it('takes the greatest of several classes, whatever is not a number beside it', () => {
    const outputs = { classes: f32([2, 3], -1, 4, 2, Number.NaN, 1, 0) };
    expect(shown({ confidence: 'label-only' }, outputs).classes).toEqual([0, 1, 0, 0, 1, 0]);
    expect(shown({ confidence: 'top1' }, outputs).classes).toEqual([
      Number.NaN,
      4,
      Number.NaN,
      Number.NaN,
      1,
      Number.NaN,
    ]);
  });

  it('makes a label of a score that the decision reads, and tells nothing of one that nothing decides by', () => {
    const decision: Decision = { task: 'binary', output: 'score', column: 0, threshold: 2 };
    const outputs = { score: f32([3, 1], 1.9, 2, 7) };
    expect(shown({ confidence: 'label-only' }, outputs, decision).score).toEqual([0, 1, 1]);
    expect(shown({ confidence: 'label-only' }, outputs, null).score).toEqual([NaN, NaN, NaN]);
    expect(shown({ confidence: 'top1' }, outputs, decision).score).toEqual([1.9, 2, 7].map(Math.fround));
  });

  it('tells nothing of what may be confidence under another name, and all of values', () => {
    const outputs = { embedding: f32([1, 2], 1, 2), unheard: f32([1], 3), value: f32([1], 5) };
    for (const confidence of ['top1', 'label-only'] as const)
      expect(shown({ confidence }, outputs)).toEqual({ embedding: [NaN, NaN], unheard: [NaN], value: [5] });
  });

  it('does the same to numbers of 16 and 64 bits', () => {
    const half: TensorData = {
      type: 'float16',
      shape: [1, 2],
      data: Uint16Array.from([0.2501, 0.75], halfBits),
    };
    const double: TensorData = { type: 'float64', shape: [1, 2], data: Float64Array.of(0.2501, 0.75) };
    for (const tensor of [half, double]) {
      expect(shown({ confidence: 'label-only' }, { probabilities: tensor }).probabilities).toEqual([0, 1]);
      expect(shown({ round: 0 }, { probabilities: tensor }).probabilities).toEqual([0, 1]);
      expect(shown({ confidence: 'top1' }, { probabilities: tensor }).probabilities).toEqual([NaN, 0.75]);
    }
  });

  it('leaves the tensors themselves as they were', () => {
    const probabilities = f32([1, 2], 0.26, 0.74);
    const label: TensorData = { type: 'int64', shape: [1], data: BigInt64Array.of(1n) };
    const disclose = compileDisclosure({ confidence: 'label-only', round: 1 }, MEANINGS, DECISION)!;
    const found = disclose({ probabilities, label });
    expect(probabilities.data).toEqual(Float32Array.of(0.26, 0.74));
    expect(found.label).toBe(label);
    expect(found.probabilities!.shape).toEqual([1, 2]);
  });
});
