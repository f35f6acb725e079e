import { describe, expect, it } from 'vitest';
import type { Signature, TensorSpec } from '../../../core/model/signature.ts';
import type { ClassList } from '../../../core/onnx/class-lists.ts';
import type { ColumnProfile, Profile } from '../../../core/profile/profile.ts';
import type { NumberFacts } from '../../../core/schema-inference/column-kinds.ts';
import { type InferOptions, inferContract } from '../../../core/schema-inference/infer.ts';
import { columnsToAsk, likelyLabels } from '../../../core/schema-inference/likely-labels.ts';

/** A column by its values: numbers, or texts. */
function column(values: readonly (number | string)[]): ColumnProfile {
  const rows = 100;
  if (values.every((value) => typeof value === 'number'))
    return {
      ...{ kind: 'numeric', rows, missing: 0, edges: [], counts: [rows], mean: 0, m2: 1 },
      ...{ min: Math.min(...values), max: Math.max(...values) },
    };
  const counts = values.map(() => rows / values.length);
  return { kind: 'categorical', rows, missing: 0, categories: values.map(String), counts, other: 0, unseen: 0 };
}

const amounts = [-1.5, 0.25, 2.5];
const x: TensorSpec = { name: 'x', type: 'float32', shape: [-1, 2] };
const label: TensorSpec = { name: 'label', type: 'int64', shape: [-1] };

/** What is drafted of columns of these values, and a graph that names these classes. */
function draft(
  columns: Readonly<Record<string, readonly (number | string)[]>>,
  classes: ClassList | undefined,
  { output = label, inputs = [x], ...options }: InferOptions & { output?: TensorSpec; inputs?: TensorSpec[] } = {},
) {
  const data: Profile = {
    rows: 100,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, column(values)])),
  };
  const facts = new Map<string, NumberFacts>(
    Object.entries(columns).flatMap(([name, values]) =>
      values.every((value) => typeof value === 'number') ? [[name, { whole: values.every(Number.isInteger) }]] : [],
    ),
  );
  const graph = { outputs: [output], classes: new Map(classes === undefined ? [] : [[output.name, classes]]) };
  const values = new Map(columnsToAsk(graph, data, facts).map((name) => [name, columns[name]!]));
  const signature: Signature = { inputs, outputs: [output] };
  const labels = likelyLabels(graph, data, { facts, values });
  const { contract, taken, hints } = inferContract(signature, data, { ...options, facts, labels });
  return { label: contract.data.label, features: contract.features.map(({ name }) => name), taken, hints };
}

describe('the column of ground truth', () => {
  it('is the only one that no input needs and that holds the classes of the graph, whatever it is called', () => {
    const numbers = draft({ churned: [0, 1], a: amounts, b: amounts }, [0, 1]);
    expect(numbers).toMatchObject({ label: 'churned', features: ['a', 'b'], hints: [] });
    expect(numbers.taken).toEqual([
      { column: 'churned', as: 'label', why: 'it holds the classes of the graph and nothing else: 0, 1' },
    ]);
    expect(draft({ a: amounts, b: amounts, klass: [3, 7, 100] }, [3, 7, 100]).label).toBe('klass');
    expect(draft({ a: amounts, b: amounts, kind: ['low', 'high'] }, ['high', 'low', 'mid']).label).toBe('kind');
    expect(draft({ a: amounts, b: amounts, late: ['True', 'False'] }, [0, 1]).label).toBe('late');
    expect(
      draft({ a: amounts, b: amounts, flagged: ['True', 'False'] }, undefined, {
        output: { name: 'flag', type: 'bool', shape: [-1, 1] },
      }).label,
    ).toBe('flagged');
  });

  it('is none that a graph needs for a feature, or that lacks one of its numbers', () => {
    expect(draft({ a: amounts, garden: [0, 1] }, [0, 1])).toMatchObject({
      label: undefined,
      features: ['a', 'garden'],
    });
    expect(draft({ a: amounts, b: amounts, kind: ['0', '1'] }, [0, 1, 2]).label).toBeUndefined();
    expect(() => draft({ a: amounts, b: amounts, kind: [0, 1] }, [0, 1, 2])).toThrow(/Leave out 1 of them/);
  });

  it('is asked for where several may be it, or it only looks like it', () => {
    expect(() => draft({ a: amounts, b: amounts, late: [0, 1], paid: [0, 1] }, [0, 1])).toThrow(
      /late looks like the ground truth, .*--label late\. paid looks like/,
    );
    const encoded = draft({ a: amounts, b: amounts, "it's fraud": ['Y', 'N'] }, [0, 1]);
    expect(encoded.label).toBeUndefined();
    expect(encoded.hints.join()).toContain(
      "as many values as the graph has classes: Y, N; if it is: --label 'it'\\''s fraud'",
    );
    const score: TensorSpec = { name: 'score', type: 'float32', shape: [-1, 1] };
    expect(() => draft({ a: amounts, b: amounts, late: ['true', 'false'] }, undefined, { output: score })).toThrow(
      /late looks like the ground truth, for it holds nothing but true, false/,
    );
    expect(() => draft({ a: amounts, b: amounts, score: amounts }, undefined, { output: score })).toThrow(
      /score looks like the ground truth, for it is called like an output/,
    );
  });

  it('is said to be among the features of an input that takes any number', () => {
    const free = { ...x, shape: [-1, -1] };
    const { features, hints } = draft({ a: amounts, churned: [0, 1] }, [0, 1], { inputs: [free] });
    expect(features).toEqual(['a', 'churned']);
    expect(hints.join()).toContain('churned was taken for a feature');
  });

  it('is not guessed beside one that is stated or called like it', () => {
    expect(
      draft({ a: amounts, b: amounts, churned: [0, 1], y: [0.5, 2] }, [0, 1], { label: 'churned', ignore: ['y'] })
        .label,
    ).toBe('churned');
    expect(draft({ a: amounts, b: amounts, paid: ['0', '1'], target: ['0', '1'] }, [0, 1])).toMatchObject({
      label: 'target',
      hints: [],
    });
  });
});
