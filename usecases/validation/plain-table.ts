import path from 'node:path';
import type { CellSource } from '../../core/contract/cells/cell-rule.ts';
import { unescapeBreaksSql } from '../../core/records/escaped-breaks.ts';
import { describeFault, type ShapeFault } from '../../core/records/scanned-record.ts';
import { type Duck, identifier, literal, plainPath } from '../../platform/duckdb/connection.ts';
import { plainDialect } from './dialect.ts';
import { FileRejectedError, UnsupportedFileError } from './errors.ts';
import type { LeftOut } from './file-profile.ts';
import { fieldsSql } from './load-csv.ts';
import { unpackFile } from './unpack-file.ts';
import { wholeRecords } from './whole-records.ts';

/** A column of a file that is held to no contract. */
export interface PlainColumn {
  readonly name: string;
  /** Its cells as SQL over the relation. */
  readonly expression: string;
  /** Type by the engine: VARCHAR for all text. */
  readonly type: string;
  readonly source: CellSource;
}

/** A file as a relation. */
export interface PlainTable {
  /** What a query selects from. */
  readonly relation: string;
  readonly columns: readonly PlainColumn[];
  /** Whether a first column without a name is not among them. */
  readonly index: boolean;
  /** Records that are no rows of it. */
  readonly leftOut: LeftOut[];
}

/** Lines that are named of the records that are left out for a reason. */
const NAMED_LINES = 5;

/**
 * Opens a file that is held to no contract. CSV and TSV are read as a validation reads them, every column as text; of
 * the other formats columns have the types that are written, or that the engine finds.
 *
 * @throws UnsupportedFileError when the name of the file has another ending
 * @throws FileRejectedError when it is no table
 */
export async function openPlainTable(duck: Duck, source: string): Promise<PlainTable> {
  const packed = await plainPath(duck, source);
  if (/\.parquet$/.test(packed)) return typedTable(duck, `read_parquet(${literal(packed)}, hive_partitioning = false)`);
  if (/\.(jsonl|ndjson)(\.gz)?$/.test(packed))
    return typedTable(duck, `read_json(${literal(packed)}, format = 'newline_delimited')`);
  if (!/\.(csv|tsv)(\.gz)?$/.test(packed))
    throw new UnsupportedFileError(source, ['.csv', '.tsv', '.jsonl', '.ndjson', '.parquet']);
  return textTable(await unpackFile(packed, duck.scratch), path.join(duck.scratch, 'plain.csv'));
}

async function typedTable(duck: Duck, reader: string): Promise<PlainTable> {
  const columns = (await duck.rows(`DESCRIBE SELECT * FROM ${reader}`)).map(({ column_name, column_type }) => {
    const type = String(column_type);
    return {
      name: String(column_name),
      expression: identifier(String(column_name)),
      type,
      source: { parquet: type },
    };
  });
  return { relation: reader, columns, index: false, leftOut: [] };
}

async function textTable(file: string, target: string): Promise<PlainTable> {
  const dialect = plainDialect(file);
  const lines = new Map<ShapeFault, number[]>();
  const whole = await wholeRecords(file, dialect, target, {
    faulty: (fault, line) => {
      const named = lines.get(fault) ?? [];
      if (named.length < NAMED_LINES) lines.set(fault, [...named, line]);
    },
  });
  const index = whole.columns.length > 1 && whole.columns[0] === '';
  const names = index ? whole.columns.slice(1) : whole.columns;
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) throw new FileRejectedError('schema', `columns that stand twice: ${double}`);
  const columns = names.map((name, i): PlainColumn => {
    const field = `t${index ? i + 1 : i}`;
    return {
      name,
      expression: whole.escaped ? unescapeBreaksSql(field) : field,
      type: 'VARCHAR',
      source: whole.columns.length === 1 ? 'only-text' : 'text',
    };
  });
  return {
    relation: fieldsSql(whole, dialect.delimiter),
    columns,
    index,
    leftOut: [...whole.faults].map(([fault, records]) => ({
      expected: describeFault(fault),
      records,
      lines: lines.get(fault) ?? [],
    })),
  };
}
