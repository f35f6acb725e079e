import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { compilePlace, countsOf } from '../../core/profile/bins.ts';
import type { Profile, ReferenceChunk } from '../../core/profile/profile.ts';
import { categorySql, expressionOf, type ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';

/** Stretches that the reference is cut into, in time order, each of at least so many rows. */
const CHUNKS = 120;
const MIN_CHUNK_ROWS = 50;

/** When a row of a relation was, as far as its contract has a column for that. */
export function timeSql(relation: string, { data }: Contract): string {
  const time = columnNamed(data, 'time');
  return time === undefined ? 'NULL::TIMESTAMPTZ' : `TRY_CAST(${relation}.${identifier(time)} AS TIMESTAMPTZ)`;
}

/** The reference as a relation of the database, with the profile that was made of it. */
export interface ProfiledReference {
  /** A table's name or a query in parentheses, with a column `@row` that numbers its rows. */
  readonly relation: string;
  readonly columns: readonly ProfiledColumn[];
  readonly profile: Profile;
}

/** Columns whose values are read at a time. */
const GROUP = 1_000;

/**
 * Cuts the reference into windows in time order and counts each over the bins of the whole: how much such windows
 * differ from one another is what drift detection takes its thresholds from. The values are read once.
 */
export async function chunksOf(
  duck: Duck,
  { relation, columns, profile }: ProfiledReference,
  contract: Contract,
): Promise<ReferenceChunk[]> {
  const n = Math.max(1, Math.min(CHUNKS, Math.floor(profile.rows / MIN_CHUNK_ROWS)));
  const time = timeSql('t', contract);
  await duck.run(
    `CREATE TEMP TABLE cut AS SELECT t."@row" AS row, ${time} AS "@at", ntile(${n}) OVER (ORDER BY ${time} NULLS LAST, t."@row") AS chunk FROM ${relation} t`,
  );
  const heads = await duck.rows(
    'SELECT chunk, count(*) AS n, strftime(min("@at"), \'%Y-%m-%dT%H:%M:%SZ\') AS first, strftime(max("@at"), \'%Y-%m-%dT%H:%M:%SZ\') AS last FROM cut GROUP BY ALL ORDER BY chunk',
  );
  const chunks = heads.map(({ n: rows, first, last }) => ({
    ...(first === null ? {} : { from: String(first), to: String(last) }),
    rows: Number(rows),
    counts: {} as Record<string, number[]>,
  }));
  for (const { name } of columns) {
    const width = countsOf(profile.columns[name]!).length;
    for (const { counts } of chunks) counts[name] = Array.from({ length: width }, () => 0);
  }
  const chunkOf = await chunkOfRows(duck, profile.rows);
  for (let from = 0; from < columns.length; from += GROUP) {
    const some = columns.slice(from, from + GROUP);
    const places = some.map(({ name }) => compilePlace(profile.columns[name]!));
    const counts = some.map(({ name }) => chunks.map((chunk) => chunk.counts[name]!));
    for await (const [rows, ...values] of duck.columns(
      `SELECT t."@row", ${some.map(valueSql).join(', ')} FROM ${relation} t`,
    ))
      for (const [i, column] of values.entries())
        for (const [at, value] of column.entries())
          counts[i]![chunkOf[Number(rows![at])]!]![places[i]!(value as number | string | null)]!++;
  }
  return chunks;
}

/** The window of each row, from 0. @throws RangeError when rows are not numbered from 0 on */
async function chunkOfRows(duck: Duck, rows: number): Promise<Int32Array> {
  const chunkOf = new Int32Array(rows);
  for await (const [row, chunk] of duck.columns('SELECT row, chunk FROM cut'))
    for (const [i, each] of row!.entries()) {
      if (Number(each) >= rows) throw new RangeError(`row ${each} is none of ${rows}`);
      chunkOf[Number(each)] = Number(chunk![i]) - 1;
    }
  return chunkOf;
}

/** Null and NaN are missing. */
const valueSql = (column: ProfiledColumn): string =>
  column.kind === 'numeric' ? `(${expressionOf(column)})::DOUBLE` : categorySql(column);
