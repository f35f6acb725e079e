import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { countsOf } from '../../core/profile/bins.ts';
import type { ColumnProfile, Profile, ReferenceChunk } from '../../core/profile/profile.ts';
import { expressionOf, type ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { binSql } from '../../platform/duckdb/profile.ts';

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

/**
 * Cuts the reference into windows in time order and counts each over the bins of the whole: how much such windows
 * differ from one another is what drift detection takes its thresholds from.
 */
export async function chunksOf(
  duck: Duck,
  { relation, columns, profile }: ProfiledReference,
  contract: Contract,
): Promise<ReferenceChunk[]> {
  const n = Math.max(1, Math.min(CHUNKS, Math.floor(profile.rows / MIN_CHUNK_ROWS)));
  const time = timeSql('t', contract);
  const cut = `(SELECT t.*, ${time} AS "@at", ntile(${n}) OVER (ORDER BY ${time} NULLS LAST, t."@row") AS "@chunk" FROM ${relation} t)`;
  await duck.run(`CREATE TEMP TABLE cut AS SELECT * FROM ${cut}`);
  const heads = await duck.rows(
    'SELECT "@chunk" AS chunk, count(*) AS n, strftime(min("@at"), \'%Y-%m-%dT%H:%M:%SZ\') AS first, strftime(max("@at"), \'%Y-%m-%dT%H:%M:%SZ\') AS last FROM cut GROUP BY ALL ORDER BY chunk',
  );
  const chunks = heads.map(({ n: rows, first, last }) => ({
    ...(first === null ? {} : { from: String(first), to: String(last) }),
    rows: Number(rows),
    counts: {} as Record<string, number[]>,
  }));
  for (const column of columns) {
    const reference = profile.columns[column.name]!;
    const width = countsOf(reference).length;
    for (const chunk of chunks) chunk.counts[column.name] = Array.from({ length: width }, () => 0);
    for (const { chunk, bin, n: count } of await duck.rows(
      `SELECT "@chunk" AS chunk, ${positionSql(column, reference)} AS bin, count(*) AS n FROM cut GROUP BY ALL`,
    )) {
      const counts = chunks[Number(chunk) - 1]!.counts[column.name]!;
      // What has no bin of its own is missing, which comes last.
      counts[bin === null ? width - 1 : Number(bin)]! += Number(count);
    }
  }
  return chunks;
}

/** SQL for a value's position among {@link countsOf}; null for missing. */
function positionSql(column: ProfiledColumn, reference: ColumnProfile): string {
  if (reference.kind === 'numeric') return binSql(expressionOf(column), reference.edges);
  const value = `nullif(${expressionOf(column)}::VARCHAR, '')`;
  if (reference.categories.length === 0) return 'NULL';
  const list = reference.categories.map(literal).join(', ');
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE coalesce(nullif(list_position([${list}], ${value}), 0) - 1, ${reference.categories.length}) END`;
}
