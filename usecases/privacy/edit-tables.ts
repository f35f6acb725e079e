import { createReadStream } from 'node:fs';
import { parseRecord } from '../../core/records/record-text.ts';
import { identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import type { Subject } from './data-owners.ts';
import { csvRecords, type EditedFile, editLines, magicOf } from './edit-lines.ts';

/** What was taken out of a table, and whether it says whom its rows are about. */
export type EditedTable = EditedFile & { readonly named: boolean };

/** Takes a subject's rows out of a data file of whatever form; lines that are no rows go when they mention it. */
export async function editTable(from: string, to: string, subject: Subject): Promise<EditedTable> {
  if ((await magicOf(from)) === 'PAR1') return editParquet(from, to, subject);
  const first = (await firstLine(from)).trimStart();
  if (first.startsWith('{')) {
    const edited = await editLines(from, to, (line) => (isOfJson(line, subject) ? undefined : line));
    return { ...edited, named: true };
  }
  const columns = fieldsOf(first);
  const named = hasSubject(columns, subject);
  if (!named && isHeader(columns, subject)) return { gone: 0, left: 1, named };
  const edited = await editLines(from, to, csvEdit(columns, subject), csvRecords);
  // A header alone is nothing that is left.
  return named ? { ...edited, left: edited.left - 1, named } : { ...edited, named: true };
}

/** Fields of a record; those without quotes without the space around them. */
const fieldsOf = (record: string): string[] =>
  parseRecord(record).map(({ text, quoted }) => (quoted ? text : text.trim()));

const hasSubject = (columns: readonly string[], { owner }: Subject): boolean =>
  columns.some((column) => owner.subjects.has(column));

/** Whether a CSV file's first line names columns as one of the contracts has them, rather than being a row. */
const isHeader = (found: readonly string[], { owner }: Subject): boolean =>
  owner.columns.some(({ required, optional }) =>
    required.length > 0
      ? required.every((column) => found.includes(column))
      : found.every((column) => optional.includes(column)),
  );

function isOfJson(line: string, subject: Subject): boolean {
  try {
    const row = JSON.parse(line) as Record<string, unknown>;
    return Object.entries(row).some(([column, cell]) => subject.is(column, cell));
  } catch {
    return subject.isMentionedIn(line);
  }
}

function csvEdit(columns: readonly string[], subject: Subject): (record: string, index: number) => string | undefined {
  const known = hasSubject(columns, subject);
  return (record, index) => {
    if (index === 0 && known) return record;
    const fields = fieldsOf(record);
    // A file without a header, or a line that does not fit it, can only be read as a text.
    const found =
      known && fields.length === columns.length
        ? fields.some((field, i) => subject.is(columns[i]!, field))
        : subject.isMentionedIn(record);
    return found ? undefined : record;
  };
}

async function firstLine(file: string): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    text += chunk as string;
    if (text.includes('\n')) break;
  }
  return text.split(/\r?\n/, 1)[0]!.replace(/^\ufeff/, '');
}

/** Parquet without a subject's rows. A table of the same columns is left, also when no row is. */
export async function editParquet(from: string, to: string, subject: Subject): Promise<EditedTable> {
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const table = `read_parquet(${literal(from)}, file_row_number = true)`;
    const columns = (await duck.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(from)})`))
      .map(({ column_name }) => String(column_name))
      .filter((column) => subject.owner.subjects.has(column));
    const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(*) AS n FROM ${table}`);
    if (columns.length === 0) return { gone: 0, left: Number(n), named: false };
    const tests = columns.map((column, i) => {
      duck.define(`is_subject_${i}`, (text) => (subject.is(column, text) ? 'yes' : 'no'));
      return `is_subject_${i}(${identifier(column)}::VARCHAR) = 'yes'`;
    });
    await duck.run(`CREATE TEMP TABLE gone AS SELECT file_row_number AS row FROM ${table} WHERE ${tests.join(' OR ')}`);
    const [{ g } = { g: 0n }] = await duck.rows('SELECT count(*) AS g FROM gone');
    if (Number(g) > 0)
      await duck.run(
        `COPY (SELECT * EXCLUDE (file_row_number) FROM ${table} WHERE file_row_number NOT IN (SELECT row FROM gone) ORDER BY file_row_number) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    return { gone: Number(g), left: Number(n) - Number(g), named: true };
  });
}
