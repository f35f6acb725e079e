import { brokenRulesSql } from '../../core/contract/broken-rules-sql.ts';
import type { CellSource } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import type { ColumnRule } from '../../core/contract/column-rules.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';
import type { PlainColumns } from './plain-columns.ts';

/** View of a file's rows by the names of its columns, and {@link ROW}. */
export const ROWS = 'rows';
/** The row's number there, from 0 in the order of the file; no column of a contract has the name. */
export const ROW = '"@exact row"';
/** Table of what is wrong with rows: `row`, `col`: the index of the column, and `code`: which of its rules is broken. */
export const BREACHES = 'breaches';

/** Where cells come from: a relation with columns t0, t1, …, and what each of them is. */
export interface CellTable {
  readonly relation: string;
  readonly columns: readonly ColumnRule[];
  /** Fields of the relation before the first of them. @default 0 */
  readonly skipped?: number;
  source(column: number): CellSource;
  /** Columns that need no grammar. */
  readonly plain?: Pick<PlainColumns, 'sql'>;
  /** Expression of the text of a column, where it is not as it stands. */
  text?(column: string): string;
}

/**
 * Columns that are read at a time. The engine keeps 2,048 rows of all that a query is about in memory, however few
 * there are.
 */
const GROUP = 400;

/**
 * Makes the tables of a file: its values by their types, and which rules its rows break. One scan; of a file of very many
 * columns one for every few hundred of them.
 */
export async function createCells(duck: Duck, table: CellTable): Promise<void> {
  const { columns } = table;
  const groups = groupsOf(columns);
  const size = Math.ceil(columns.length / groups);
  await duck.run(`CREATE OR REPLACE TABLE ${BREACHES} (row BIGINT, col INTEGER, code TINYINT)`);
  for (let group = 0; group < groups; group++) {
    const members = [...columns.keys()].slice(group * size, (group + 1) * size);
    await duck.run(`CREATE OR REPLACE TABLE part${group} AS ${cellsSql(table, members)}`);
    // Columns of few rows come to share blocks: in memory each would have some of its own.
    if (groups > 1) await duck.run('CHECKPOINT');
    const checked = members.map((i, nth) => ({ rule: columns[i]!, value: `c${i}`, state: `states[${nth + 1}]` }));
    await duck.run(
      `INSERT INTO ${BREACHES} SELECT id, col + ${group * size}, code FROM (${brokenRulesSql(checked, `part${group}`, 'rowid')})`,
    );
  }
  const names = columns.map(({ name }, i) => `c${i} AS ${identifier(name)}`);
  const parts = Array.from({ length: groups }, (_, group) => `part${group}`);
  await duck.run(
    `CREATE OR REPLACE VIEW ${ROWS} AS SELECT ${[`part0.rowid AS ${ROW}`, ...names].join(', ')} FROM ${parts.join(' POSITIONAL JOIN ')}`,
  );
}

const groupsOf = (columns: readonly ColumnRule[]): number => Math.max(1, Math.ceil(columns.length / GROUP));

/** Takes out of the tables the rows that break rules. */
export async function removeBreaches(duck: Duck, columns: readonly ColumnRule[]): Promise<void> {
  for (let part = 0; part < groupsOf(columns); part++)
    await duck.run(`DELETE FROM part${part} WHERE rowid IN (SELECT row FROM ${BREACHES})`);
}

/**
 * Query of the values of some columns, c0, c1, …, and of `states`: a list of the states of them all, null for a row in
 * which every one has a value, so that it costs next to nothing to keep.
 */
function cellsSql(
  { relation, columns, skipped = 0, plain, source, text = (column) => column }: CellTable,
  members: readonly number[],
): string {
  if (members.length === 0) return `SELECT NULL AS none, NULL::TINYINT[] AS states FROM ${relation}`;
  // What several expressions need is a column below them: said again in each, it is planned and worked out again.
  const held: string[] = [];
  const cells = members.map((i) => {
    const field = `t${i + skipped}`;
    const hold = (expression: string): string => {
      held.push(`${expression} AS h${held.length}`);
      return `h${held.length - 1}`;
    };
    return { i, ...(plain?.sql(i, field) ?? cellSql(columns[i]!, text(field), source(i), hold)) };
  });
  const values = cells.map(({ i, value }) => `${value} AS c${i}`);
  const missing = cells.map(({ i }) => `c${i} IS NULL`);
  const states = cells.map(({ i, stateBeside }) => stateBeside(`c${i}`));
  const kept = [
    ...cells.map(({ i }) => `c${i}`),
    `CASE WHEN ${missing.join(' OR ')} THEN [${states.join(', ')}]::TINYINT[] END AS states`,
  ];
  const below = (sql: string, above: readonly string[]): string =>
    above.length === 0 ? sql : `(SELECT *, ${above.join(', ')} FROM ${sql})`;
  return `SELECT ${kept.join(', ')} FROM ${below(below(relation, held), values)}`;
}
