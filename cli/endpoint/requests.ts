import { ownValue } from '../../core/model/own-value.ts';
import { type CellKind, cellValue } from '../../core/protocols/formats/cell.ts';
import { namesText } from '../../core/schema-inference/pick-columns.ts';
import { identifier, withDuck } from '../../platform/duckdb/connection.ts';
import { describeLeftOut } from '../../usecases/validation/file-profile.ts';
import { withPlainTable } from '../../usecases/validation/plain-table.ts';
import { UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import type { EndpointClient } from './client.ts';

interface Metadata {
  readonly inputs: {
    name: string;
    datatype: string;
    shape: number[];
    /** The names of what its columns are, where they are others than its own. */
    parameters?: { features?: string[] };
  }[];
}

export type RequestRow = Record<string, unknown>;

/** Most rows in one call: what an endpoint takes by default. */
const MAX_ROWS = 4_096;

/** Rows of a data file as requests of the Open Inference Protocol want them. */
export interface Requests {
  readonly rows: readonly RequestRow[];
  /** The request for some of the rows. */
  message(rows: readonly RequestRow[]): object;
}

/**
 * Reads rows to ask an endpoint about.
 *
 * @param limit most rows, as it was given
 * @throws UsageError when there are none, or the model takes what a file of columns does not hold
 */
export async function requestsOf(
  endpoint: EndpointClient,
  model: string,
  { data, limit }: { readonly data: string; readonly limit: string },
): Promise<Requests> {
  assertFileExists(data);
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1 || most > MAX_ROWS)
    throw new UsageError(`--limit is 1 to ${MAX_ROWS}, received '${limit}'`);
  const { inputs } = (await endpoint.ask(`/v2/models/${model}`)).body as Metadata;
  const rows = await rowsOf(data, most);
  if (rows.length === 0) throw new UsageError(`${data} has no rows`);
  const wide = inputs.find(
    ({ shape, parameters }) => shape.length === 2 && shape[1] !== 1 && shape[1] !== -1 && !parameters?.features,
  );
  if (wide)
    throw new UsageError(
      `input ${wide.name} takes rows of ${wide.shape[1]} columns, which the model's contract has no names for: send it a request of your own`,
    );
  const columns = inputs.map(({ name, parameters }) => parameters?.features ?? [name]);
  const [first] = rows;
  const missing = columns.flat().filter((name) => !Object.hasOwn(first!, name));
  if (missing.length === columns.flat().length)
    throw new UsageError(
      `${data} has none of the columns that ${model} takes: ${namesText(missing)}; it has ${namesText(Object.keys(first!))}`,
    );
  return {
    rows,
    message: (some) => ({
      inputs: inputs.map(({ name, datatype, shape }, i) => ({
        name,
        datatype,
        shape: shape.length === 2 ? [some.length, columns[i]!.length] : [some.length],
        data: some.flatMap((row) => columns[i]!.map((column) => wireValue(ownValue(row, column), datatype))),
      })),
    }),
  };
}

/** A value of a file as JSON of the protocol has it, integers with all their digits. */
function wireValue(value: unknown, datatype: string): unknown {
  if (datatype === 'BYTES') return value === null || value === undefined ? null : String(value);
  const read = typeof value === 'string' ? cellOf(value, datatype) : value;
  if (read === undefined) return null;
  if (!(read instanceof Number)) return read;
  // Fractional as it is written, and whole as a double: what no integer input has, for the endpoint to name.
  return /^U?INT/.test(datatype) ? String(read) : Number(read);
}

const kindOf = (datatype: string): CellKind => {
  if (datatype === 'BOOL') return 'boolean';
  return /^U?INT/.test(datatype) ? 'integer' : 'number';
};

/** A cell of text as the input's type has it; what that does not have stays text, for the endpoint to name. */
function cellOf(text: string, datatype: string): unknown {
  const read = cellValue(kindOf(datatype), text);
  // JSON has no word for what is not finite.
  if (typeof read === 'number' && !Number.isFinite(read)) return text;
  // A feature of true and false may be an input of numbers.
  return typeof read === 'string' ? cellValue('boolean', read) : read;
}

async function rowsOf(file: string, limit: number): Promise<RequestRow[]> {
  return withDuck(undefined, (duck) =>
    withPlainTable(duck, file, async (table) => {
      const [fault] = describeLeftOut(file, { ...table, index: false });
      // Answers come without the number of their row.
      if (fault !== undefined) throw new UsageError(fault.replace('left out', 'cannot be read'));
      const columns = table.columns.map(({ name, field, text }) => `${text(field)} AS ${identifier(name)}`);
      return duck.rows(`SELECT ${columns.join(', ')} FROM ${table.relation} LIMIT ${limit}`);
    }),
  );
}
