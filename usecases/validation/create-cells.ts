import { brokenRulesSql, brokenStatesSql } from '../../core/contract/broken-rules-sql.ts';
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
  /** How many rows it has, where that is known. */
  readonly rows?: number;
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
/** Up to so many columns are planned in no time, whatever their cells may be. */
const FEW_COLUMNS = 60;
/** With more rows it takes longer to move the cells than to plan for each column. */
const SHORT_TABLE = 2_000;
/** Columns whose cells are put below each other at a time, and cells. */
const LONG_GROUP = 1_000;
const LONG_CELLS = 400_000;

/**
 * Columns whose rules are asked about at a time. A long list of what is allowed is a join to the engine, through which all
 * that the query is about passes: of many such columns the memory would grow by the square.
 */
const CHECKED = 100;

/**
 * Makes the tables of a file: its values by their types, and which rules its rows break. One scan; of a file of very many
 * columns one for every few hundred of them. Of few rows and many columns the cells are read below each other.
 */
export async function createCells(duck: Duck, table: CellTable): Promise<void> {
  const { columns } = table;
  const { rows = Number.POSITIVE_INFINITY } = table;
  const long = columns.length > FEW_COLUMNS && rows <= SHORT_TABLE;
  const groups = long ? longGroups(table, rows) : groupsOf([...columns.keys()], GROUP);
  await duck.run(`CREATE OR REPLACE TABLE ${BREACHES} (row BIGINT, col INTEGER, code TINYINT)`);
  for (const [group, members] of groups.entries()) {
    const part = `part${group}`;
    await duck.run(
      `CREATE OR REPLACE TABLE ${part} AS ${long ? longCellsSql(table, members) : cellsSql(table, members)}`,
    );
    // Columns of few rows come to share blocks: in memory each would have some of its own.
    if (groups.length > 1) await duck.run('CHECKPOINT');
    const add = (some: readonly number[], broken: string): Promise<void> =>
      duck.run(`INSERT INTO ${BREACHES} SELECT id, [${some.join(', ')}][col + 1], code FROM (${broken})`);
    const rules = members.map((i) => columns[i]!);
    if (long) await add(members, brokenStatesSql(rules, 'states', part, 'rowid'));
    for (const some of groupsOf(members, groups.length > 1 ? CHECKED : GROUP)) {
      const checked = some.map((i) => ({
        rule: columns[i]!,
        value: `c${i}`,
        state: long ? undefined : `states[${members.indexOf(i) + 1}]`,
      }));
      if (some.length > 0) await add(some, brokenRulesSql(checked, part, 'rowid'));
    }
  }
  const names = columns.map(({ name }, i) => `c${i} AS ${identifier(name)}`);
  await duck.run(
    `CREATE OR REPLACE VIEW ${ROWS} AS SELECT ${[`part0.rowid AS ${ROW}`, ...names].join(', ')} FROM ${groups.map((_, i) => `part${i}`).join(' POSITIONAL JOIN ')}`,
  );
}

/** Cuts a list of columns into some of at most `size`, and at least one. */
function groupsOf(members: readonly number[], size: number): number[][] {
  const groups = Math.max(1, Math.ceil(members.length / size));
  const each = Math.ceil(members.length / groups);
  return Array.from({ length: groups }, (_, i) => members.slice(i * each, (i + 1) * each));
}

/** Columns whose cells are read alike. */
function longGroups({ columns, source }: CellTable, rows: number): number[][] {
  const size = Math.min(LONG_GROUP, Math.ceil(LONG_CELLS / Math.max(1, rows)));
  const alike = new Map<string, number[]>();
  for (const [i, rule] of columns.entries()) {
    const { value, state, type } = cellSql(rule, 't', source(i));
    const key = JSON.stringify([value, state, type]);
    const members = alike.get(key);
    if (members === undefined) alike.set(key, [i]);
    else members.push(i);
  }
  return [...alike.values()].flatMap((members) => groupsOf(members, size));
}

/**
 * Cells of columns that are read alike, below each other: planned as one, however many columns there are, and then put
 * beside each other.
 */
function longCellsSql(
  { relation, columns, skipped = 0, source, text = (column) => column }: CellTable,
  members: readonly number[],
): string {
  const { value, stateBeside } = cellSql(columns[members[0]!]!, 't', source(members[0]!));
  const fields = members.map((i) => `t${i + skipped}`).join(', ');
  const numbered = `SELECT row_number() OVER () AS row, [${fields}] AS fields FROM ${relation}`;
  const texts = `SELECT row, unnest(range(${members.length})) AS col, ${text('unnest(fields)')} AS t FROM (${numbered})`;
  const cells = `SELECT row, col, c, ${stateBeside('c')} AS s FROM (SELECT *, ${value} AS c FROM (${texts}))`;
  const rows = `SELECT list(c ORDER BY col) AS c, list(s ORDER BY col) AS states FROM (${cells}) GROUP BY row ORDER BY row`;
  return `SELECT ${members.map((i, at) => `c[${at + 1}] AS c${i}`).join(', ')}, states FROM (${rows})`;
}

/** Takes out of the tables the rows that break rules. */
export async function removeBreaches(duck: Duck): Promise<void> {
  const parts = await duck.rows(
    "SELECT table_name FROM duckdb_tables() WHERE regexp_full_match(table_name, 'part[0-9]+')",
  );
  for (const { table_name } of parts)
    await duck.run(`DELETE FROM ${table_name} WHERE rowid IN (SELECT row FROM ${BREACHES})`);
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
