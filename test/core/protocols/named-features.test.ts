import { describe, expect, it } from 'vitest';
import { Feature } from '../../../core/contract/contract.ts';
import { type Operation, type ProtocolModel, protocolModelOf } from '../../../core/protocols/protocol.ts';
import { decodeInvocation } from '../../../core/protocols/sagemaker/invocations.ts';
import { decodeExplainV1 } from '../../../core/protocols/v1/explain.ts';
import { decodeV1 } from '../../../core/protocols/v1/predict.ts';
import { encodeBinary } from '../../../core/protocols/v2/binary.ts';
import { decodeExplainV2 } from '../../../core/protocols/v2/explain.ts';
import { decodeV2 } from '../../../core/protocols/v2/infer.ts';
import { v2 } from '../../../core/protocols/v2/v2.ts';
import { catalog, head, post, spec } from './protocol-models.ts';

const bound = (input: string, ...names: [string, string][]) =>
  names.map(([name, type], index) => Feature.parse({ name, type, input, index }));
/** Numbers in one input and texts in another, as exporters of pipelines have them. */
const model: ProtocolModel = protocolModelOf(
  'm',
  {
    inputs: [spec('num', 'float32', [-1, 2]), spec('cat', 'string', [-1, 2])],
    outputs: [spec('y', 'float32', [-1])],
  },
  {
    features: [
      ...bound('num', ['age', 'integer'], ['income', 'float']),
      ...bound('cat', ['city', 'string'], ['kind', 'string']),
    ],
  },
);
const TENSORS = [
  ['num', { shape: [2, 2], data: [40, 1.5, 50, 2.5] }],
  ['cat', { shape: [2, 2], data: ['Rome', 'a', 'Oslo', 'b'] }],
];
/** In another order than the graph has them. */
const ROWS = [
  { kind: 'a', income: 1.5, city: 'Rome', age: 40 },
  { kind: 'b', income: 2.5, city: 'Oslo', age: 50 },
];
const list = (name: keyof (typeof ROWS)[number]) => ROWS.map((row) => row[name]);
const COLUMNS = { kind: list('kind'), income: list('income'), city: list('city'), age: list('age') };
const column = (name: keyof typeof COLUMNS, datatype: string, shape = [2]) => ({
  ...{ name, datatype, shape, data: COLUMNS[name] },
});
const V2 = {
  inputs: [column('kind', 'BYTES'), column('income', 'FP64', [2, 1]), column('city', 'BYTES'), column('age', 'INT64')],
};
const WHOLE = { name: 'num', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] };
const csv = `kind,income,city,age\n${ROWS.map(({ kind, income, city, age }) => `${kind},${income},${city},${age}`).join('\n')}\n`;

describe('Features that share an input', () => {
  it.each([
    ['v1 by row', () => decodeV1(post({ instances: ROWS }), model)],
    ['v1 by column', () => decodeV1(post({ inputs: COLUMNS }), model)],
    ['v1 explanations', () => decodeExplainV1(post({ instances: ROWS }), model)],
    ['v2, a tensor each', () => decodeV2(post(V2), model)],
    ['v2 explanations', () => decodeExplainV2(post(V2), model)],
    ['CSV', () => decodeInvocation(post(csv, { 'content-type': 'text/csv' }), model, 'sagemaker')],
    ['data frames', () => decodeInvocation(post({ dataframe_records: ROWS }), model, 'mlflow')],
    ['JSON of SageMaker', () => decodeInvocation(post({ instances: ROWS }), model, 'sagemaker')],
  ] as const)('are taken by their names in whatever order: %s', (_, decode) => {
    expect([...decode().inputs].map(([name, { shape, data }]) => [name, { shape, data: Array.from(data) }])).toEqual(
      expect.arrayContaining(TENSORS),
    );
  });

  it('may be binary in v2, some of them beside an input that comes whole', () => {
    const income = encodeBinary({ type: 'float32', shape: [2], data: Float32Array.of(0.1, 2.5) });
    const age = encodeBinary({ type: 'int64', shape: [2], data: BigInt64Array.of(40n, 50n) });
    const binary = (name: string, datatype: string, { length }: Uint8Array) => ({
      ...{ name, datatype, shape: [2], parameters: { binary_data_size: length } },
    });
    const json = JSON.stringify({
      inputs: [
        binary('income', 'FP32', income),
        { name: 'cat', datatype: 'BYTES', shape: [2, 2], data: ['Rome', 'a', 'Oslo', 'b'] },
        binary('age', 'INT64', age),
      ],
    });
    const body = Buffer.concat([Buffer.from(json), income, age]);
    const { inputs } = decodeV2(post(body, { 'inference-header-content-length': String(json.length) }), model);
    // A float32 stands for the decimal that it was made of.
    expect(inputs.get('num')).toEqual({ shape: [2, 2], data: [40n, 0.1, 50n, 2.5] });
    expect(inputs.get('cat')!.shape).toEqual([2, 2]);
  });

  it.each([
    ['a column is missing', V2.inputs.slice(1), 'missing column kind'],
    ['one is given twice', [...V2.inputs, V2.inputs[0]], 'feature kind is given twice'],
    ['the input is there as well', [...V2.inputs, WHOLE], 'input num is given whole, and by features'],
    ['it is text', [column('age', 'BYTES')], 'feature age has datatype BYTES, expected FP32 or another of numbers'],
    ['it has no datatype here', [column('age', 'BF16')], 'feature age has datatype BF16'],
    ['it is a matrix', [column('age', 'FP32', [1, 2])], 'feature age has shape [1,2], expected [n] or [n, 1]'],
    [
      'lengths differ',
      [column('age', 'FP32'), { name: 'income', datatype: 'FP32', shape: [1], data: [1] }],
      'feature income has 1 values, age 2',
    ],
    ['no feature is called so', [{ name: 'agee', datatype: 'FP32', shape: [1], data: [1] }], 'no input named agee'],
  ])('are refused in v2 where %s', (_, inputs, message) => {
    expect(() => decodeV2(post({ inputs }), model)).toThrow(message);
  });

  it('are told by the metadata of v2', () => {
    const served = { ...catalog.versions('m')![0]!, signature: model.signature, protocolModel: model };
    const { show } = v2.resolve(head('GET', '/v2/models/m'), catalog) as Extract<Operation, { kind: 'show' }>;
    const { body } = show({ ...catalog, versions: () => [served] }, post(''));
    expect(JSON.parse(body as string).inputs).toEqual([
      { name: 'num', datatype: 'FP32', shape: [-1, 2], parameters: { features: ['age', 'income'] } },
      { name: 'cat', datatype: 'BYTES', shape: [-1, 2], parameters: { features: ['city', 'kind'] } },
    ]);
  });
});
