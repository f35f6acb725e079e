import type { Contract } from '../../core/contract/contract.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { identifier } from '../../platform/duckdb/connection.ts';
import { BREACHES, ROW, ROWS } from './create-cells.ts';

/** Stands for a row whose key another has before it. */
export const DUPLICATE = -1;

/** Rows of a file that break rules, in its order: one entry for each rule, those of a row one after the other. */
export interface Breaches {
  readonly entries: number;
  readonly row: Float64Array;
  /** What the table has: see `breachOf`; or {@link DUPLICATE}. */
  readonly code: Int32Array;
}

/** Adds rows whose key is another's: of those that are otherwise good the first stays. Nulls are no keys. */
export async function addDuplicates(duck: Duck, { file: { unique } }: Contract): Promise<void> {
  if (unique.length === 0) return;
  const keys = unique.map(identifier);
  await duck.run(
    `INSERT INTO ${BREACHES} SELECT row, [${DUPLICATE}] FROM (SELECT ${ROW} AS row, row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${ROW}) AS nth ` +
      `FROM ${ROWS} WHERE ${keys.map((key) => `${key} IS NOT NULL`).join(' AND ')} AND ${ROW} NOT IN (SELECT row FROM ${BREACHES})) WHERE nth > 1`,
  );
}

/** All breaches of a file. */
export async function readBreaches(duck: Duck): Promise<Breaches> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT coalesce(sum(len(codes)), 0)::BIGINT AS n FROM ${BREACHES}`);
  const entries = Number(n);
  const row = new Float64Array(entries);
  const code = new Int32Array(entries);
  let at = 0;
  for await (const [rows, codes] of duck.columns(`SELECT row, unnest(codes) AS code FROM ${BREACHES} ORDER BY row`))
    for (const [i, value] of rows!.entries()) {
      row[at] = Number(value);
      code[at] = codes![i] as number;
      at++;
    }
  return { entries, row, code };
}

/** How many rows break each rule. */
export async function countBreaches(duck: Duck): Promise<{ code: number; rows: number }[]> {
  const found = await duck.rows(
    `SELECT code, count(*) AS n FROM (SELECT unnest(codes) AS code FROM ${BREACHES}) GROUP BY code ORDER BY code`,
  );
  return found.map(({ code, n }) => ({ code: Number(code), rows: Number(n) }));
}

/** Number of rows that break a rule. */
export async function countRows(duck: Duck): Promise<number> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(DISTINCT row) AS n FROM ${BREACHES}`);
  return Number(n);
}
