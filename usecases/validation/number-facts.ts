import type { Profile } from '../../core/profile/profile.ts';
import type { NumberFacts } from '../../core/schema-inference/column-kinds.ts';
import {
  batchesOf,
  columnValues,
  nthValue,
  numberSql,
  type ProfiledColumn,
} from '../../platform/duckdb/column-batch.ts';
import { isShort, valuesByColumn } from '../../platform/duckdb/short-table.ts';
import type { ProfiledFile } from './profile-file.ts';

/** Days as numbers, 19000101 to 21001231. */
const daySql = (value: string): string =>
  `(${value} BETWEEN 19000101 AND 21001231 AND floor(${value} / 100) % 100 BETWEEN 1 AND 12 AND ${value} % 100 BETWEEN 1 AND 31)`;

function isDay(value: number): boolean {
  const [month, day] = [Math.floor(value / 100) % 100, value % 100];
  return value >= 19000101 && value <= 21001231 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/**
 * What a profile does not say of columns of numbers: whether all values are whole, whether they are days, and, where all
 * may differ, how many do. Columns that have a fraction for an extreme are not asked about.
 */
export async function numberFacts(file: ProfiledFile): Promise<Map<string, NumberFacts>> {
  const { duck, relation, columns, profile } = file;
  const asked = columns.filter(({ name, kind }) => kind === 'numeric' && hasWholeRange(profile, name));
  return isShort({ duck, relation, rows: profile.rows }, asked) ? shortFacts(file, asked) : factsByQuery(file, asked);
}

/** Of few rows and many columns: taken out of the engine, whose planning would take far longer than looking at them. */
async function shortFacts(
  { duck, relation }: ProfiledFile,
  asked: readonly ProfiledColumn[],
): Promise<Map<string, NumberFacts>> {
  const facts = new Map<string, NumberFacts>();
  for await (const values of valuesByColumn({ duck, relation }, asked.map(numberSql))) {
    const present = values.filter((value) => value !== null) as number[];
    const whole = present.every(Number.isInteger);
    const days = whole && present.every(isDay);
    facts.set(asked[facts.size]!.name, { whole, days, ...(whole ? { distinct: new Set(present).size } : {}) });
  }
  return facts;
}

async function factsByQuery(
  { duck, relation, profile }: ProfiledFile,
  asked: readonly ProfiledColumn[],
): Promise<Map<string, NumberFacts>> {
  const facts = new Map<string, NumberFacts>();
  for (const batch of batchesOf(asked, 1)) {
    const counts = batch.map((_, i) => {
      const value = nthValue(i);
      return `count(*) FILTER (${value} <> floor(${value})) AS fractions${i}, count(*) FILTER (NOT ${daySql(value)}) AS others${i}`;
    });
    const [row = {}] = await duck.rows(
      `SELECT ${counts.join(', ')} FROM ${columnValues(relation, batch.map(numberSql))}`,
    );
    for (const [i, { name }] of batch.entries()) {
      const whole = Number(row[`fractions${i}`]) === 0;
      facts.set(name, { whole, days: whole && Number(row[`others${i}`]) === 0 });
    }
  }
  const maybe = asked.filter(({ name }) => facts.get(name)!.whole && mayAllDiffer(profile, name));
  for (const batch of batchesOf(maybe, profile.rows)) {
    const counts = batch.map((_, i) => `count(DISTINCT ${nthValue(i)}) AS n${i}`);
    const [row = {}] = await duck.rows(
      `SELECT ${counts.join(', ')} FROM ${columnValues(relation, batch.map(numberSql))}`,
    );
    for (const [i, { name }] of batch.entries())
      facts.set(name, { ...facts.get(name)!, distinct: Number(row[`n${i}`]) });
  }
  return facts;
}

function hasWholeRange({ columns }: Profile, name: string): boolean {
  const column = columns[name]!;
  return column.kind === 'numeric' && Number.isSafeInteger(column.min) && Number.isSafeInteger(column.max);
}

/** So many whole numbers are within the range. */
function mayAllDiffer({ columns }: Profile, name: string): boolean {
  const column = columns[name]!;
  if (column.kind !== 'numeric' || column.min === null || column.max === null) return false;
  return column.max - column.min + 1 >= column.rows - column.missing;
}
