import path from 'node:path';
import type { ColumnRule } from '../../core/contract/column-rules.ts';
import { unescapeBreaksSql } from '../../core/records/escaped-breaks.ts';
import { describeFault, MAX_RECORD_BYTES } from '../../core/records/scanned-record.ts';
import { type Duck, literal } from '../../platform/duckdb/connection.ts';
import { createCells } from './create-cells.ts';
import { checkColumns } from './csv-header.ts';
import { dialectOf } from './dialect.ts';
import { columnsNamed, type FileContract, type Loaded } from './loaded.ts';
import { PlainColumns } from './plain-columns.ts';
import { type WholeRecords, wholeRecords } from './whole-records.ts';

/** Loads CSV or TSV: one scan finds its records, then the engine parses those that are whole. */
export async function loadCsv(duck: Duck, file: string, { contract, columns: rules }: FileContract): Promise<Loaded> {
  const dialect = dialectOf(file, contract);
  let columns: ColumnRule[] = [];
  let skipped = 0;
  let plain: PlainColumns | undefined;
  const inspect = (fields: readonly string[]) => {
    // An index that was written along: pandas gives it no name, and nothing else is meant by that.
    skipped = fields.length > 1 && fields[0] === '' ? 1 : 0;
    const names = fields.slice(skipped);
    checkColumns(names, contract);
    columns = columnsNamed(rules, names);
    if (columns.length <= FEW_COLUMNS) return undefined;
    const found = new PlainColumns(columns, skipped);
    plain = found;
    return (record: string) => found.see(record, dialect.delimiter);
  };
  const whole = await wholeRecords(file, dialect, path.join(duck.scratch, 'records.csv'), {
    inspect,
    signal: duck.signal,
  });
  await createCells(duck, {
    relation: fieldsSql(whole, dialect.delimiter),
    columns,
    rows: whole.records,
    skipped,
    ...(plain === undefined ? {} : { plain }),
    source: () => (whole.columns.length === 1 ? 'only-text' : 'text'),
    ...(whole.escaped ? { text: unescapeBreaksSql } : {}),
  });
  await assertRows(duck, whole.records);
  const { totals, headerLines: header, records: rows, faults } = whole;
  return {
    format: 'csv',
    file,
    columns,
    skipped,
    rows,
    faults: new Map([...faults].map(([fault, records]) => [describeFault(fault), records])),
    lines: { total: totals.lines, blank: totals.blank, header },
  };
}

/** Up to so many columns are planned in no time, whatever their cells may be. */
const FEW_COLUMNS = 60;

/** The engine's reading of whole records as text. Nothing is guessed. */
export function fieldsSql(
  {
    file,
    header,
    lineEnd,
    columns,
    records,
  }: Pick<WholeRecords, 'file' | 'header' | 'lineEnd' | 'columns' | 'records'>,
  delimiter: string,
): string {
  if (records === 0) return `(SELECT ${columns.map((_, i) => `NULL::VARCHAR AS t${i}`).join(', ')} WHERE false)`;
  const types = columns.map((_, i) => `'t${i}': 'VARCHAR'`);
  const end = lineEnd === '\n' ? String.raw`\n` : String.raw`\r\n`;
  return (
    `read_csv(${literal(file)}, auto_detect = false, header = ${header}, delim = ${literal(delimiter)}, quote = '"', ` +
    `escape = '"', nullstr = '', allow_quoted_nulls = false, new_line = '${end}', ` +
    `buffer_size = ${3 * MAX_RECORD_BYTES}, max_line_size = ${2 * MAX_RECORD_BYTES}, columns = {${types.join(', ')}})`
  );
}

/**
 * Every whole record is a row, in the order of the file.
 *
 * @throws RangeError when the engine read another number, whatever the reason: no row's number could be relied on
 */
export async function assertRows(duck: Duck, records: number): Promise<void> {
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM part0');
  if (Number(n) !== records) throw new RangeError(`${records} records were written for the engine, and it read ${n}`);
}
