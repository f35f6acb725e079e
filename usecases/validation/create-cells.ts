import type { CellSource } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { identifier } from '../../platform/duckdb/connection.ts';
import { type CheckedColumn, CODES } from './checked-columns.ts';

/** View of a file's rows by the names of its columns, and `@row`: the row's number, from 0 in the order of the file. */
export const ROWS = 'rows';
/** Name of the row's number there, which no column of a contract has. */
export const ROW = '"@exact row"';
/** Table of what is wrong with rows: `row`, and `codes`: a list of what {@link breachOf} tells apart. */
export const BREACHES = 'breaches';

/** Where cells come from: a relation with columns t0, t1, …, and what each of them is. */
export interface CellTable {
  readonly relation: string;
  readonly columns: readonly CheckedColumn[];
  source(column: number): CellSource;
  /** Expression of the text of a column, where it is not as it stands. */
  text?(column: string): string;
}

/**
 * Columns that are read at a time. The engine keeps 2,048 rows of all that a query is about in memory, however few
 * there are.
 */
const GROUP = 400;

/**
 * Makes the tables of a file: its values by their types, and for rows that break rules which ones. One scan; of a file of
 * very many columns one for every few hundred of them.
 */
export async function createCells(duck: Duck, table: CellTable): Promise<void> {
  const { columns } = table;
  const groups = partsOf(columns);
  const size = Math.ceil(columns.length / groups);
  await duck.run(`CREATE TABLE ${BREACHES} (row BIGINT, codes INTEGER[])`);
  for (let group = 0; group < groups; group++) {
    const members = [...columns.keys()].slice(group * size, (group + 1) * size);
    await duck.run(`CREATE TABLE part${group} AS ${cellsSql(table, members)}`);
    await duck.run(`INSERT INTO ${BREACHES} SELECT rowid, codes FROM part${group} WHERE codes IS NOT NULL`);
    await duck.run(`ALTER TABLE part${group} DROP COLUMN codes`);
  }
  const names = columns.map(({ name }, i) => `c${i} AS ${identifier(name)}`);
  const parts = Array.from({ length: groups }, (_, group) => `part${group}`);
  await duck.run(
    `CREATE VIEW ${ROWS} AS SELECT ${[`part0.rowid AS ${ROW}`, ...names].join(', ')} FROM ${parts.join(' POSITIONAL JOIN ')}`,
  );
}

const partsOf = (columns: readonly CheckedColumn[]): number => Math.max(1, Math.ceil(columns.length / GROUP));

/** Takes out of the tables the rows that break rules. */
export async function removeBreaches(duck: Duck, columns: readonly CheckedColumn[]): Promise<void> {
  for (let part = 0; part < partsOf(columns); part++)
    await duck.run(`DELETE FROM part${part} WHERE rowid IN (SELECT row FROM ${BREACHES})`);
}

function cellsSql(
  { relation, columns, source, text = (column) => column }: CellTable,
  members: readonly number[],
): string {
  const cells = members.map((i) => cellSql(columns[i]!.cell, text(`t${i}`), source(i)));
  const read = members.flatMap((i, at) => [`${cells[at]!.value} AS c${i}`, `${cells[at]!.state} AS s${i}`]);
  const codes = members.map((i) => `(${columns[i]!.code(`c${i}`, `s${i}`)})::INTEGER AS k${i}`);
  const values = members.map((i) => `c${i}`);
  const all = members.map((i) => `CASE WHEN k${i} > 0 THEN ${i * CODES} + k${i} ELSE 0 END`);
  const broken =
    members.length === 0
      ? 'NULL::INTEGER[]'
      : `CASE WHEN greatest(${members.map((i) => `k${i}`).join(', ')}) > 0 THEN list_filter([${all.join(', ')}], lambda code: code > 0) END`;
  return (
    `SELECT ${[...values, `${broken} AS codes`].join(', ')} FROM (SELECT ${[...values, ...codes].join(', ')} ` +
    `FROM (SELECT ${read.length === 0 ? 'NULL AS none' : read.join(', ')} FROM ${relation}))`
  );
}

/** Column and rule of a code in {@link BREACHES}. */
export const breachOf = (code: number): { column: number; code: number } => ({
  column: Math.floor(code / CODES),
  code: code % CODES,
});
