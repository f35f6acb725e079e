import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasRowsByShape, isPredictable, operatorsOf } from '../../../server/scheduling/graph-operators.ts';
import { loopModel, perceptronModel } from '../../fixtures/onnx/write.ts';

const fixture = (name: string): Buffer => readFileSync(`test/fixtures/onnx/${name}.onnx`);

describe('operatorsOf', () => {
  it('names the operators of a graph', () => {
    expect([...operatorsOf(perceptronModel([4, 3, 2]))].sort()).toEqual(['Gemm', 'Relu']);
    expect(operatorsOf(fixture('tree-30'))).toContain('TreeEnsembleClassifier');
    expect(operatorsOf(fixture('pipeline'))).toContain('OneHotEncoder');
  });

  it('looks into the bodies of loops', () => {
    expect([...operatorsOf(loopModel())].sort()).toEqual(['Add', 'Cast', 'Identity', 'Loop', 'Mul', 'ReduceMax']);
  });

  it('throws a RangeError for what is no ONNX file, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          operatorsOf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('isPredictable', () => {
  it('is false where a small request may keep a run going for hours', () => {
    expect(isPredictable(operatorsOf(loopModel()))).toBe(false);
    expect(isPredictable(operatorsOf(fixture('tree-30')))).toBe(true);
    expect(isPredictable(operatorsOf(fixture('pipeline')))).toBe(true);
  });
});

describe('hasRowsByShape', () => {
  it('is false of graphs that give as many rows as they find', () => {
    for (const name of ['NonMaxSuppression', 'NonZero', 'Compress', 'Unique'])
      expect(hasRowsByShape(new Set(['Add', name]))).toBe(false);
    expect(hasRowsByShape(operatorsOf(fixture('tree-30')))).toBe(true);
    expect(hasRowsByShape(operatorsOf(perceptronModel([4, 3, 2])))).toBe(true);
  });
});
