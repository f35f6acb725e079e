import type { Signature, TensorSpec } from '../model/signature.ts';
import type { Contract, Feature } from './contract.ts';
import type { RuledFeature } from './rules/rule.ts';
import type { TensorRule } from './tensor-rule.ts';
import { policyFor } from './violation-policy.ts';

/** The contract and the graph do not fit together; the message names the feature and the inputs there are. */
export class ContractBindingError extends Error {
  override readonly name = 'ContractBindingError';
}

/** Where a feature goes: a column of a graph's input. */
export interface BoundFeature {
  readonly feature: Feature;
  /** Column within the input. */
  readonly column: number;
}

/** One input of the graph and the features it carries, in column order; none for an input the contract is silent on. */
export interface BoundInput {
  readonly spec: TensorSpec;
  readonly features: readonly BoundFeature[];
  /** Columns of a bound input: 1 for [n] and [n, 1]. */
  readonly columns: number;
  /** What the contract says of the input as a whole; never of one that carries features. */
  readonly rule?: TensorRule;
}

/**
 * Binds every feature to a column of an input, and every column of an input that carries features to a feature.
 *
 * @throws ContractBindingError when a feature has no input, a column has none or two features, or the types disagree
 */
export function bindContract(contract: Contract, signature: Signature): BoundInput[] {
  const inputs = new Map(signature.inputs.map((spec) => [spec.name, spec]));
  const carried = new Map<string, BoundFeature[]>();
  for (const feature of withInputTypes(contract, signature).features) {
    const input = inputOf(feature);
    const spec = inputs.get(input);
    if (spec === undefined)
      throw new ContractBindingError(
        `feature ${feature.name} goes to input ${input}, but the graph has ${[...inputs.keys()].join(', ')}`,
      );
    assertTypes(feature, spec);
    const list = carried.get(input) ?? [];
    list.push({ feature, column: feature.index ?? 0 });
    carried.set(input, list);
  }
  const rules = new Map(contract.tensors.map((rule) => [rule.name, rule]));
  for (const rule of contract.tensors) {
    const spec = inputs.get(rule.name);
    if (spec === undefined)
      throw new ContractBindingError(`tensor ${rule.name} is no input, the graph has ${[...inputs.keys()].join(', ')}`);
    if (carried.has(rule.name))
      throw new ContractBindingError(
        `input ${rule.name} carries features, and the contract has rules for it as a whole`,
      );
    assertRule(rule, spec);
  }
  return signature.inputs.map((spec) => bindInput(spec, carried.get(spec.name) ?? [], rules.get(spec.name)));
}

const inputOf = ({ input, name }: Feature): string => input ?? name;

/**
 * A contract whose features know the types of the inputs that they go to, so that of a file is refused what the model
 * could not be asked about. Features without an input are as before.
 */
export function withInputTypes(contract: Contract, signature: Pick<Signature, 'inputs'>): Contract {
  const types = new Map(signature.inputs.map(({ name, type }) => [name, type]));
  const features = contract.features.map((feature): InputFeature => {
    const inputType = types.get(inputOf(feature));
    return inputType === undefined ? feature : { ...feature, inputType };
  });
  return { ...contract, features };
}

type InputFeature = Feature & Pick<RuledFeature, 'inputType'>;

/** A rule says what the graph itself does not rule out. */
function assertRule({ name, shape, min, max, maxLength, onViolation }: TensorRule, spec: TensorSpec): void {
  const text = spec.type === 'string';
  if (text && (min !== undefined || max !== undefined))
    throw new ContractBindingError(`tensor ${name} has min or max, but its input takes strings`);
  if (!text && maxLength !== undefined)
    throw new ContractBindingError(`tensor ${name} has maxLength, but its input takes ${spec.type}`);
  if (text && policyFor(onViolation, 'maxLength') === 'clamp')
    throw new ContractBindingError(`tensor ${name} is to be clamped, but its input takes strings: reject or flag`);
  if (shape === undefined) return;
  const fits =
    shape.length === spec.shape.length &&
    shape.every((size, axis) => {
      const own = spec.shape[axis]!;
      if (size === null || own === -1) return true;
      return typeof size === 'number' ? size === own : own >= (size.min ?? 0) && own <= (size.max ?? Infinity);
    });
  if (!fits)
    throw new ContractBindingError(
      `tensor ${name} has shape ${JSON.stringify(shape)}, but its input takes [${spec.shape}] (-1: any)`,
    );
}

function bindInput(spec: TensorSpec, features: BoundFeature[], rule: TensorRule | undefined): BoundInput {
  if (features.length === 0) return { spec, features, columns: 0, ...(rule ? { rule } : {}) };
  if (spec.shape.length > 2)
    throw new ContractBindingError(
      `input ${spec.name} has shape [${spec.shape}]; features go to inputs of shape [n] or [n, k] only`,
    );
  features.sort((a, b) => a.column - b.column);
  const width = spec.shape.length === 2 ? spec.shape[1]! : 1;
  const columns = width === -1 ? features.length : width;
  const gap = features.findIndex((bound, i) => bound.column !== i);
  if (gap !== -1 || features.length !== columns)
    throw new ContractBindingError(
      `input ${spec.name} has ${columns} column(s), but the contract binds ${features
        .map((bound) => `${bound.feature.name} to ${bound.column}`)
        .join(', ')}: every column needs one feature`,
    );
  return { spec, features, columns };
}

function assertTypes(feature: Feature, spec: TensorSpec): void {
  const text = spec.type === 'string';
  const integral = !text && !spec.type.startsWith('float');
  if (text !== (feature.type === 'string') || (integral && feature.type === 'float'))
    throw new ContractBindingError(
      `feature ${feature.name} is ${feature.type}, but input ${spec.name} takes ${spec.type}`,
    );
  if (integral && feature.missing === 'allow')
    throw new ContractBindingError(
      `feature ${feature.name} may be missing, but input ${spec.name} takes ${spec.type}, which has no missing value`,
    );
}
