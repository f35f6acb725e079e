import { ownValue } from '../../core/model/own-value.ts';
import { MAX_CATEGORIES } from '../../core/profile/bins.ts';
import type { CategoricalProfile, ColumnProfile, Profile } from '../../core/profile/profile.ts';
import type { ColumnSummary, TableSummary } from '../../core/profile/summary.ts';
import {
  batchesOf,
  categorySql,
  columnValues,
  nthValue,
  numberSql,
  type ProfiledColumn,
  type Source,
} from './column-batch.ts';
import type { Duck } from './connection.ts';
import { missingOverTime } from './missing-over-time.ts';
import { countNumbers } from './numeric-columns.ts';
import { countShortNumbers, countShortValues, isShort, mostFrequent } from './short-table.ts';
import { type CountedColumn, countValues, SHORT_TABLE, type ValueCounts } from './value-counts.ts';

/** Numbers with more values than this are said to have more. */
const MAX_DISTINCT = 10_000;
/** Most frequent values that a summary tells. */
const TOP_VALUES = 10;
/** Characters of a value that a summary tells. */
const MAX_TEXT = 100;

/**
 * Profiles columns of a relation (a table's name, or a query in parentheses). Bins and categories are those of the
 * reference where it has the column, else made from the data: ten quantile bins, a bin for each of a few values,
 * the 1,000 most frequent categories.
 */
export async function profileRelation(
  duck: Duck,
  relation: string,
  columns: readonly ProfiledColumn[],
  reference?: Profile,
): Promise<Profile> {
  const source = await sourceOf(duck, relation);
  return profileOf(source, columns, [
    ...(await numbersOf(source, columns, { reference, summarized: false })),
    ...(await categoriesOf(source, columns, { reference, summarized: false })),
  ]);
}

/** What {@link summarizeRelation} goes by. */
export interface SummaryOptions {
  /** Bins and categories. */
  readonly reference?: Profile | undefined;
  /** Column of times, and SQL of it as milliseconds since 1970: what is missing is counted over it. */
  readonly time?: { readonly name: string; readonly milliseconds: string } | undefined;
  /** Categorical columns that get a histogram where all their values are numbers. */
  readonly numbersAmong?: readonly string[] | undefined;
  /** SQL of a number that each row has for itself: of many rows edges are made from those that it draws. */
  readonly row?: string | undefined;
}

/** Profiles columns of a relation, as {@link profileRelation} does, and says of each what a report tells of it. */
export async function summarizeRelation(
  duck: Duck,
  relation: string,
  columns: readonly ProfiledColumn[],
  { reference, time, numbersAmong = [], row }: SummaryOptions,
): Promise<{ profile: Profile; summary: TableSummary }> {
  const source = { ...(await sourceOf(duck, relation)), row };
  const found = [
    ...(await numbersOf(source, columns, { reference, summarized: true })),
    ...(await categoriesOf(source, columns, { reference, summarized: true })),
  ];
  const profile = profileOf(source, columns, found);
  const summaries = new Map(found.map(({ column, summary }) => [column, summary!]));
  for (const column of columns.filter(({ kind, name }) => kind === 'categorical' && numbersAmong.includes(name)))
    summaries.set(column, await withHistogram(source, column, summaries.get(column)!));
  return {
    profile,
    summary: {
      columns: Object.fromEntries(columns.map((column) => [column.name, summaries.get(column)!])),
      missingOverTime: time === undefined ? null : await missingOverTime(source, columns, { profile, ...time }),
    },
  };
}

/** A few values say more by their names than over a range, whether they are numbers or not. */
const MIN_HISTOGRAM_VALUES = 13;

async function withHistogram(source: Source, column: ProfiledColumn, summary: ColumnSummary): Promise<ColumnSummary> {
  if (summary.distinct.count < MIN_HISTOGRAM_VALUES) return summary;
  const text = categorySql(column);
  const [{ bad } = { bad: 0n }] = await source.duck.rows(
    `SELECT count(${text}) - count(TRY_CAST(${text} AS DOUBLE)) AS bad FROM ${source.relation} t`,
  );
  if (Number(bad) > 0) return summary;
  const numbers: ProfiledColumn = { ...column, kind: 'numeric', expression: `TRY_CAST(${text} AS DOUBLE)` };
  const [counted] = await countNumbers(source, [numbers], { known: [undefined], histograms: true });
  return { ...summary, histogram: counted!.histogram };
}

async function sourceOf(duck: Duck, relation: string): Promise<Source> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(*) AS n FROM ${relation} t`);
  return { duck, relation, rows: Number(n) };
}

interface FoundColumn {
  readonly column: ProfiledColumn;
  readonly profile: ColumnProfile;
  readonly summary?: ColumnSummary;
}

interface ColumnOptions {
  readonly reference: Profile | undefined;
  readonly summarized: boolean;
}

function profileOf({ rows }: Source, columns: readonly ProfiledColumn[], found: readonly FoundColumn[]): Profile {
  const profiles = new Map(found.map(({ column, profile }) => [column, profile]));
  return { rows, columns: Object.fromEntries(columns.map((column) => [column.name, profiles.get(column)!])) };
}

const knownOf = (reference: Profile | undefined, { name }: ProfiledColumn): ColumnProfile | undefined =>
  reference && ownValue(reference.columns, name);

async function numbersOf(
  source: Source,
  columns: readonly ProfiledColumn[],
  { reference, summarized }: ColumnOptions,
): Promise<FoundColumn[]> {
  const numeric = columns.filter(({ kind }) => kind === 'numeric');
  if (isShort(source, numeric)) {
    const known = numeric.map((column) => knownOf(reference, column));
    return (await countShortNumbers(source, numeric, known)).map(({ profile, histogram, counted }, i) => {
      const column = numeric[i]!;
      if (!summarized) return { column, profile };
      const top = mostFrequent(counted).slice(0, TOP_VALUES).map(shownNumber);
      return { column, profile, summary: { distinct: { count: counted.size, exact: true }, top, histogram } };
    });
  }
  const found: FoundColumn[] = [];
  for (const batch of batchesOf(numeric, 1)) {
    const known = batch.map((column) => knownOf(reference, column));
    const counted = await countNumbers(source, batch, { known, histograms: summarized });
    const values = summarized ? await countNumberValues(source, batch) : undefined;
    for (const [i, column] of batch.entries()) {
      const { profile, histogram } = counted[i]!;
      found.push({ column, profile, ...(values ? { summary: { ...values[i]!, histogram } } : {}) });
    }
  }
  return found;
}

/** Different and most frequent numbers. Columns with very many values are not grouped: their first rows say so. */
async function countNumberValues(
  source: Source,
  columns: readonly ProfiledColumn[],
): Promise<Pick<ColumnSummary, 'distinct' | 'top'>[]> {
  const { duck, relation, rows } = source;
  const many = new Set<ProfiledColumn>();
  if (rows > SHORT_TABLE)
    for (const batch of batchesOf(columns, SHORT_TABLE)) {
      const counts = batch.map((_, i) => `len(list_distinct(list(${nthValue(i)}))) AS n${i}`);
      const [row = {}] = await duck.rows(
        `SELECT ${counts.join(', ')} FROM ${columnValues(relation, batch.map(numberSql), `LIMIT ${SHORT_TABLE}`)}`,
      );
      for (const [i, column] of batch.entries()) if (Number(row[`n${i}`]) > MAX_DISTINCT) many.add(column);
    }
  const few = columns.filter((column) => !many.has(column));
  const counted = await countValues(
    source,
    few.map((column): CountedColumn => ({ value: numberSql(column), top: TOP_VALUES })),
  );
  return columns.map((column) => {
    const { distinct, top } = counted[few.indexOf(column)] ?? { distinct: Number.POSITIVE_INFINITY, top: [] };
    if (distinct > MAX_DISTINCT) return { distinct: { count: MAX_DISTINCT, exact: false }, top: [] };
    return {
      distinct: { count: distinct, exact: true },
      top: top.map(shownNumber),
    };
  });
}

const shownNumber = ({ value, count }: { value: unknown; count: number }): ColumnSummary['top'][number] => ({
  value: String(Number(value)),
  count,
});

async function categoriesOf(
  source: Source,
  columns: readonly ProfiledColumn[],
  { reference, summarized }: ColumnOptions,
): Promise<FoundColumn[]> {
  const categorical = columns.filter(({ kind }) => kind === 'categorical');
  const asked = categorical.map((column): CountedColumn => {
    const known = knownOf(reference, column);
    const value = categorySql(column);
    return known?.kind === 'categorical'
      ? { value, top: summarized ? TOP_VALUES : 0, asked: known.categories }
      : { value, top: MAX_CATEGORIES };
  });
  const counted = await (isShort(source, asked) ? countShortValues : countValues)(source, asked);
  return categorical.map((column, i) => {
    const { distinct, top } = counted[i]!;
    const profile = categoricalProfile(source.rows, counted[i]!, knownOf(reference, column));
    if (!summarized) return { column, profile };
    const frequent = top.slice(0, TOP_VALUES).map(({ value, count }) => ({ value: cut(String(value)), count }));
    return {
      column,
      profile,
      summary: { distinct: { count: distinct, exact: true }, top: frequent, histogram: null },
    };
  });
}

/** By characters, so that none is cut in two. */
const cut = (text: string): string => (text.length > MAX_TEXT ? `${[...text].slice(0, MAX_TEXT).join('')}…` : text);

function categoricalProfile(
  rows: number,
  { missing, top, asked }: ValueCounts,
  known: ColumnProfile | undefined,
): CategoricalProfile {
  const reference = known?.kind === 'categorical' ? known : undefined;
  const categories = reference ? [...reference.categories] : top.map(({ value }) => value as string);
  const counts = reference ? categories.map((category) => asked.get(category) ?? 0) : top.map(({ count }) => count);
  const rest = rows - missing - counts.reduce((a, b) => a + b, 0);
  // Without a reference the rest is its own; with one that lists all it has, the rest is new.
  const unseen = reference !== undefined && reference.other === 0 ? rest : 0;
  return { kind: 'categorical', rows, missing, categories, counts, other: rest - unseen, unseen };
}
