import { expect, it } from 'vitest';
import { classListsOf } from '../../../core/onnx/class-lists.ts';
import { readAttribute } from '../../../core/onnx/graph.ts';
import { encodeAgain } from '../../../core/onnx/protobuf.ts';
import { node, tensor, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';

const LABELS = [7n, 2n ** 60n, 2n ** 60n + 1n, -(2n ** 53n) - 1n];

it('names classes beyond 2^53 by all their digits', () => {
  const graph = encodeGraph('classes', {
    nodes: [node({ name: 'ArrayFeatureExtractor', domain: 'ai.onnx.ml' }, ['table', 'index'], ['label'])],
    constants: [tensor('table', 'int64', [4], BigInt64Array.from(LABELS))],
    inputs: [value('index', 'int64', ['n'])],
    outputs: [value('label', 'int64', ['n'])],
  });
  const names = [7, '1152921504606846976', '1152921504606846977', '-9007199254740993'];
  expect(classListsOf(model(graph))).toEqual(new Map([['label', names]]));
});

it('reads integers of an attribute, one at a time, with all their digits', () => {
  const field = (number: number, of: bigint) => encodeAgain({ number, wire: 0, bytes: new Uint8Array(0), value: of });
  const { ints, integers } = readAttribute(Buffer.concat(LABELS.map((label) => field(8, label))));
  expect(integers()).toEqual(LABELS);
  expect(ints).toEqual(LABELS.map(Number));
});
