import { describe, expect, it } from 'vitest';
import { compileCheck } from '../../../../core/contract/check.ts';
import { Contract, type FeatureType } from '../../../../core/contract/contract.ts';
import { InputError } from '../../../../core/contract/input-error.ts';
import type { Signature, TensorType } from '../../../../core/model/signature.ts';
import { type ProtocolModel, protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { decodeInvocation } from '../../../../core/protocols/sagemaker/invocations.ts';
import { decodeSeldon } from '../../../../core/protocols/seldon/predict.ts';
import { decodeTorchServe } from '../../../../core/protocols/torchserve/body.ts';
import { decodeV1 } from '../../../../core/protocols/v1/predict.ts';
import { datatypeOf } from '../../../../core/protocols/v2/datatypes.ts';
import { decodeV2 } from '../../../../core/protocols/v2/infer.ts';
import { post } from '../../protocols/protocol-models.ts';
import { doubleBits, type SharedCell, sharedCells } from './shared-cells.ts';

type FeatureCell = SharedCell & { readonly type: FeatureType };
const CELLS = sharedCells().filter((cell): cell is FeatureCell => cell.type !== 'time');

type Decoder = (cell: string, model: ProtocolModel) => { readonly inputs: ReadonlyMap<string, never> };
const decoder = (decode: unknown): Decoder => decode as Decoder;
const typed = (type: string) => ({ 'content-type': type });

/** Bodies with a JSON cell for input x beside a plain one. */
const JSON_BODIES: Record<string, Decoder> = {
  'v1 rows': decoder((cell: string, model: ProtocolModel) =>
    decodeV1(post(`{"instances":[{"x":${cell},"k":1}]}`), model),
  ),
  'v1 columns': decoder((cell: string, model: ProtocolModel) =>
    decodeV1(post(`{"inputs":{"x":[${cell}],"k":[1]}}`), model),
  ),
  v2: decoder((cell: string, model: ProtocolModel) =>
    decodeV2(
      post(
        `{"inputs":[{"name":"x","shape":[1],"datatype":"${datatypeOf(model.signature.inputs[0]!.type)}","data":[${cell}]},{"name":"k","shape":[1],"datatype":"FP32","data":[1]}]}`,
      ),
      model,
    ),
  ),
  torchserve: decoder((cell: string, model: ProtocolModel) => decodeTorchServe(post(`{"x":${cell},"k":1}`), model)),
  sagemaker: decoder((cell: string, model: ProtocolModel) =>
    decodeInvocation(post(`{"instances":[{"x":${cell},"k":1}]}`), model, 'sagemaker'),
  ),
  'JSON lines': decoder((cell: string, model: ProtocolModel) =>
    decodeInvocation(post(`{"x":${cell},"k":1}\n`, typed('application/jsonlines')), model, 'sagemaker'),
  ),
  'mlflow split': decoder((cell: string, model: ProtocolModel) =>
    decodeInvocation(post(`{"dataframe_split":{"columns":["x","k"],"data":[[${cell},1]]}}`), model, 'mlflow'),
  ),
  'mlflow records': decoder((cell: string, model: ProtocolModel) =>
    decodeInvocation(post(`{"dataframe_records":[{"x":${cell},"k":1}]}`), model, 'mlflow'),
  ),
  seldon: decoder((cell: string, model: ProtocolModel) =>
    decodeSeldon(post(`{"data":{"names":["x","k"],"ndarray":[[${cell},1]]}}`), model),
  ),
  'seldon jsonData': decoder((cell: string, model: ProtocolModel) =>
    decodeSeldon(post(`{"jsonData":{"x":${cell},"k":1}}`), model),
  ),
};

const csv: Decoder = decoder((cell: string, model: ProtocolModel) =>
  decodeInvocation(post(`x,k\n${cell},1\n`, typed('text/csv')), model, 'sagemaker'),
);
const form: Decoder = decoder((cell: string, model: ProtocolModel) =>
  decodeTorchServe(post(`x=${encodeURIComponent(cell)}&k=1`, typed('application/x-www-form-urlencoded')), model),
);

/** Inputs that hold every value of a type exactly. */
const INPUTS: Record<FeatureType, TensorType[]> = {
  integer: ['int64'],
  float: ['float64'],
  boolean: ['bool', 'float32', 'int64'],
  string: ['string'],
};

/** What a request with one cell is answered: the rule that it breaks, or the value that the graph is run on. */
function compile(type: FeatureType, input: TensorType) {
  const signature: Signature = {
    inputs: [
      { name: 'x', type: input, shape: [-1] },
      { name: 'k', type: 'float32', shape: [-1] },
    ],
    outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
  };
  const features = [
    { name: 'x', type },
    { name: 'k', type: 'float' },
  ];
  const check = compileCheck(Contract.parse({ features }), signature);
  const model = protocolModelOf('m', signature, { features: check.features });
  return (decode: Decoder, cell: string): { verdict: string; value: SharedCell['value'] } => {
    try {
      const { violations, tensors } = check.run(decode(cell, model).inputs, false);
      if (violations.length > 0) return { verdict: violations[0]!.rule, value: null };
      return { verdict: 'value', value: exact(type, tensors.x!.data[0]) };
    } catch (error) {
      // Where a value is expected, an array or an object is no cell at all.
      if (!(error instanceof InputError)) throw error;
      return { verdict: 'type', value: null };
    }
  };
}

function exact(type: FeatureType, value: unknown): SharedCell['value'] {
  if (type === 'boolean') return Number(value) === 1;
  return type === 'float' ? doubleBits(value as number) : String(value);
}

describe('a request', () => {
  it.each(Object.keys(JSON_BODIES))('reads JSON cells as the shared table says: %s', (protocol) => {
    for (const [type, inputs] of Object.entries(INPUTS) as [FeatureType, TensorType[]][])
      for (const input of inputs) {
        const answer = compile(type, input);
        for (const { json, verdict, value } of CELLS.filter((cell) => cell.type === type && cell.json !== null))
          expect(answer(JSON_BODIES[protocol]!, json!), `${type} ${json} in ${input}`).toEqual({ verdict, value });
      }
  });

  it.each(Object.keys(INPUTS) as FeatureType[])('reads fields of CSV as the shared table says: %s', (type) => {
    for (const input of INPUTS[type]) {
      const answer = compile(type, input);
      for (const { csv: cell, verdict, value } of CELLS.filter((each) => each.type === type && each.csv !== null))
        expect(answer(csv, cell!), `${type} ${cell} in ${input}`).toEqual({ verdict, value });
    }
  });

  it.each(Object.keys(INPUTS) as FeatureType[])('reads fields of forms as the shared table says: %s', (type) => {
    for (const input of INPUTS[type]) {
      const answer = compile(type, input);
      const cells = CELLS.filter((each) => each.type === type && each.csv !== null && !/^"/.test(each.csv));
      for (const { csv: cell, verdict, value } of cells)
        expect(answer(form, cell!), `${type} ${cell} in ${input}`).toEqual({ verdict, value });
    }
  });

  it('takes an integer for a float input by the same verdict, as the double nearest to it', () => {
    const answer = compile('integer', 'float64');
    for (const { json, verdict, value } of CELLS.filter((cell) => cell.type === 'integer' && cell.json !== null)) {
      const found = answer(JSON_BODIES['v1 rows']!, json!);
      expect(found.verdict, json!).toBe(verdict);
      if (value !== null) expect(Number(found.value)).toBe(Number(value));
    }
  });
});
