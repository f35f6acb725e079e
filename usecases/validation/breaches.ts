import type { Contract } from '../../core/contract/contract.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';
import { BREACHES, ROW, ROWS } from './create-cells.ts';

/** Stands for the column of a row whose key another has before it. */
export const DUPLICATE = -1;

/** Which rule a cell breaks. */
export interface Breach {
  /** Index of the column, or {@link DUPLICATE}. */
  readonly column: number;
  readonly code: number;
}

/** Rows of a file that break rules, in its order: one entry for each cell, those of a row one after the other. */
export interface Breaches {
  readonly entries: number;
  readonly row: Float64Array;
  readonly column: Int16Array;
  readonly code: Int8Array;
}

/**
 * Adds rows whose key is another's: of those that are otherwise good the first stays. Nulls are no keys.
 *
 * @param columns that the file has: where one of the key is not among them, all that it has are nulls
 */
export async function addDuplicates(
  duck: Duck,
  columns: readonly string[],
  { file: { unique } }: Contract,
): Promise<void> {
  if (unique.length === 0 || !unique.every((name) => columns.includes(name))) return;
  const keys = unique.map(identifier);
  await duck.run(
    `INSERT INTO ${BREACHES} SELECT row, ${DUPLICATE}, 0 FROM (SELECT ${ROW} AS row, row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${ROW}) AS nth ` +
      `FROM ${ROWS} WHERE ${keys.map((key) => `${key} IS NOT NULL`).join(' AND ')} AND ${ROW} NOT IN (SELECT row FROM ${BREACHES})) WHERE nth > 1`,
  );
}

/** All breaches of a file. */
export async function readBreaches(duck: Duck): Promise<Breaches> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(*) AS n FROM ${BREACHES}`);
  const entries = Number(n);
  const row = new Float64Array(entries);
  const column = new Int16Array(entries);
  const code = new Int8Array(entries);
  let at = 0;
  for await (const [rows, columns, codes] of duck.columns(`SELECT row, col, code FROM ${BREACHES} ORDER BY row, col`))
    for (const [i, value] of rows!.entries()) {
      row[at] = Number(value);
      column[at] = columns![i] as number;
      code[at] = codes![i] as number;
      at++;
    }
  return { entries, row, column, code };
}

/** How many rows break each rule. */
export async function countBreaches(duck: Duck): Promise<(Breach & { readonly rows: number })[]> {
  const found = await duck.rows(
    `SELECT col, code, count(*) AS n FROM ${BREACHES} GROUP BY col, code ORDER BY col, code`,
  );
  return found.map(({ col, code, n }) => ({ column: Number(col), code: Number(code), rows: Number(n) }));
}

/** Number of rows that break a rule. */
export async function countRows(duck: Duck): Promise<number> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(DISTINCT row) AS n FROM ${BREACHES}`);
  return Number(n);
}
