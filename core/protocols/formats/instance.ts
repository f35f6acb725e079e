import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { TensorSpec } from '../../model/signature.ts';
import { clip, type ProtocolModel } from '../protocol.ts';
import type { Asking } from './nested.ts';
import { recordsTable, tableColumns, tableInputs } from './table.ts';
import { assertComplete, kindOf } from './tensors.ts';
import { isBytes, isObject, type Json, readColumns, readRows } from './values.ts';

/** What was read of a body, and as what it came: it is answered alike. */
export interface Read {
  readonly inputs: Map<string, RawTensor>;
  readonly asking: Asking;
}

/**
 * Any JSON as one instance, or as a batch where it has one axis more: a value of the only input, an object of the
 * model's inputs or of the columns of its table, a row of that table, or a list of any of these.
 *
 * @throws InputError
 */
export function readValue(value: unknown, protocolModel: ProtocolModel): Read {
  const read = readAny(value, protocolModel);
  assertComplete(protocolModel, read.inputs);
  return read;
}

function readAny(value: unknown, protocolModel: ProtocolModel): Read {
  if (isObject(value) && !isBytes(value)) return readObject(value, protocolModel);
  const [spec, second] = protocolModel.signature.inputs;
  if (spec === undefined) throw new InputError('the model takes no inputs');
  if (Array.isArray(value) && isObject(value[0]) && !isBytes(value[0]))
    return { inputs: readObjects(value, protocolModel), asking: 'rows' };
  if (second !== undefined) {
    if (!Array.isArray(value))
      throw new InputError(
        `the body is ${kindOf(value)}, expected an object with ${[...protocolModel.inputs.keys()].join(', ')}`,
      );
    const single = !Array.isArray(value[0]);
    const inputs = tableInputs({ rows: single ? [value] : (value as unknown[][]) }, protocolModel);
    return { inputs, asking: single ? 'instance' : 'rows' };
  }
  const single = isInstance(spec, value);
  return { inputs: readRows(single ? [value] : value, protocolModel), asking: single ? 'instance' : 'rows' };
}

/** Whether a value is one of the input's rows, rather than a list of them. */
function isInstance(spec: TensorSpec, value: unknown): boolean {
  const inner = Math.max(0, spec.shape.length - 1);
  let depth = 0;
  for (let element = value; Array.isArray(element) && depth <= 8; element = element[0]) depth++;
  // A list of bare values is a batch where a row holds one value only.
  if (depth === 1 && inner === 1 && spec.shape[1] === 1) return (value as unknown[]).length === 1;
  return depth <= inner;
}

function readObject(value: Json, protocolModel: ProtocolModel): Read {
  const keys = Object.keys(value);
  const [first] = keys;
  if (first === undefined || keys.every((key) => protocolModel.inputs.has(key))) {
    const single = first === undefined || keys.every((key) => isInstance(protocolModel.inputs.get(key)!, value[key]));
    return single
      ? { inputs: readRows([value], protocolModel), asking: 'instance' }
      : { inputs: readColumns(value, protocolModel), asking: 'columns' };
  }
  assertNamed(keys, protocolModel);
  return { inputs: tableInputs(recordsTable([value]), protocolModel), asking: 'instance' };
}

function readObjects(values: readonly unknown[], protocolModel: ProtocolModel): Map<string, RawTensor> {
  const keys = Object.keys(values[0] as Json);
  if (keys.every((key) => protocolModel.inputs.has(key))) return readRows(values, protocolModel);
  assertNamed(keys, protocolModel);
  return tableInputs(recordsTable(values), protocolModel);
}

/**
 * Row format, whose objects may also have the columns of the model's table for keys.
 *
 * @throws InputError
 */
export function readInstances(instances: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  const first = Array.isArray(instances) ? instances[0] : undefined;
  return isObject(first) && !isBytes(first)
    ? readObjects(instances as unknown[], protocolModel)
    : readRows(instances, protocolModel);
}

/**
 * Column format, whose keys may also be the columns of the model's table.
 *
 * @throws InputError
 */
export function readInputs(inputs: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (!isObject(inputs) || isBytes(inputs)) return readColumns(inputs, protocolModel);
  const columns = Object.keys(inputs);
  if (columns.every((key) => protocolModel.inputs.has(key))) return readColumns(inputs, protocolModel);
  assertNamed(columns, protocolModel);
  const lists = columns.map((name) => {
    const list = inputs[name];
    if (!Array.isArray(list)) throw new InputError(`column ${clip(name)} is ${kindOf(list)}, expected an array`);
    return list as unknown[];
  });
  const rows = lists[0]!.length;
  const uneven = lists.findIndex((list) => list.length !== rows);
  if (uneven !== -1)
    throw new InputError(
      `column ${clip(columns[uneven]!)} has ${lists[uneven]!.length} values, ${clip(columns[0]!)} ${rows}`,
    );
  return tableInputs(
    { columns, rows: Array.from({ length: rows }, (_, row) => lists.map((list) => list[row])) },
    protocolModel,
  );
}

/** @throws InputError unless one key at least is a column, so that the message is about inputs and not about tables */
function assertNamed(keys: readonly string[], protocolModel: ProtocolModel): void {
  if (tableColumns(protocolModel).some(({ name }) => keys.includes(name))) return;
  throw new InputError(
    `no input named ${clip(keys[0]!)}, the model takes ${[...protocolModel.inputs.keys()].join(', ')}`,
  );
}
