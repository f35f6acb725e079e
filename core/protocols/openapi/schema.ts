import type { Feature } from '../../contract/contract.ts';
import { integerRange } from '../../contract/integer-range.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import { featureRules } from '../../contract/rules/rules.ts';
import { NO_NUL } from '../../contract/types/string.ts';
import type { JsonSchema } from '../../contract/types/value-type.ts';
import { policyFor } from '../../contract/violation-policy.ts';
import type { TensorSpec, TensorType } from '../../model/signature.ts';
import { type TableColumn, tableColumns } from '../formats/table.ts';
import type { ProtocolModel } from '../protocol.ts';

/** A piece of JSON Schema 2020-12, or of the document; integers of 64 bits are bigint. */
export type Node = JsonSchema;

/** An element of a tensor that the contract says nothing about. */
export function elementSchema(type: TensorType): Node {
  if (type === 'string') return { type: 'string', pattern: NO_NUL };
  if (type === 'bool') return { type: 'boolean' };
  const range = integerRange(type);
  if (range !== undefined) return { type: 'integer', format: type, minimum: range.lowest, maximum: range.highest };
  return { type: ['number', 'null'], format: type === 'float64' ? 'double' : 'float' };
}

/**
 * A value of a feature as a request may have it: what every rule of the contract says, or, where violations are let
 * through, what it looks like at least.
 */
export function featureSchema(feature: Feature, { type }: TensorSpec): Node {
  const rules = featureRules(feature);
  const described = rules.filter(
    ({ name, structural }) => structural || policyFor(feature.onViolation, name) === 'reject',
  );
  const schema: Node = Object.assign({}, ...described.map((rule) => rule.openApi?.(type) ?? {}));
  const unit = feature.unit === undefined ? '' : `in ${feature.unit}`;
  const description = [feature.description, unit].filter((text) => text !== undefined && text !== '').join(', ');
  return {
    ...(rules.some(({ exempts }) => exempts?.(null)) ? nullable(schema) : schema),
    ...(description === '' ? {} : { description }),
  };
}

/** The same, or null. */
const nullable = ({ type, enum: values, ...rest }: Node): Node => ({
  ...rest,
  ...(type === undefined ? {} : { type: [type, 'null'] }),
  ...(values === undefined ? {} : { enum: [...(values as unknown[]), null] }),
});

const featuresOf = (spec: TensorSpec, protocolModel: ProtocolModel): Feature[] =>
  protocolModel.features
    .filter((feature) => (feature.input ?? feature.name) === spec.name)
    .toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));

/** `inner` within an array for each of these dimensions, of that length where it is known. */
export const nested = (dimensions: readonly number[], inner: Node): Node =>
  dimensions.reduceRight<Node>(
    (items, size) => ({ type: 'array', items, ...(size === -1 ? {} : { minItems: size, maxItems: size }) }),
    inner,
  );

/** One row of an input, as plain JSON has it: nested arrays, or a bare value where there is only one. */
export function rowSchema(spec: TensorSpec, protocolModel: ProtocolModel): Node {
  const inner = spec.shape.slice(1);
  const features = featuresOf(spec, protocolModel).map((feature) => featureSchema(feature, spec));
  const [first, second] = features;
  if (first === undefined) {
    const schema = nested(inner, elementSchema(spec.type));
    return inner.length === 1 && inner[0] === 1 ? { anyOf: [elementSchema(spec.type), schema] } : schema;
  }
  if (inner.length === 0) return first;
  const row = { type: 'array', prefixItems: features, items: false, minItems: features.length };
  return second === undefined ? { anyOf: [first, row] } : row;
}

/** The columns of a model's table, where all are single values and some are not named like an input; else none. */
export function featureColumns(protocolModel: ProtocolModel): readonly TableColumn[] {
  const columns = tableColumns(protocolModel);
  const named = columns.every(({ single }) => single) && columns.some(({ name }) => !protocolModel.inputs.has(name));
  return named ? columns : [];
}

/** One instance: bare for the only input, else an object. */
export function instanceSchema(protocolModel: ProtocolModel): Node {
  const [only, second] = protocolModel.signature.inputs;
  if (only !== undefined && second === undefined) return rowSchema(only, protocolModel);
  return objectOf(protocolModel.signature.inputs.map((spec) => [spec.name, rowSchema(spec, protocolModel)]));
}

/** Whole tensors by the names of the inputs. */
export const columnsSchema = (protocolModel: ProtocolModel): Node =>
  objectOf(
    protocolModel.signature.inputs.map((spec) => [
      spec.name,
      { type: 'array', minItems: 1, items: rowSchema(spec, protocolModel) },
    ]),
  );

/** A row of the model's table, by the names of its columns. */
export function recordSchema(protocolModel: ProtocolModel): Node {
  const features = new Map(protocolModel.features.map((feature) => [feature.name, feature]));
  return objectOf(
    tableColumns(protocolModel).map(({ name, spec, single }) => {
      const feature = features.get(name);
      if (feature !== undefined) return [name, featureSchema(feature, spec)];
      return [name, single ? elementSchema(spec.type) : rowSchema(spec, protocolModel)];
    }),
  );
}

export const objectOf = (
  properties: readonly (readonly [string, Node])[],
  required = properties.map(([name]) => name),
): Node => ({
  type: 'object',
  properties: Object.fromEntries(properties),
  required,
});

/** One row of an output, as plain JSON has it. */
export const outputRowSchema = (spec: TensorSpec): Node => nested(spec.shape.slice(1), outputElement(spec));

/** Whatever comes out: what is no number is null. */
export function outputElement({ name, type }: TensorSpec): Node {
  if (type !== 'string') return elementSchema(type);
  if (name.endsWith('_bytes')) return objectOf([['b64', { type: 'string', contentEncoding: 'base64' }]]);
  return { type: 'string' };
}

/** One prediction: bare for the only output, else an object. */
export function predictionSchema(protocolModel: ProtocolModel): Node {
  const [only, second] = protocolModel.signature.outputs;
  if (only !== undefined && second === undefined) return outputRowSchema(only);
  return objectOf(protocolModel.signature.outputs.map((spec) => [spec.name, outputRowSchema(spec)]));
}

/** The rows of a tensor as nested arrays. */
export function rowsSchema({ shape, data }: RawTensor): unknown[] {
  const take = (axis: number, from: number, length: number): unknown => {
    if (axis === shape.length) return data[from];
    const width = length / shape[axis]!;
    return Array.from({ length: shape[axis]! }, (_, i) => take(axis + 1, from + i * width, width));
  };
  const rows = take(0, 0, data.length);
  return Array.isArray(rows) ? rows : [rows];
}
