import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/manifest/decision.ts';
import { halfBits } from '../../../core/model/half.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { compileScores } from '../../../core/serving/decision-scores.ts';

const floats = (data: number[], shape: number[]): TensorData => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
});
const classes: Decision = { task: 'multiclass', output: 'y', classes: ['a', 'b', 'c'] };

describe('compileScores', () => {
  it('reads the column of the positive class, as short a decimal as the model gave', () => {
    const read = compileScores({ task: 'binary', output: 'y', column: 1, threshold: 0.5 }, []);
    expect(read(floats([0.1, 0.9, 0.8, 0.2], [2, 2]), 2)).toEqual([0.9, 0.2]);
    expect(read(floats([0.3, 0.7], [2, 1]), 2)).toEqual([0.3, 0.7]);
    const half: TensorData = { type: 'float16', shape: [1, 2], data: Uint16Array.of(halfBits(0.75), halfBits(0.25)) };
    expect(read(half, 1)).toEqual([0.25]);
  });

  it('decides between several classes by the greatest, the first of equals, and by none that is not a number', () => {
    const read = compileScores(classes, []);
    const rows = [0.2, 0.5, 0.3, 0.4, 0.4, 0.2, Number.NaN, 0.5, 0.5];
    expect(read(floats(rows, [3, 3]), 3)).toEqual([1, 0, Number.NaN]);
  });

  it('takes a label for the class itself, and one that is none of them for another', () => {
    const read = compileScores(classes, [{ name: 'y', meaning: 'label' }]);
    expect(read({ type: 'string', shape: [4], data: ['c', 'a', 'x', ''] }, 4)).toEqual([2, 0, 3, Number.NaN]);
    const numbers = compileScores({ ...classes, classes: [10, 20] }, [{ name: 'y', meaning: 'label' }]);
    expect(numbers({ type: 'int64', shape: [2, 1], data: BigInt64Array.of(20n, 10n) }, 2)).toEqual([1, 0]);
  });
});
