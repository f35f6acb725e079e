import type { Profile } from '../../core/profile/profile.ts';
import type { NumberFacts } from '../../core/schema-inference/column-kinds.ts';
import { batchesOf, columnValues, nthValue, numberSql } from '../../platform/duckdb/column-batch.ts';
import type { ProfiledFile } from './profile-file.ts';

/** Days as numbers, 19000101 to 21001231. */
const daySql = (value: string): string =>
  `(${value} BETWEEN 19000101 AND 21001231 AND floor(${value} / 100) % 100 BETWEEN 1 AND 12 AND ${value} % 100 BETWEEN 1 AND 31)`;

/**
 * What a profile does not say of columns of numbers: whether all values are whole, whether they are days, and, where all
 * may differ, how many do. Columns that have a fraction for an extreme are not asked about.
 */
export async function numberFacts({
  duck,
  relation,
  columns,
  profile,
}: ProfiledFile): Promise<Map<string, NumberFacts>> {
  const facts = new Map<string, NumberFacts>();
  const asked = columns.filter(({ name, kind }) => kind === 'numeric' && hasWholeRange(profile, name));
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
