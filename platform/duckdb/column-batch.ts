import { RESERVED_PREFIX, sqlName } from '../../core/contract/sql-text.ts';
import { type Duck, identifier, literal } from './connection.ts';

/** A column to profile: an SQL expression over the relation. */
export interface ProfiledColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** @default the column of that name */
  readonly expression?: string;
  /** Whether its numbers are known to be finite, as those of validated cells are. */
  readonly finite?: boolean;
}

/** What is profiled: a relation of a database (a table's name, or a query in parentheses), and how many rows it has. */
export interface Source {
  readonly duck: Duck;
  readonly relation: string;
  readonly rows: number;
  /** SQL of a number that each row has for itself, by which rows are drawn. @default they are drawn by chance */
  readonly row?: string | undefined;
}

/** Values that one query takes up at most, so that it stays within little memory. */
const MAX_VALUES = 4_000_000;
/** Columns that one query looks at, at most: planning one of more takes longer than planning two. */
const MAX_COLUMNS = 100;

export const expressionOf = (column: ProfiledColumn): string => column.expression ?? identifier(column.name);

/** A number, or null where it is missing; NaN is missing. */
export const numberSql = (column: ProfiledColumn): string => {
  const value = `(${expressionOf(column)})::DOUBLE`;
  if (column.finite) return value;
  return `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`;
};

/** A category, or null where it is missing. */
export const categorySql = (column: ProfiledColumn): string => `nullif(${expressionOf(column)}::VARCHAR, '')`;

/** SQL of a number with all its digits. */
export const doubleSql = (x: number): string => `${literal(String(x))}::DOUBLE`;

/** SQL of a list of numbers: one literal, for a query that has thousands is slow to plan. */
export const doublesSql = (values: readonly number[]): string => `${literal(`[${values.join(', ')}]`)}::DOUBLE[]`;

/**
 * The value of the i-th column of a batch, by a name that no column has: an alias would stand in for a column of its
 * name. Numbered without a space, by which it is no column beside an integer's.
 */
export const nthValue = (i: number): string => sqlName(`${RESERVED_PREFIX}${i}`);

/** Values of columns as a relation whose columns are called {@link nthValue}. */
export function columnValues(relation: string, values: readonly string[], rest = ''): string {
  return `(SELECT ${values.map((value, i) => `${value} AS ${nthValue(i)}`).join(', ')} FROM ${relation} t ${rest})`;
}

/** Cuts columns into batches that one query each can take, given the rows that it keeps of each. */
export function batchesOf<T>(columns: readonly T[], rows: number): T[][] {
  const size = Math.max(1, Math.min(MAX_COLUMNS, Math.floor(MAX_VALUES / Math.max(1, rows))));
  return Array.from({ length: Math.ceil(columns.length / size) }, (_, i) => columns.slice(i * size, (i + 1) * size));
}
