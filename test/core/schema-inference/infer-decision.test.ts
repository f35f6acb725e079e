import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../../core/model/signature.ts';
import { InferDecisionError, inferDecision } from '../../../core/schema-inference/infer-decision.ts';

const label: TensorSpec = { name: 'label', type: 'int64', shape: [-1] };
const probabilities = (columns: number): TensorSpec => ({
  name: 'probabilities',
  type: 'float32',
  shape: [-1, columns],
});
const variable: TensorSpec = { name: 'variable', type: 'float32', shape: [-1, 1] };
const values = (...all: (string | number)[]) => ({ values: all, more: false });

describe('inferDecision', () => {
  it('decides between two by a probability, and names what the columns are of', () => {
    const { decision, outputs } = inferDecision({ outputs: [label, probabilities(2)] }, values(0, 1), {});
    expect(decision).toEqual({ task: 'binary', output: 'probabilities', column: 1, threshold: 0.5 });
    expect(outputs).toEqual([
      { name: 'label', meaning: 'other' },
      { name: 'probabilities', meaning: 'probabilities', classes: [0, 1] },
    ]);
    expect(inferDecision({ outputs: [probabilities(2)] }, undefined, { threshold: 0.3 })).toMatchObject({
      decision: { threshold: 0.3 },
      outputs: [{ meaning: 'probabilities' }],
    });
  });

  it('decides between as many classes as there are columns and labels, in the order of the labels', () => {
    const { decision, outputs } = inferDecision({ outputs: [label, probabilities(3)] }, values('a', 'b', 'c'), {});
    expect(decision).toEqual({ task: 'multiclass', output: 'probabilities', classes: ['a', 'b', 'c'] });
    expect(outputs[1]).toEqual({ name: 'probabilities', meaning: 'probabilities', classes: ['a', 'b', 'c'] });
  });

  it('falls back on the label where the columns are of other classes, and on nothing without labels', () => {
    expect(inferDecision({ outputs: [label, probabilities(4)] }, values('a', 'b', 'c'), {})).toEqual({
      decision: { task: 'multiclass', output: 'label', classes: ['a', 'b', 'c'] },
      outputs: [
        { name: 'label', meaning: 'label' },
        { name: 'probabilities', meaning: 'other' },
      ],
    });
    expect(inferDecision({ outputs: [label, probabilities(4)] }, undefined, {})).not.toHaveProperty('decision');
    expect(inferDecision({ outputs: [label] }, values('yes', 'no'), {}).decision).toMatchObject({ output: 'label' });
  });

  it('estimates amounts, without a tolerance unless one is given', () => {
    const amounts = { values: Array.from({ length: 30 }, (_, i) => i), more: false };
    expect(inferDecision({ outputs: [variable] }, amounts, {})).toEqual({
      decision: { task: 'regression', output: 'variable', column: 0 },
      outputs: [{ name: 'variable', meaning: 'value' }],
    });
    expect(inferDecision({ outputs: [variable] }, values(0.5, 1), {}).decision).toMatchObject({ task: 'regression' });
    expect(inferDecision({ outputs: [variable] }, values(0, 1), {})).not.toHaveProperty('decision');
    expect(inferDecision({ outputs: [variable] }, undefined, { tolerance: 3 }).decision).toMatchObject({
      tolerance: 3,
    });
  });

  it('takes the output that it is told, and says which there are', () => {
    expect(
      inferDecision({ outputs: [label, probabilities(3)] }, values(1, 2, 3), { output: 'label' }).decision,
    ).toEqual({
      task: 'multiclass',
      output: 'label',
      classes: [1, 2, 3],
    });
    expect(() => inferDecision({ outputs: [label] }, undefined, { output: 'score' })).toThrow(InferDecisionError);
  });
});
