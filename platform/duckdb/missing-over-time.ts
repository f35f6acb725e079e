import type { Profile } from '../../core/profile/profile.ts';
import { type MissingOverTime, timeUnitFor } from '../../core/profile/summary.ts';
import {
  batchesOf,
  categorySql,
  columnValues,
  nthValue,
  numberSql,
  type ProfiledColumn,
  type Source,
} from './column-batch.ts';

/** Columns that are counted over time: those that miss most. */
const MAX_SERIES = 100;
/** Periods at most; a time that is far from all others makes them very many. */
const MAX_PERIODS = 120;

/** What {@link missingOverTime} goes by. */
export interface TimeAxis {
  readonly profile: Profile;
  /** Name of the column of times. */
  readonly name: string;
  /** SQL of the time in milliseconds since 1970. */
  readonly milliseconds: string;
}

/** Counts missing values by hour, day, week, month or year, as the span demands. Rows without a time are left out. */
export async function missingOverTime(
  { duck, relation }: Source,
  columns: readonly ProfiledColumn[],
  { profile, name, milliseconds }: TimeAxis,
): Promise<MissingOverTime | null> {
  const missing = (column: ProfiledColumn): number => profile.columns[column.name]!.missing;
  const drawn = columns
    .filter((column) => missing(column) > 0)
    .toSorted((a, b) => missing(b) - missing(a))
    .slice(0, MAX_SERIES);
  if (drawn.length === 0) return null;
  const [{ first, last } = { first: null, last: null }] = await duck.rows(
    `SELECT min(ms) AS first, max(ms) AS last FROM (SELECT ${milliseconds} AS ms FROM ${relation} t)`,
  );
  if (first === null || last === null) return null;
  const unit = timeUnitFor(Number(last) - Number(first));
  let periods: MissingOverTime['periods'] = [];
  const series: [string, number[]][] = [];
  for (const batch of batchesOf(drawn, 1)) {
    const at = nthValue(batch.length);
    const values = [
      ...batch.map((column) => (column.kind === 'numeric' ? numberSql(column) : categorySql(column))),
      `epoch_ms(date_trunc('${unit}', make_timestamp_ms(${milliseconds})))`,
    ];
    const counts = batch.map((_, i) => `count(*) - count(${nthValue(i)}) AS k${i}`);
    const rows = await duck.rows(
      `SELECT ${at} AS ms, count(*) AS n, ${counts.join(', ')} FROM ${columnValues(relation, values)} WHERE ${at} IS NOT NULL GROUP BY ${at} ORDER BY ${at} DESC LIMIT ${MAX_PERIODS}`,
    );
    rows.reverse();
    periods = rows.map(({ ms, n }) => ({ from: new Date(Number(ms)).toISOString(), rows: Number(n) }));
    for (const [i, column] of batch.entries()) series.push([column.name, rows.map((row) => Number(row[`k${i}`]))]);
  }
  return { column: name, unit, periods, missing: Object.fromEntries(series) };
}
