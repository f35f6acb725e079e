import path from 'node:path';
import { jsonField } from '../../core/contract/cells/json-field.ts';
import { escapeBreaks, hasBreaks, unescapeBreaksSql } from '../../core/records/escaped-breaks.ts';
import { formatRecord } from '../../core/records/record-text.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { createCells } from './create-cells.ts';
import { FileRejectedError } from './errors.ts';
import { readJsonLine } from './json-line.ts';
import { assertRows, fieldsSql } from './load-csv.ts';
import type { FileContract, Loaded } from './loaded.ts';
import { RecordCopy } from './record-copy.ts';
import { scanLines } from './scan-lines.ts';

/** Loads lines of JSON: they become records of text, so that there is one engine and one set of rules for all formats. */
export async function loadJsonLines(duck: Duck, file: string, { columns }: FileContract): Promise<Loaded> {
  if (columns.length === 0) throw new FileRejectedError('schema', 'the contract has no columns');
  // In a field that is alone on its line, a missing value could not be told from a text of nothing.
  const spare = columns.length === 1 ? [''] : [];
  const names = columns.map(({ name }) => name);
  const target = path.join(duck.scratch, 'lines.csv');
  const copy = new RecordCopy(file, target);
  copy.begin(0, 0);
  const known = new Set(names);
  const faults = new Map<string, number>();
  const seen = new Set<string>();
  let rows = 0;
  let escaped = false;
  const take = (line: Uint8Array): void => {
    const read = readJsonLine(line, known);
    if ('fault' in read) {
      faults.set(read.fault, (faults.get(read.fault) ?? 0) + 1);
      return;
    }
    if (seen.size < names.length) for (const name in read.row) seen.add(name);
    const fields = columns.map((rule) =>
      Object.hasOwn(read.row, rule.name) ? jsonField(rule, read.row[rule.name]) : null,
    );
    for (const [i, field] of fields.entries())
      if (field !== null && hasBreaks(field)) {
        escaped = true;
        fields[i] = escapeBreaks(field);
      }
    rows++;
    copy.append(Buffer.from(`${formatRecord([...spare, ...fields])}\n`));
  };
  let lines: { total: number; blank: number };
  try {
    lines = await scanLines(file, take, () => {
      duck.signal?.throwIfAborted();
      return copy.settle();
    });
  } finally {
    await copy.close();
  }
  if (lines.total === lines.blank) throw new FileRejectedError('format', 'the file has blank lines only');
  await createCells(duck, {
    relation: fieldsSql(
      { file: target, header: false, lineEnd: '\n', columns: [...spare, ...names], records: rows },
      ',',
    ),
    columns,
    rows,
    skipped: spare.length,
    source: () => 'json',
    ...(escaped ? { text: unescapeBreaksSql } : {}),
  });
  await assertRows(duck, rows);
  const absent = columns.flatMap(({ name, required }) => (required && !seen.has(name) ? [name] : []));
  return { format: 'jsonl', absent, file, columns, skipped: 0, rows, faults, lines: { ...lines, header: 0 } };
}
