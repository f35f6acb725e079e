import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import { shortest } from '../../model/decimal.ts';
import { halfDecimal } from '../../model/half.ts';
import type { TensorSpec } from '../../model/signature.ts';
import { type TableColumn, tableColumns, tableInputs } from '../formats/table.ts';
import { clip, type ProtocolModel } from '../protocol.ts';
import { datatypeOf, typeOf } from './datatypes.ts';

/**
 * Tensors of a request that are named after features and not after inputs: a column each, [n] or [n, 1], as MLServer's
 * codec of pandas writes a data frame. Together they make the inputs that take these features.
 */
export class FeatureColumns {
  readonly #model: ProtocolModel;
  readonly #values = new Map<string, ArrayLike<unknown>>();

  constructor(model: ProtocolModel) {
    this.#model = model;
  }

  /** What a tensor of a name and datatype must be like; undefined where the name is no feature's. @throws InputError */
  specOf(name: string, datatype: unknown): TensorSpec | undefined {
    const column = columnsOf(this.#model).get(name);
    if (column === undefined) return undefined;
    const type = typeof datatype === 'string' ? typeOf(datatype) : undefined;
    const text = column.spec.type === 'string';
    if (type === undefined || (type === 'string') !== text)
      throw new InputError(
        `feature ${name} has datatype ${typeof datatype === 'string' ? clip(datatype) : 'none'}, expected ${text ? 'BYTES' : `${datatypeOf(column.spec.type)} or another of numbers`}`,
      );
    // Of its shape more can be said than of an input's: see add.
    return { name, type, shape: [] };
  }

  /** @throws InputError when it is there, or there is no other value for its rows */
  add({ name, type }: TensorSpec, { shape, data }: RawTensor): void {
    if (shape.length === 0 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1))
      throw new InputError(`feature ${name} has shape [${shape.slice(0, 9)}], expected [n] or [n, 1]`);
    if (this.#values.has(name)) throw new InputError(`feature ${name} is given twice`);
    this.#values.set(name, decimals(type, data));
  }

  /** Puts the columns together, beside what came whole. @throws InputError when columns are missing, or of different lengths */
  into(inputs: Map<string, RawTensor>): void {
    const [first] = this.#values;
    if (first === undefined) return;
    const model = this.#model;
    const [firstName, { length: rows }] = first;
    for (const [name, { length }] of this.#values)
      if (length !== rows) throw new InputError(`feature ${name} has ${length} values, ${firstName} ${rows}`);
    const specs = new Set([...this.#values.keys()].map((name) => columnsOf(model).get(name)!.spec));
    for (const { name } of specs)
      if (inputs.has(name)) throw new InputError(`input ${name} is given whole, and by features as well`);
    const part = tableInputs(
      {
        columns: [...this.#values.keys()],
        rows: Array.from({ length: rows }, (_, row) => [...this.#values.values()].map((values) => values[row])),
      },
      partOf(model, specs),
    );
    for (const [name, tensor] of part) inputs.set(name, tensor);
  }
}

/** A model as if it had these inputs alone. */
const partOf = (model: ProtocolModel, specs: ReadonlySet<TensorSpec>): ProtocolModel => ({
  ...model,
  signature: { ...model.signature, inputs: model.signature.inputs.filter((spec) => specs.has(spec)) },
});

const known = new WeakMap<ProtocolModel, ReadonlyMap<string, TableColumn>>();

/** Columns of single values that are not named like an input. */
function columnsOf(model: ProtocolModel): ReadonlyMap<string, TableColumn> {
  let columns = known.get(model);
  if (columns === undefined) {
    columns = new Map(
      tableColumns(model)
        .filter(({ name, single }) => single && !model.inputs.has(name))
        .map((column) => [column.name, column]),
    );
    known.set(model, columns);
  }
  return columns;
}

/** Values as JSON has them: a binary float of 16 or 32 bits stands for the decimal that it was made of. */
function decimals(type: TensorSpec['type'], data: ArrayLike<unknown>): ArrayLike<unknown> {
  if (data instanceof Float32Array) return Array.from(data, shortest);
  if (type === 'float16' && data instanceof Uint16Array) return Array.from(data, halfDecimal);
  return data;
}
