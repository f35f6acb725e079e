import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { unescapeBreaksSql } from '../../core/records/escaped-breaks.ts';
import { parseRecord } from '../../core/records/record-text.ts';
import { describeFault } from '../../core/records/scanned-record.ts';
import { assertSingle } from './csv-header.ts';
import { csvHeader } from './csv-header-text.ts';
import { plainDialect } from './dialect.ts';
import { fieldsSql } from './load-csv.ts';
import { NamedLines } from './named-lines.ts';
import type { PlainColumn, PlainTable } from './plain-column.ts';
import { wholeRecords } from './whole-records.ts';

/** What divides fields where no comma or tab does. */
const OTHERS: readonly string[] = [';', '\t', '|', ','];

/**
 * Opens CSV or TSV: every column is text. Where the header is a single name by the delimiter of the file's ending, and
 * several by another one, it is that one.
 *
 * @param target where a copy goes, where one is needed
 * @throws FileRejectedError when it has no header, or is no text
 */
export async function openPlainCsv(file: string, target: string): Promise<PlainTable> {
  const usual = plainDialect(file);
  const delimiter = delimiterOf(await csvHeader(file), usual.delimiter);
  const dialect = { ...usual, delimiter };
  const faulty = new NamedLines();
  const whole = await wholeRecords(file, dialect, target, {
    faulty: (fault, line) => faulty.add(describeFault(fault), line),
  });
  const index = whole.columns.length > 1 && whole.columns[0] === '';
  const names = index ? whole.columns.slice(1) : whole.columns;
  assertSingle(names);
  const source = whole.columns.length === 1 ? 'only-text' : 'text';
  const columns = names.map((name, i): PlainColumn => {
    const own = `t${index ? i + 1 : i}`;
    return {
      name,
      kind: 'text',
      field: whole.escaped ? unescapeBreaksSql(own) : own,
      text: (field) => field,
      cell: (rule, field) => cellSql(rule, field, source),
    };
  });
  return {
    relation: fieldsSql(whole, delimiter),
    columns,
    rows: whole.records,
    ...(delimiter === usual.delimiter ? {} : { delimiter }),
    index,
    leftOut: faulty.leftOut,
  };
}

function delimiterOf(header: string, usual: string): string {
  const fields = (delimiter: string): number => parseRecord(header, delimiter).length;
  if (fields(usual) > 1) return usual;
  const others = OTHERS.filter((other) => other !== usual && fields(other) > 1);
  // Where two could be meant, the header is refused with the one that was expected.
  return others.length === 1 ? others[0]! : usual;
}
