import { fitsParquet } from '../../core/contract/cells/parquet-sql.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { createCells } from './create-cells.ts';
import { checkColumns } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { columnsNamed, type FileContract, type Loaded } from './loaded.ts';

/** Loads Parquet: its columns are values already, each of a type that may be what the contract wants. */
export async function loadParquet(
  duck: Duck,
  file: string,
  { contract, columns: rules }: FileContract,
): Promise<Loaded> {
  const found = await parquetColumns(duck, file);
  const names = found.map(({ name }) => name);
  checkColumns(names, contract);
  const columns = columnsNamed(rules, names);
  const misfits = found.flatMap(({ name, type }, i) =>
    fitsParquet(columns[i]!, type) ? [] : [`${name} is ${type}, expected ${columns[i]!.type}`],
  );
  if (misfits.length > 0) throw new FileRejectedError('schema', misfits.join('; '));
  const select = found.map(({ name }, i) => `${identifier(name)} AS t${i}`);
  await readable(() =>
    createCells(duck, {
      relation: `(SELECT ${select.join(', ')} FROM read_parquet(${literal(file)}))`,
      columns,
      source: (i) => ({ parquet: found[i]!.type }),
    }),
  );
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM part0');
  const rows = Number(n);
  return {
    format: 'parquet',
    file,
    columns,
    skipped: 0,
    rows,
    faults: new Map(),
    lines: { total: rows, header: 0, blank: 0 },
  };
}

/** Columns of a Parquet file with the engine's types. */
async function parquetColumns(duck: Duck, file: string): Promise<{ name: string; type: string }[]> {
  const rows = await readable(() => duck.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(file)})`));
  return rows.map(({ column_name, column_type }) => ({ name: String(column_name), type: String(column_type) }));
}

/** What the engine says of a file that is damaged, rather than of what it needs itself. */
const DAMAGED =
  /^(?:Invalid (?:Input )?Error|Serialization Error|Conversion Error|Not implemented Error|TProtocolException|Parquet)|magic bytes|footer|thrift|snappy|zstd|decompress|corrupt|parquet file/i;

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (!DAMAGED.test(message) || /^(?:Out of Memory|Internal) Error/.test(message)) throw error;
    const [line = ''] = message.split('\n');
    throw new FileRejectedError('format', `not a readable Parquet file: ${line.slice(0, 200)}`, { cause: error });
  }
}
