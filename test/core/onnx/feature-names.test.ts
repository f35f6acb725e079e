import { describe, expect, it } from 'vitest';
import { featureNames } from '../../../core/onnx/feature-names.ts';
import { concatBytes, encodeField } from '../../../core/onnx/protobuf.ts';
import { node, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';

const graph = encodeGraph('g', {
  nodes: [node('Identity', ['x'], ['y'])],
  inputs: [value('x', 'float32', ['n', 2])],
  outputs: [value('y', 'float32', ['n', 2])],
});
const metadata = (key: string, text: string) =>
  encodeField(14, concatBytes([encodeField(1, key), encodeField(2, text)]));
const withField = (field: Uint8Array) => concatBytes([model(graph), field]);

describe('featureNames', () => {
  it.each([
    ['feature_names', '["age", "income"]'],
    ['feature_names', "['age', 'income']"],
    ['features', 'age, income'],
    ['input_columns', 'age,income'],
    ['feature_names_in_', '["age","income"]'],
  ])('reads metadata %s: %s', (key, text) => {
    expect(featureNames(withField(metadata(key, text)))).toEqual(['age', 'income']);
  });

  it('reads a description that is nothing but a list', () => {
    expect(featureNames(withField(encodeField(6, '["age", "income"]')))).toEqual(['age', 'income']);
    expect(featureNames(withField(encodeField(6, 'A model of age, income and [luck]')))).toBeUndefined();
  });

  it.each([
    ['feature_names', '[1, 2]'],
    ['feature_names', '{"age": 1}'],
    ['feature_count', '["age", "income"]'],
    ['author', 'Ada, Grace'],
  ])('says nothing of metadata %s: %s', (key, text) => {
    expect(featureNames(withField(metadata(key, text)))).toBeUndefined();
  });
});
