import type { Signature, TensorSpec } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';
import { type BoundInput, bindContract } from './bind.ts';
import { compileColumns } from './columns.ts';
import type { Contract, Feature } from './contract.ts';
import { Findings, type ViolationCount } from './findings.ts';
import { InputError } from './input-error.ts';
import { fillOpaque } from './opaque.ts';
import type { Pass } from './pass.ts';
import type { FeatureValues, RawTensor } from './raw-tensor.ts';
import { summaryColumns } from './summary.ts';
import type { Violation } from './violation.ts';
import { compileWhole } from './whole.ts';

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
  /** All violations, rejecting or not, by feature and rule. */
  readonly findings: readonly ViolationCount[];
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
        const { spec, rule } = bound[i]!;
        const captured = rule === undefined ? values : summaries;
        tensors[spec.name] = passes[i]!(inputs.get(spec.name)!, rows, findings, keep ? captured : undefined);
      }
      const { violations, rejected, tolerated, counts } = findings;
      return { rows, tensors, violations, rejected, tolerated, findings: counts, values, summaries };
    },
  };
}

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
  const { spec, columns, rule } = input;
  if (rule !== undefined) return compileWhole(spec, rule);
  if (columns === 0) return (raw) => fillOpaque(spec, raw);
  return compileColumns(input);
}
