import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classListsOf } from '../../../core/onnx/class-lists.ts';
import { inspectModel } from '../../../core/onnx/inspect.ts';
import { concatBytes, encodeField, encodeVarintField } from '../../../core/onnx/protobuf.ts';
import { repairModel } from '../../../core/onnx/repair.ts';
import { integers, node, tensor, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, type GraphParts, model } from '../../fixtures/onnx/onnx-model.ts';

const FIXTURES = 'test/fixtures/onnx';
const fixture = (name: string): Uint8Array => readFileSync(`${FIXTURES}/${name}.onnx`);

/** A ValueInfoProto of a sequence of maps from texts to float32. */
const mapsOf = (name: string): Uint8Array => {
  const map = concatBytes([encodeVarintField(1, 8), encodeField(2, encodeField(1, encodeVarintField(1, 1)))]);
  return concatBytes([encodeField(1, name), encodeField(2, encodeField(4, encodeField(1, encodeField(5, map))))]);
};
/** An attribute of texts, which the writer has none of. */
const texts = (name: string, all: readonly string[]): Uint8Array =>
  encodeField(
    5,
    concatBytes([encodeField(1, name), ...all.map((text) => encodeField(9, text)), encodeVarintField(20, 8)]),
  );
const ML = { '': 17, 'ai.onnx.ml': 3 };
const zipMap = (from: string, to: string): Uint8Array =>
  concatBytes([
    node({ name: 'ZipMap', domain: 'ai.onnx.ml' }, [from], [to]),
    texts('classlabels_strings', ['no', 'yes']),
  ]);
const scores = (nodes: readonly Uint8Array[], outputs: readonly Uint8Array[], rest: Partial<GraphParts> = {}) =>
  model(encodeGraph('g', { nodes, inputs: [value('x', 'float32', ['n', 2])], outputs, ...rest }), { opsets: ML });

describe('repairModel', () => {
  it('makes the tensor behind maps the output, and changes nothing else', () => {
    const rest = [node('Abs', ['x'], ['z'])];
    const given = scores([...rest, zipMap('x', 'p')], [mapsOf('p'), value('z', 'float32', ['n', 2])]);
    const { bytes, repairs } = repairModel(given);
    expect(repairs).toEqual([
      { kind: 'map-output', at: 'p', done: 'output p is the tensor [rows, 2] behind its maps' },
    ]);
    const free = encodeField(1, new Uint8Array(0));
    const shape = encodeField(2, concatBytes([free, encodeField(1, encodeVarintField(1, 2))]));
    const asTensor = concatBytes([
      encodeField(1, 'p'),
      encodeField(2, encodeField(1, concatBytes([encodeVarintField(1, 1), shape]))),
    ]);
    const wanted = scores([...rest, node('Identity', ['x'], ['p'])], [asTensor, value('z', 'float32', ['n', 2])]);
    expect(Buffer.compare(bytes, wanted)).toBe(0);
    expect(Buffer.compare(repairModel(given).bytes, bytes)).toBe(0);
    expect(repairModel(bytes)).toEqual({ bytes, repairs: [] });
  });

  it('follows maps that are passed on, and leaves those alone that something in the graph reads', () => {
    const passed = scores([zipMap('x', 'm'), node('Identity', ['m'], ['p'])], [mapsOf('p')]);
    expect(inspectModel(repairModel(passed).bytes).outputs).toMatchObject([
      { name: 'p', kind: 'tensor', shape: [-1, 2] },
    ]);
    const read = scores([zipMap('x', 'p'), node('SequenceLength', ['p'], ['k'])], [mapsOf('p')]);
    expect(repairModel(read)).toEqual({ bytes: read, repairs: [] });
  });

  it('states the standard operators where a model states none', () => {
    const { bytes, repairs } = repairModel(fixture('repairs/catboost-yes-no'));
    expect(repairs).toHaveLength(1);
    expect(inspectModel(fixture('repairs/catboost-yes-no')).opsets.has('')).toBe(false);
    expect(inspectModel(bytes).opsets.get('')).toBe(8);
  });

  it('gives the locale C to texts that are normalised without one, in branches as well', () => {
    const normalizer = (to: string, locale?: string) =>
      node('StringNormalizer', ['t'], [to], { case_change_action: 'LOWER', ...(locale && { locale }) });
    const branch = (name: string, locale?: string) =>
      encodeGraph(name, {
        nodes: [normalizer(name, locale)],
        inputs: [],
        outputs: [value(name, 'string', ['n'])],
      });
    const given = (locale: string) =>
      model(
        encodeGraph('g', {
          nodes: [
            normalizer('y', 'fr_FR'),
            node('Constant', [], ['yes'], { value: { tensor: tensor('', 'bool', [], Uint8Array.of(1)) } }),
            node('If', ['yes'], ['w'], {
              then_branch: { graph: branch('a', locale) },
              else_branch: { graph: branch('b', 'C') },
            }),
          ],
          constants: [integers('unused', [1], [1])],
          inputs: [value('t', 'string', ['n'])],
          outputs: [value('y', 'string', ['n']), value('w', 'string', ['n'])],
        }),
      );
    const { bytes, repairs } = repairModel(given(''));
    expect(repairs).toMatchObject([{ kind: 'string-locale', at: 'a' }]);
    expect(repairs[0]!.done).toContain('letters beyond A to Z keep their case');
    expect(Buffer.compare(bytes, given('C'))).toBe(0);
  });

  it.each(['pipeline', 'tree-30', 'frameworks/xgboost', 'frameworks/sklearn-text'])('leaves %s as it is', (name) => {
    const bytes = fixture(name);
    expect(repairModel(bytes).bytes).toBe(bytes);
  });
});

describe('classListsOf', () => {
  it.each([
    ['repairs/sklearn-yes-no', ['no', 'yes']],
    ['repairs/catboost-numbers', [0, 1, 2]],
    ['repairs/lightgbm-names', ['setosa', 'versicolor', 'virginica']],
    ['frameworks/xgboost', [0, 1]],
    ['frameworks/sklearn-mixed', ['good', 'rework', 'scrap']],
  ])('has the classes of label and probabilities of %s', (name, classes) => {
    const lists = classListsOf(fixture(name));
    expect([...lists.values()]).toEqual([classes, classes]);
  });

  it('reads them from a table that the label is looked up in', () => {
    const table = tensor('names', 'string', [2], ['no', 'yes']);
    const lists = classListsOf(
      scores(
        [
          node('ArgMax', ['x'], ['best'], { axis: 1, keepdims: 0 }),
          node({ name: 'ArrayFeatureExtractor', domain: 'ai.onnx.ml' }, ['names', 'best'], ['label']),
        ],
        [value('label', 'string', ['n'])],
        { constants: [table] },
      ),
    );
    expect([...lists]).toEqual([['label', ['no', 'yes']]]);
  });

  it('has none of a regression, nor of a graph that names none', () => {
    for (const name of ['frameworks/lightgbm', 'frameworks/torch-image', 'int64'])
      expect(classListsOf(fixture(name)), name).toEqual(new Map());
  });
});
