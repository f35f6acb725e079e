import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { TensorSpec } from '../../model/signature.ts';
import { clip, type ProtocolModel } from '../protocol.ts';
import { type CellKind, cellKind, cellValue } from './cell.ts';
import { assertShape, elementsOf } from './tensors.ts';
import { type Json, readRowsOf, scalar } from './values.ts';

/** A column of the table that a model takes. */
export interface TableColumn {
  /** The feature's name where the contract has one for it, else the input's. */
  readonly name: string;
  readonly spec: TensorSpec;
  /** What its cells are where they are text. */
  readonly kind: CellKind;
  /** Whether its cells are single values; the others are arrays, one of the input's rows each. */
  readonly single: boolean;
}

/** Values by row and column; without names the columns are in the model's order. */
export interface Table {
  readonly columns?: readonly string[] | undefined;
  readonly rows: readonly (readonly unknown[])[];
}

/** How strictly the names of a table are taken. */
export interface Naming {
  /** Columns that the model does not take are left out instead of refused. */
  readonly extra?: boolean;
  /** Names of which the model knows none mean nothing: the columns are in the model's order. */
  readonly foreign?: boolean;
}

const layouts = new WeakMap<ProtocolModel, readonly TableColumn[]>();

/** The columns of the table that a model takes, in the order of its inputs. */
export function tableColumns(protocolModel: ProtocolModel): readonly TableColumn[] {
  let columns = layouts.get(protocolModel);
  if (columns === undefined) {
    columns = protocolModel.signature.inputs.flatMap((spec) => columnsOfInput(spec, protocolModel));
    layouts.set(protocolModel, columns);
  }
  return columns;
}

function columnsOfInput(spec: TensorSpec, protocolModel: ProtocolModel): TableColumn[] {
  const features = protocolModel.features
    .filter((feature) => (feature.input ?? feature.name) === spec.name)
    .toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
  if (features.length > 0)
    return features.map(({ name, type }) => ({ name, spec, kind: cellKind(spec.type, type), single: true }));
  return [
    { name: spec.name, spec, kind: cellKind(spec.type), single: spec.shape.slice(1).every((size) => size === 1) },
  ];
}

/** Whether cells are the names of a model's columns, all of them and each once: a header. */
function isHeader(cells: readonly string[], protocolModel: ProtocolModel): boolean {
  const columns = tableColumns(protocolModel);
  const names = new Set(cells);
  return cells.length === columns.length && columns.every(({ name }) => names.has(name));
}

/**
 * The inputs that a table means: every column goes to the feature of its name, or by its place.
 *
 * @throws InputError when columns are missing, unknown or given twice
 */
export function tableInputs(table: Table, protocolModel: ProtocolModel, naming: Naming = {}): Map<string, RawTensor> {
  const { rows } = table;
  if (rows.length === 0) throw new InputError('the table is empty, expected at least one row');
  const columns = tableColumns(protocolModel);
  const [only] = columns;
  if (columns.length === 1 && !only!.single) return new Map([[only!.spec.name, wideInput(only!.spec, table)]]);
  const places = placesOf(table, columns, naming);
  const inputs = new Map<string, RawTensor>();
  for (let from = 0; from < columns.length; ) {
    const { spec, single } = columns[from]!;
    let to = from + 1;
    while (to < columns.length && columns[to]!.spec === spec) to++;
    const own = places.slice(from, to);
    inputs.set(
      spec.name,
      single
        ? columnsInput(spec, rows, own)
        : readRowsOf(
            spec,
            rows.map((row) => row[own[0]!]),
            false,
          ),
    );
    from = to;
  }
  return inputs;
}

/** Where in a row each of the model's columns is. */
function placesOf({ columns: names, rows }: Table, columns: readonly TableColumn[], naming: Naming): number[] {
  const width = names?.length ?? rows[0]!.length;
  for (let row = 0; row < rows.length; row++)
    if (rows[row]!.length !== width)
      throw new InputError(`row ${row} has ${rows[row]!.length} values, there are ${width} columns`);
  const found = new Map<string, number>();
  for (const [i, name] of (names ?? []).entries()) {
    if (found.has(name)) throw new InputError(`column ${clip(name)} is given twice`);
    found.set(name, i);
  }
  if (names === undefined || (naming.foreign === true && !columns.some(({ name }) => found.has(name)))) {
    if (width !== columns.length)
      throw new InputError(`there are ${width} columns, the model takes ${columns.length}: ${listed(columns)}`);
    return columns.map((_, i) => i);
  }
  const missing = columns.filter(({ name }) => !found.has(name));
  if (missing.length > 0) throw new InputError(`missing column ${listed(missing)}`);
  const known = new Set(columns.map(({ name }) => name));
  const extra = names.find((name) => !known.has(name));
  if (extra !== undefined && naming.extra !== true)
    throw new InputError(`no column named ${clip(extra)}, the model takes ${listed(columns)}`);
  return columns.map(({ name }) => found.get(name)!);
}

/** The columns of single values that one input carries. */
function columnsInput(spec: TensorSpec, rows: Table['rows'], places: readonly number[]): RawTensor {
  const width = places.length;
  const data = new Array<unknown>(rows.length * width);
  let at = 0;
  for (let row = 0; row < rows.length; row++)
    for (const place of places) data[at++] = scalar(spec, rows[row]![place], row);
  const shape = spec.shape.length < 2 ? [rows.length] : [rows.length, width];
  for (let axis = 2; axis < spec.shape.length; axis++) shape.push(1);
  assertShape(spec, shape);
  return { shape, data };
}

/** An input that nobody has named the columns of: they are its elements in row-major order, or one column of arrays. */
function wideInput(spec: TensorSpec, { columns, rows }: Table): RawTensor {
  if (rows[0]!.length === 1 && Array.isArray(rows[0]![0]))
    return readRowsOf(
      spec,
      rows.map((row) => row[0]),
      false,
    );
  const width = columns?.length ?? rows[0]!.length;
  const inner = spec.shape.slice(1);
  const free = inner.filter((size) => size === -1).length;
  const fixed = inner.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (free > 1 || fixed === 0 || width % fixed !== 0)
    throw new InputError(`input ${spec.name} has shape [${spec.shape}], which rows of ${width} values do not fill`);
  const shape = [rows.length, ...inner.map((size) => (size === -1 ? width / fixed : size))];
  assertShape(spec, shape);
  const data = new Array<unknown>(elementsOf(spec.name, shape));
  if (data.length !== rows.length * width)
    throw new InputError(`the rows have ${width} values, input ${spec.name} takes ${data.length / rows.length}`);
  let at = 0;
  for (let row = 0; row < rows.length; row++) {
    const values = rows[row]!;
    if (values.length !== width)
      throw new InputError(`row ${row} has ${values.length} values, there are ${width} columns`);
    for (const value of values) data[at++] = scalar(spec, value, row);
  }
  return { shape, data };
}

/**
 * A table of records: one object a row, its keys the columns. What a record leaves out is null, as long as another
 * record has it.
 *
 * @throws InputError when something is no object
 */
export function recordsTable(records: readonly unknown[]): Table {
  const places = new Map<string, number>();
  for (const [row, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new InputError(`record ${row} is no object`);
    for (const key of Object.keys(record)) if (!places.has(key)) places.set(key, places.size);
    if (places.size * records.length > MAX_CELLS)
      throw new InputError(`the records make a table of more than ${MAX_CELLS} cells`);
  }
  const columns = [...places.keys()];
  return {
    columns,
    rows: (records as readonly Json[]).map((record) =>
      columns.map((key) => (Object.hasOwn(record, key) ? (record[key] ?? null) : null)),
    ),
  };
}

/** Records whose keys are all different would become a table as large as the square of what was sent. */
const MAX_CELLS = 4_000_000;

/** A table of text, its first row a header when it holds the names of the model's columns. */
export function textTable(cells: readonly (readonly (string | null)[])[], protocolModel: ProtocolModel): Table {
  const [first] = cells;
  if (first === undefined) throw new InputError('there are no rows, expected at least one');
  const columns = tableColumns(protocolModel);
  const names = first.map((cell) => cell?.trim() ?? '');
  const header = isHeader(names, protocolModel) ? names : undefined;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const kindAt = (i: number): CellKind => {
    const column = header === undefined ? columns[i] : byName.get(header[i]!);
    return (column ?? columns[0]!).kind;
  };
  const kinds = first.map((_, i) => kindAt(i));
  const rows = header === undefined ? cells : cells.slice(1);
  const { missingTokens } = protocolModel;
  // A line with nothing on it is no row: in an only column a missing value is written in quotes.
  const only = first.length === 1;
  return {
    columns: header,
    rows: rows.map((row) =>
      row.map((cell, i) => cellValue(kinds[i]!, only && cell === '' ? null : cell, missingTokens)),
    ),
  };
}

const listed = (columns: readonly TableColumn[]): string =>
  `${columns
    .slice(0, 20)
    .map(({ name }) => name)
    .join(', ')}${columns.length > 20 ? ', …' : ''}`;
