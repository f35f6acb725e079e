import { columnValues, nthValue, type Source } from './column-batch.ts';
import { literal } from './connection.ts';

/** Values of a column, counted. */
export interface ValueCounts {
  /** Different values, missing ones aside. */
  readonly distinct: number;
  readonly missing: number;
  /** The most frequent ones, most frequent first, then by value. */
  readonly top: readonly { readonly value: unknown; readonly count: number }[];
  /** Counts of the values that were asked for, as far as they are there. */
  readonly asked: ReadonlyMap<string, number>;
}

/** A column whose values are counted. */
export interface CountedColumn {
  /** SQL of its value; null is missing. */
  readonly value: string;
  /** Most frequent values that are wanted. */
  readonly top: number;
  /** Values whose counts are wanted, however rare they are. */
  readonly asked?: readonly string[];
}

/** Tables of at most this many rows are counted by one grouping for many columns. */
export const SHORT_TABLE = 20_000;
/** Values that such a grouping takes up. */
const MAX_LONG = 400_000;
/** Groupings beside each other in one query. */
const MAX_GROUPINGS = 20;

/** Counts the values of columns. */
export async function countValues(source: Source, columns: readonly CountedColumn[]): Promise<ValueCounts[]> {
  const short = source.rows <= SHORT_TABLE;
  const size = short ? Math.min(100, Math.floor(MAX_LONG / Math.max(1, source.rows))) : MAX_GROUPINGS;
  const found: ValueCounts[] = [];
  for (let from = 0; from < columns.length; from += size) {
    const batch = columns.slice(from, from + size);
    found.push(...(short ? await countLong(source, batch) : await countEach(source, batch)));
  }
  return found;
}

/** All values of all columns below each other: planning does not grow with the columns, but every value moves. */
async function countLong({ duck, relation }: Source, columns: readonly CountedColumn[]): Promise<ValueCounts[]> {
  const values = columnValues(
    relation,
    columns.map(({ value }) => value),
  );
  const names = columns.map((_, i) => nthValue(i)).join(', ');
  const groups = await duck.rows(
    `SELECT i, v, count(*) AS n FROM (SELECT unnest(range(${columns.length})) AS i, unnest([${names}]) AS v FROM ${values}) GROUP BY i, v ORDER BY i, n DESC, v`,
  );
  const byColumn = columns.map((): { value: unknown; count: number }[] => []);
  for (const { i, v, n } of groups) byColumn[Number(i)]!.push({ value: v, count: Number(n) });
  return columns.map(({ top, asked = [] }, i) => {
    const present = byColumn[i]!.filter(({ value }) => value !== null);
    const wanted = new Set<unknown>(asked);
    return {
      distinct: present.length,
      missing: byColumn[i]!.find(({ value }) => value === null)?.count ?? 0,
      top: present.slice(0, top),
      asked: new Map(
        present.filter(({ value }) => wanted.has(value)).map(({ value, count }) => [String(value), count]),
      ),
    };
  });
}

/** A grouping for each column, which spills what does not fit into memory. */
async function countEach({ duck, relation }: Source, columns: readonly CountedColumn[]): Promise<ValueCounts[]> {
  const groups = columns.map(
    ({ value }, i) =>
      `g${i} AS MATERIALIZED (SELECT v, count(*) AS n FROM (SELECT ${value} AS v FROM ${relation} t) GROUP BY v)`,
  );
  const parts = columns.flatMap(({ top, asked = [] }, i) => [
    `SELECT ${i} AS i, 0 AS part, NULL AS v, count(v) AS n FROM g${i}`,
    `SELECT ${i}, 1, NULL, coalesce(sum(n) FILTER (v IS NULL), 0) FROM g${i}`,
    ...(top > 0
      ? [`(SELECT ${i}, 2, v::VARCHAR, n FROM g${i} WHERE v IS NOT NULL ORDER BY n DESC, g${i}.v LIMIT ${top})`]
      : []),
    ...(asked.length > 0
      ? [`SELECT ${i}, 3, v::VARCHAR, n FROM g${i} WHERE v IN (${asked.map(literal).join(', ')})`]
      : []),
  ]);
  const rows = await duck.rows(`WITH ${groups.join(', ')} ${parts.join(' UNION ALL ')}`);
  const part = (i: number, of: number): { value: string; count: number }[] =>
    rows
      .filter((row) => Number(row.i) === i && Number(row.part) === of)
      .map(({ v, n }) => ({ value: v as string, count: Number(n) }));
  return columns.map((_, i) => ({
    distinct: part(i, 0)[0]!.count,
    missing: part(i, 1)[0]!.count,
    top: part(i, 2),
    asked: new Map(part(i, 3).map(({ value, count }) => [value, count])),
  }));
}
