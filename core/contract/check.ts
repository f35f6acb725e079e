import { halfBits, halfValue } from '../model/half.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import { zeros } from '../model/small-arrays.ts';
import type { TensorData } from '../model/tensor.ts';
import { type BoundInput, bindContract } from './bind.ts';
import type { Contract, Feature, Violation } from './contract.ts';
import { allocate, bigRange, fillOpaque, InputError, isBig, numberRange } from './elements.ts';
import { type FillColumn, fillBigs, fillBooleans, fillNumbers, fillStrings, type NumberTensor } from './fill.ts';
import { Findings, ruleOf } from './rule.ts';
import { summaryColumns } from './summary.ts';
import { compileWhole } from './whole.ts';

/** One input as a protocol decoded it: flat, row-major, its elements not yet looked at, the shape agreeing with them. */
export interface RawTensor {
  readonly shape: readonly number[];
  /** JSON values (number, bigint, string, boolean, null) or a typed array. */
  readonly data: ArrayLike<unknown>;
}

/** One feature's values as they came in (before clamping), for captures: NaN and '' are missing. */
export type FeatureValues = Float64Array | readonly number[] | string[];

export interface Checked {
  /** Rows of the bound inputs; 1 when the contract binds nothing and the first input is a scalar. */
  readonly rows: number;
  /** What the model runs on; not to be used when `rejected` is over 0. */
  readonly tensors: Record<string, TensorData>;
  /** Rejecting violations, at most ten. */
  readonly violations: readonly Violation[];
  /** Number of rejecting violations. */
  readonly rejected: number;
  /** Number of violations that were clamped or flagged. */
  readonly tolerated: number;
  /** In the order of `Check.features`; empty unless they were asked for. */
  readonly values: readonly FeatureValues[];
  /** In the order of `Check.summaries`; empty unless they were asked for. */
  readonly summaries: readonly FeatureValues[];
}

/** A contract compiled against a signature. */
export interface CompiledContract {
  /** Bound features, in the order of `Checked.values`. */
  readonly features: readonly Feature[];
  /** What is captured of whole tensors, as if it were features; in the order of `Checked.summaries`. */
  readonly summaries: readonly Feature[];
  /** Inputs that must be there, each with the shape it must have. */
  readonly inputs: readonly TensorSpec[];
  /**
   * Checks one request and fills its tensors in the same pass.
   *
   * @param inputs every input of `inputs`, with a shape that fits its spec
   * @param keep whether the values are wanted for a capture
   * @throws InputError when the inputs do not have the same number of rows, or there are none
   */
  run(inputs: ReadonlyMap<string, RawTensor>, keep: boolean): Checked;
}

/**
 * Compiles a contract to the pass that checks a request's features and fills the graph's tensors. Inputs without
 * features are checked as a whole where the contract has a rule for them, else for their element type only.
 *
 * @throws ContractBindingError when contract and signature do not fit together
 */
export function compileCheck(contract: Contract, signature: Signature): CompiledContract {
  const bound = bindContract(contract, signature);
  const passes = bound.map(compileInput);
  return {
    features: bound.flatMap((input) => input.features.map(({ feature }) => feature)),
    summaries: bound.flatMap(({ spec, rule }) =>
      rule === undefined ? [] : summaryColumns(spec, rule).map(({ feature }) => feature),
    ),
    inputs: signature.inputs,
    run(inputs, keep) {
      const rows = commonRows(bound, inputs);
      const findings = new Findings();
      const tensors: Record<string, TensorData> = {};
      const values: FeatureValues[] = [];
      const summaries: FeatureValues[] = [];
      for (let i = 0; i < bound.length; i++) {
        const name = bound[i]!.spec.name;
        tensors[name] = passes[i]!(
          inputs.get(name)!,
          rows,
          findings,
          keep ? (bound[i]!.rule === undefined ? values : summaries) : undefined,
        );
      }
      const { violations, rejected, tolerated } = findings;
      return { rows, tensors, violations, rejected, tolerated, values, summaries };
    },
  };
}

/** Checks an input and fills its tensor; what is captured of it goes to `values`, where that is given. */
export type Pass = (
  raw: RawTensor,
  rows: number,
  findings: Findings,
  values: FeatureValues[] | undefined,
) => TensorData;

/** Rows of the bound inputs, which must agree; without any, the first dimension of the first input. */
function commonRows(bound: readonly BoundInput[], inputs: ReadonlyMap<string, RawTensor>): number {
  let rows: number | undefined;
  let first = '';
  for (const { spec, columns } of bound) {
    if (columns === 0) continue;
    const found = inputs.get(spec.name)!.shape[0] ?? 0;
    if (rows === undefined) {
      rows = found;
      first = spec.name;
    } else if (found !== rows) throw new InputError(`input ${spec.name} has ${found} rows, input ${first} has ${rows}`);
  }
  rows ??= inputs.get(bound[0]!.spec.name)!.shape[0] ?? 1;
  if (rows === 0) throw new InputError('a request needs at least one row');
  return rows;
}

function compileInput(input: BoundInput): Pass {
  const { spec, columns } = input;
  const rules = input.features.map(({ feature }) => ruleOf(feature));
  if (input.rule !== undefined) return compileWhole(spec, input.rule);
  if (columns === 0) return (raw) => fillOpaque(spec, raw);
  if (spec.type === 'float16') return halfPass({ ...input, spec: { ...spec, type: 'float32' } });
  const type = spec.type;
  const range = numberRange(type);
  const big = bigRange(type);
  return (raw, rows, findings, values) => {
    const tensor = allocate(type, rows * columns);
    // One block for all columns of numbers: a typed array each would cost more than the pass itself at one row.
    const block = values === undefined || type === 'string' ? undefined : zeros(Float64Array, rows * columns);
    for (let column = 0; column < columns; column++) {
      const rule = rules[column]!;
      const job: FillColumn = { rule, data: raw.data, from: column, step: columns, rows, findings };
      if (type === 'string') {
        const texts: string[] | undefined = values && new Array<string>(rows);
        fillStrings(job, tensor as string[], texts);
        if (texts !== undefined) values!.push(texts);
        continue;
      }
      const keptFrom = column * rows;
      if (isBig(tensor)) fillBigs(job, tensor, big!, block, keptFrom);
      else if (type === 'bool') fillBooleans(job, tensor as Uint8Array, block, keptFrom);
      else fillNumbers(job, tensor as NumberTensor, range, block, keptFrom);
      if (block === undefined) continue;
      // Views of the block for thirty features take longer than their check; of one row they are just numbers.
      if (rows === 1) values!.push([block[keptFrom]!]);
      else values!.push(columns === 1 ? block : block.subarray(keptFrom, keptFrom + rows));
    }
    return { type, shape: raw.shape, data: tensor };
  };
}

/** A pass over float16, which is checked as the numbers that its bits stand for. */
function halfPass(input: BoundInput): Pass {
  const pass = compileInput(input);
  return (raw, rows, findings, values) => {
    const numbers = raw.data instanceof Uint16Array ? { ...raw, data: Array.from(raw.data, halfValue) } : raw;
    const { shape, data } = pass(numbers, rows, findings, values);
    return { type: 'float16', shape, data: Uint16Array.from(data as Float32Array, halfBits) };
  };
}
