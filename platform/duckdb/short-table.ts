import { distinctEdges, emptyLike } from '../../core/profile/bins.ts';
import { countColumn } from '../../core/profile/count.ts';
import type { ColumnProfile, NumericProfile } from '../../core/profile/profile.ts';
import { type ColumnSummary, equalWidthEdges } from '../../core/profile/summary.ts';
import { expressionOf, type ProfiledColumn, type Source } from './column-batch.ts';
import { LARGE_SQUARE } from './numeric-columns.ts';
import { FEW_VALUES, MIN_EDGES } from './quantile-edges.ts';
import type { CountedColumn, ValueCounts } from './value-counts.ts';

/** Rows of which a table of many columns is taken out of the engine and counted here. */
const MAX_ROWS = 2_000;
/** From so many columns on the engine's planning takes longer than all values to count. */
const MIN_COLUMNS = 100;
/** Columns that are read at a time. */
const READ = 1_000;

/** Whether columns are counted by {@link countShortNumbers} and {@link countShortValues}, with the engine's results. */
export const isShort = ({ rows }: Source, columns: readonly unknown[]): boolean =>
  rows <= MAX_ROWS && columns.length >= MIN_COLUMNS;

/** What is counted of a numeric column. */
type ShortNumbers = Pick<ColumnSummary, 'histogram'> & {
  readonly profile: NumericProfile;
  readonly counted: ReadonlyMap<unknown, number>;
};

/** Profiles numeric columns, over the bins of those that are known. */
export async function countShortNumbers(
  source: Source,
  columns: readonly ProfiledColumn[],
  known: readonly (ColumnProfile | undefined)[],
): Promise<ShortNumbers[]> {
  const found: ShortNumbers[] = [];
  for await (const values of valuesByColumn(
    source,
    columns.map((column) => `(${expressionOf(column)})::DOUBLE`),
  ))
    found.push(numbersOf(values as (number | null)[], known[found.length]));
  return found;
}

/** Counts the values of columns. */
export async function countShortValues(source: Source, columns: readonly CountedColumn[]): Promise<ValueCounts[]> {
  const found: ValueCounts[] = [];
  for await (const values of valuesByColumn(
    source,
    columns.map(({ value }) => value),
  )) {
    const { top, asked = [] } = columns[found.length]!;
    const present = values.filter((value) => value !== null);
    const counts = countsOf(present);
    found.push({
      distinct: counts.size,
      missing: values.length - present.length,
      top: top === 0 ? [] : mostFrequent(counts).slice(0, top),
      asked: new Map(asked.flatMap((value) => (counts.has(value) ? [[value, counts.get(value)!]] : []))),
    });
  }
  return found;
}

/** Values by how frequent they are, then in the engine's order. */
export const mostFrequent = (counts: ReadonlyMap<unknown, number>): { value: unknown; count: number }[] =>
  [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareValues(a.value, b.value));

/** All values of each column, one column after the other: of a table of few rows ({@link isShort}). */
export async function* valuesByColumn(
  { duck, relation }: Pick<Source, 'duck' | 'relation'>,
  values: readonly string[],
): AsyncIterable<unknown[]> {
  for (let from = 0; from < values.length; from += READ) {
    const some = values.slice(from, from + READ);
    const read: unknown[][] = some.map(() => []);
    for await (const columns of duck.columns(`SELECT ${some.join(', ')} FROM ${relation} t`))
      for (const [i, column] of columns.entries()) for (const value of column) read[i]!.push(value);
    yield* read;
  }
}

function countsOf(values: readonly unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function numbersOf(values: readonly (number | null)[], known: ColumnProfile | undefined): ShortNumbers {
  const present = values.filter((x): x is number => x !== null && !Number.isNaN(x));
  const counted = countsOf(present) as Map<number, number>;
  const edges = known?.kind === 'numeric' ? [...known.edges] : edgesOf(present, counted);
  const profile = profileOver(edges, values);
  const { min, max } = profile;
  const width = min === null || max === null ? [] : equalWidthEdges(min, max, present.every(Number.isInteger));
  const histogram =
    width.length === 0 ? null : { edges: width, counts: profileOver(width.slice(1, -1), present).counts };
  // A mean of few values is the sum's; only where that is beyond all doubles it is made up by shares.
  const mean = present.reduce((sum, x) => sum + x, 0) / present.length;
  const small = min !== null && max !== null && min > -LARGE_SQUARE && max < LARGE_SQUARE;
  return {
    profile: { ...profile, mean: Number.isFinite(mean) ? mean : profile.mean, m2: small ? profile.m2 : null },
    histogram,
    counted,
  };
}

const EMPTY = { missing: 0, zeros: 0, min: null, max: null, mean: null, m2: null };

const profileOver = (edges: number[], values: readonly (number | null)[]): NumericProfile => {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  return countColumn(emptyLike({ kind: 'numeric', rows: 0, edges, counts, ...EMPTY }), values) as NumericProfile;
};

/** As {@link quantileEdges} makes them. */
function edgesOf(present: readonly number[], counts: ReadonlyMap<number, number>): number[] {
  const distinct = [...counts.keys()].sort((a, b) => a - b);
  if (distinct.length <= FEW_VALUES) return distinctEdges(distinct.slice(1));
  const lowest = distinct[0]!;
  const above = (edges: readonly number[]): number[] => distinctEdges(edges).filter((edge) => edge > lowest);
  const own = above(quantiles(Float64Array.from(present).sort(), 10));
  if (own.length >= MIN_EDGES) return own;
  // Of the most frequent values the first that came.
  const mode = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
  const others = Float64Array.from(present.filter((x) => x !== mode)).sort();
  const next = distinct.find((x) => x > mode);
  return above([...own, mode, ...(next === undefined ? [] : [next]), ...quantiles(others, 4)]);
}

/** Values that cut a sorted list into `parts` of the same size. */
const quantiles = (sorted: Float64Array, parts: number): number[] =>
  Array.from({ length: parts - 1 }, (_, i) => sorted[Math.max(1, Math.ceil(((i + 1) * sorted.length) / parts)) - 1]!);

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number') return a - (b as number);
  return compareTexts(a as string, b as string);
}

/** By code points, as the engine does; by UTF-16 units an emoji would come before some letters. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

/** A unit's place among others: halves of surrogate pairs stand for what is beyond all single units. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
