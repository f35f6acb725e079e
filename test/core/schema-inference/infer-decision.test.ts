import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../../core/model/signature.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import type { DecisionFacts } from '../../../core/schema-inference/decision-facts.ts';
import { inferDecision } from '../../../core/schema-inference/infer-decision.ts';
import { InferDecisionError } from '../../../core/schema-inference/infer-decision-error.ts';

const label: TensorSpec = { name: 'label', type: 'int64', shape: [-1] };
const probabilities = (columns: number): TensorSpec => ({
  name: 'probabilities',
  type: 'float32',
  shape: [-1, columns],
});
const variable: TensorSpec = { name: 'variable', type: 'float32', shape: [-1, 1] };
const labels = (...all: (string | number)[]): DecisionFacts => ({ labels: { values: all, more: false } });
const amounts = labels(...Array.from({ length: 30 }, (_, i) => i));

/** What outputs answer about some rows. */
const sample = (
  answers: Record<string, readonly number[] | readonly string[]>,
  truths?: readonly string[],
): Pick<DecisionFacts, 'sample'> => {
  const rows = truths?.length ?? 4;
  const tensor = (values: readonly number[] | readonly string[]): TensorData =>
    typeof values[0] === 'string'
      ? { type: 'string', shape: [rows], data: [...(values as string[])] }
      : { type: 'float64', shape: [rows], data: Float64Array.from(values as number[]) };
  return {
    sample: {
      rows,
      outputs: new Map(Object.entries(answers).map(([name, values]) => [name, tensor(values)])),
      truths,
    },
  };
};

describe('inferDecision', () => {
  it('decides between two by the second column, and names what the columns are of', () => {
    const { decision, outputs } = inferDecision({ outputs: [label, probabilities(2)] }, labels(0, 1), {});
    expect(decision).toEqual({ task: 'binary', output: 'probabilities', column: 1, threshold: 0.5 });
    expect(outputs).toEqual([
      { name: 'label', meaning: 'label' },
      { name: 'probabilities', meaning: 'probabilities', classes: [0, 1] },
    ]);
    expect(inferDecision({ outputs: [probabilities(2)] }, {}, { threshold: 0.3 })).toMatchObject({
      decision: { threshold: 0.3 },
      outputs: [{ meaning: 'probabilities' }],
      notes: [expect.stringContaining('no labels say what that is')],
    });
  });

  it('decides by the only column between two labels, whose names truths may have', () => {
    const { decision, outputs, notes } = inferDecision({ outputs: [variable] }, labels('no', 'yes'), {});
    expect(decision).toEqual({
      task: 'binary',
      output: 'variable',
      column: 0,
      threshold: 0.5,
      classes: ['no', 'yes'],
    });
    expect(outputs).toEqual([{ name: 'variable', meaning: 'score', classes: ['yes'] }]);
    expect(notes).toEqual([expect.stringContaining('variable decides, yes from 0.5 on, else no')]);
  });

  it('takes 0 for the threshold of scores that are no probabilities, where that is right more often', () => {
    const facts = { ...labels('a', 'b'), ...sample({ variable: [-2, -0.1, 0.2, 3] }, ['a', 'a', 'b', 'b']) };
    expect(inferDecision({ outputs: [variable] }, facts, {}).decision).toMatchObject({ threshold: 0 });
    const share = { ...labels('a', 'b'), ...sample({ variable: [-0.1, 0.2, 0.4, 1.1] }, ['a', 'a', 'a', 'b']) };
    expect(inferDecision({ outputs: [variable] }, share, {}).decision).toMatchObject({ threshold: 0.5 });
  });

  it('has the classes from the graph, whatever part of them the labels show', () => {
    const classes = new Map([['probabilities', [3, 4, 5]]]);
    const { decision, notes } = inferDecision({ outputs: [probabilities(3)] }, { ...labels(3, 5), classes }, {});
    expect(decision).toEqual({ task: 'multiclass', output: 'probabilities', classes: [3, 4, 5] });
    expect(notes).toEqual(['the greatest of 3 columns of probabilities decides, of 3, 4, 5 (as the graph names them)']);
    expect(inferDecision({ outputs: [probabilities(3)] }, { classes }, {}).decision).toEqual(decision);
  });

  it('takes numbers from 0 on for labels that were encoded, and says which labels it cannot read', () => {
    const encoded = { ...labels('a', 'b', 'c'), classes: new Map([['probabilities', [0, 1, 2]]]) };
    expect(inferDecision({ outputs: [probabilities(3)] }, encoded, {}).decision).toMatchObject({
      classes: ['a', 'b', 'c'],
    });
    const truths = { ...labels('False', 'True'), classes: new Map([['probabilities', [0, 1]]]) };
    expect(inferDecision({ outputs: [probabilities(2)] }, truths, {}).outputs[0]!.classes).toEqual([0, 1]);
    const other = { ...labels('a', 'z'), classes: new Map([['probabilities', ['a', 'b']]]) };
    const { outputs, notes } = inferDecision({ outputs: [probabilities(2)] }, other, {});
    expect(outputs[0]!.classes).toEqual(['a', 'b']);
    expect(notes[0]).toContain('labels such as z are none of these');
  });

  it('decides between as many classes as there are columns and labels, in the order of the labels', () => {
    const { decision, outputs } = inferDecision({ outputs: [label, probabilities(3)] }, labels('a', 'b', 'c'), {});
    expect(decision).toEqual({ task: 'multiclass', output: 'probabilities', classes: ['a', 'b', 'c'] });
    expect(outputs[1]).toEqual({ name: 'probabilities', meaning: 'probabilities', classes: ['a', 'b', 'c'] });
  });

  it('lets the label decide where the scores decide otherwise', () => {
    const own = { ...label, type: 'string' } as const;
    const classes = new Map([
      ['label', ['a', 'b']],
      ['probabilities', ['a', 'b']],
    ]);
    const facts = (said: string[]): DecisionFacts => ({
      classes,
      ...sample({ label: said, probabilities: [0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.7, 0.3] }),
    });
    const agreeing = inferDecision({ outputs: [own, probabilities(2)] }, facts(['a', 'b', 'b', 'a']), {});
    expect(agreeing.decision).toMatchObject({ task: 'binary', column: 1 });
    expect(agreeing.notes.at(-1)).toBe('its label says the same in 4 of 4 rows');
    const otherwise = inferDecision({ outputs: [own, probabilities(2)] }, facts(['a', 'a', 'a', 'a']), {});
    expect(otherwise.decision).toEqual({ task: 'multiclass', output: 'label', classes: ['a', 'b'] });
    expect(otherwise.outputs).toEqual([
      { name: 'label', meaning: 'label' },
      { name: 'probabilities', meaning: 'probabilities', classes: ['a', 'b'] },
    ]);
    expect(otherwise.notes[0]).toContain('does not decide, for its label says the same in 2 of 4 rows');
  });

  it('falls back on the label where the columns are of other classes, and says why there is none without labels', () => {
    expect(inferDecision({ outputs: [label, probabilities(4)] }, labels('a', 'b', 'c'), {})).toMatchObject({
      decision: { task: 'multiclass', output: 'label', classes: ['a', 'b', 'c'] },
      outputs: [
        { name: 'label', meaning: 'label' },
        { name: 'probabilities', meaning: 'probabilities' },
      ],
    });
    const without = inferDecision({ outputs: [label, probabilities(4)] }, {}, {});
    expect(without).not.toHaveProperty('decision');
    expect(without.notes).toEqual([
      expect.stringContaining('4 columns, and no --label says what they are of'),
      expect.stringContaining('no decision: --label says between which classes label decides'),
    ]);
    expect(inferDecision({ outputs: [label] }, labels('yes', 'no'), {}).decision).toMatchObject({ output: 'label' });
    const strange = inferDecision(
      { outputs: [label] },
      { ...labels('no', 'yes'), ...sample({ label: [0, 1, 1, 0] }) },
      {},
    );
    expect(strange).not.toHaveProperty('decision');
    expect(strange.notes[0]).toContain('label answers 0, and the labels are no, yes');
  });

  it('estimates amounts, without a tolerance unless one is given', () => {
    expect(inferDecision({ outputs: [variable] }, amounts, {})).toMatchObject({
      decision: { task: 'regression', output: 'variable', column: 0 },
      outputs: [{ name: 'variable', meaning: 'value' }],
      notes: [expect.stringContaining('no tolerance is needed')],
    });
    expect(inferDecision({ outputs: [variable] }, labels(0.5, 1), {}).decision).toMatchObject({ task: 'regression' });
    expect(inferDecision({ outputs: [variable] }, labels(1, 2, 3), {}).decision).toMatchObject({ task: 'regression' });
    expect(inferDecision({ outputs: [variable] }, {}, { tolerance: 3 }).decision).toMatchObject({ tolerance: 3 });
  });

  it('makes no decision on two columns of estimates, and none where an output says nothing of the labels', () => {
    for (const facts of [amounts, labels('a', 'b', 'c')]) {
      const { decision, notes } = inferDecision(
        { outputs: [{ ...variable, shape: [-1, facts === amounts ? 2 : 1] }] },
        facts,
        {},
      );
      expect(decision).toBeUndefined();
      expect(notes).toHaveLength(1);
    }
  });

  it('takes the output that it is told, and refuses what does not go with it', () => {
    expect(
      inferDecision({ outputs: [label, probabilities(3)] }, labels(1, 2, 3), { output: 'label' }).decision,
    ).toEqual({
      task: 'multiclass',
      output: 'label',
      classes: [1, 2, 3],
    });
    expect(() => inferDecision({ outputs: [label] }, {}, { output: 'score' })).toThrow(InferDecisionError);
    expect(() => inferDecision({ outputs: [probabilities(5)] }, {}, { threshold: 0.2 })).toThrow(/has 5 columns/);
    expect(() => inferDecision({ outputs: [label] }, {}, { threshold: 0.2 })).toThrow(/--threshold is of an output/);
  });

  it('takes whole numbers for an estimate where the labels are amounts, or a tolerance says so', () => {
    for (const type of ['int64', 'int32', 'uint8'] as const) {
      const y: TensorSpec = { name: 'y', type, shape: [-1, 1] };
      expect(inferDecision({ outputs: [y] }, amounts, {})).toMatchObject({
        decision: { task: 'regression', output: 'y' },
        outputs: [{ name: 'y', meaning: 'value' }],
      });
      expect(inferDecision({ outputs: [y] }, labels(1, 2, 3), { tolerance: 2 }).decision?.task).toBe('regression');
      expect(inferDecision({ outputs: [y] }, labels(1, 2, 3), {}).decision?.task).toBe('multiclass');
    }
    const named = { ...amounts, classes: new Map([['label', [1, 2]]]) };
    expect(inferDecision({ outputs: [label] }, named, {}).decision?.task).toBe('multiclass');
  });

  it('decides by yes and no', () => {
    const y: TensorSpec = { name: 'y', type: 'bool', shape: [-1] };
    const decision = { task: 'binary', output: 'y', column: 0, threshold: 0.5, classes: ['False', 'True'] };
    expect(inferDecision({ outputs: [y] }, labels('False', 'True'), {}).decision).toEqual(decision);
    expect(inferDecision({ outputs: [variable, y] }, labels('False', 'True'), { output: 'y' })).toMatchObject({
      decision,
      outputs: [{ name: 'variable', meaning: 'other' }, { meaning: 'score' }],
    });
  });

  it('does not ask for the output that it was told, and counts no part of a column', () => {
    const cube: TensorSpec = { name: 'cube', type: 'float32', shape: [-1, 2, 2] };
    for (const wishes of [{}, { output: 'cube' }])
      expect(inferDecision({ outputs: [cube] }, {}, wishes).notes).toEqual([
        'no decision: cube has not one text, yes or no, or number a row, and no row of numbers; there are: cube (float32 [-1,2,2])',
      ]);
    const one: TensorSpec = { name: 'one', type: 'float32', shape: [-1] };
    expect(inferDecision({ outputs: [one] }, sample({ one: [3] }), {}).notes).toEqual([
      'output one does not answer each row: 1 values for 4 rows, of which no decision a row can be made',
    ]);
  });

  it('says that no class can be called __proto__, whoever names it', () => {
    const classes = new Map([['probabilities', ['__proto__', 'a', 'b']]]);
    for (const facts of [{ classes }, labels('__proto__', 'a', 'b')])
      expect(() => inferDecision({ outputs: [probabilities(3)] }, facts, {})).toThrow(/a class is called __proto__/);
  });
});
