import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { TensorSpec } from '../../../core/model/signature.ts';
import { manifestByHand, rowProblem, takesOneRow } from '../../../core/schema-inference/row-inputs.ts';

const spec = (name: string, ...shape: number[]): TensorSpec => ({ name, type: 'float32', shape });

describe('rowProblem', () => {
  it.each([
    ['a scalar beside rows', [spec('x', -1), spec('alpha')], 'input alpha takes one value for a whole request'],
    [
      'states of a recurrent graph',
      [spec('x', -1, -1, 3), spec('h', 1, -1, 4)],
      'input h takes [1, any, 4]: its rows are not along the first axis',
    ],
    ['the same for all rows', [spec('x', -1, 3), spec('w', 4)], 'input w takes [4] whatever the number of rows'],
    ['a batch of eight', [spec('x', 8, 3)], 'input x takes [8, 3] whatever the number of rows'],
  ])('names %s', (_, inputs, problem) => {
    expect(rowProblem({ inputs })).toContain(problem);
  });

  it('finds none where the first axis is free or one, or the file does not say', () => {
    expect(rowProblem({ inputs: [spec('a', -1), spec('b', -1, 3), spec('c', -1, -1, 3)] })).toBeUndefined();
    expect(rowProblem({ inputs: [spec('x', 1, 3), spec('y', 1, -1)] })).toBeUndefined();
    expect(takesOneRow({ inputs: [spec('x', 1, 3), spec('y', -1)] })).toBe(false);
    expect(rowProblem({ inputs: [spec('x')] }, new Set(['x']))).toBeUndefined();
  });

  it('gives a manifest to write by hand', () => {
    const written = manifestByHand('m', { inputs: [spec('x', -1), spec('s', -1, 2), spec('alpha')] });
    expect(Manifest.parse(JSON.parse(written)).contract).toMatchObject({
      features: [{ name: 'x', type: 'float' }],
      tensors: [{ name: 's' }, { name: 'alpha' }],
    });
  });
});
