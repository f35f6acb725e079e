import { CELL_STATES, type CellSql } from '../../core/contract/cells/cell-rule.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { numberCell, type PlainCell, type PlainCells } from './plain-cell.ts';
import type { PlainColumn, PlainTable } from './plain-column.ts';

/** With more rows it takes longer to move the cells than to plan for each column. */
export const SHORT_ROWS = 2_000;
/** Cells that are put below each other at a time, and columns. */
const CELLS = 1_000_000;
const COLUMNS = 1_500;

/**
 * Reads a file of few rows and many columns of text: its cells below each other, which is planned as one column however
 * many there are, and then the numbers of each row as a list, for each column of a table would take blocks of its own.
 */
export async function createLongCells(
  duck: Duck,
  { relation, columns }: PlainTable,
  rows: number,
): Promise<PlainCells> {
  const cells = new Array<PlainCell>(columns.length);
  const tables: string[] = [];
  for (const { members, cell } of batches(columns, rows)) {
    const table = `plain_lists${tables.length}`;
    tables.push(table);
    const fields = members.map(({ column }) => column.field).join(', ');
    const numbered = `SELECT row_number() OVER () AS row, [${fields}] AS fields FROM ${relation}`;
    const texts = `SELECT row, unnest(range(${members.length})) AS col, unnest(fields) AS t FROM (${numbered})`;
    const read = `SELECT *, ${cell?.value ?? 'NULL::DOUBLE'} AS n FROM (${texts})`;
    const state = cell?.stateBeside('n') ?? 'NULL::TINYINT';
    await duck.run(`CREATE OR REPLACE TABLE plain_long AS SELECT *, ${state} AS s FROM (${read})`);
    const counts = await duck.rows(
      `SELECT count(n) AS numbers, count(*) FILTER (s = ${CELL_STATES.type}) AS others FROM plain_long GROUP BY col ORDER BY col`,
    );
    const isNumeric = members.map((_, i) => Number(counts[i]?.numbers ?? 0) > 0 && Number(counts[i]!.others) === 0);
    const numbers = [...isNumeric.keys()].filter((i) => isNumeric[i]);
    const others = [...isNumeric.keys()].filter((i) => !isNumeric[i]);
    const list = (value: string, of: readonly number[], name: string): string =>
      `list(${value} ORDER BY col) FILTER (col IN (${[-1, ...of].join(', ')})) AS ${name}${tables.length}`;
    await duck.run(
      `CREATE OR REPLACE TABLE ${table} AS SELECT ${[list('n', numbers, 'n'), list('t', others, 'f'), list('s', others, 's')].join(', ')} FROM plain_long GROUP BY row ORDER BY row`,
    );
    for (const [at, i] of numbers.entries())
      cells[members[i]!.place] = { field: 'NULL', numbers: `n${tables.length}[${at + 1}]` };
    for (const [at, i] of others.entries())
      cells[members[i]!.place] = {
        field: `f${tables.length}[${at + 1}]`,
        ...(members[i]!.column.kind === 'text' ? { state: `s${tables.length}[${at + 1}]` } : {}),
      };
  }
  await duck.run('DROP TABLE IF EXISTS plain_long');
  return { relation: `(SELECT * FROM ${tables.join(' POSITIONAL JOIN ')})`, cells };
}

interface Batch {
  readonly members: { readonly place: number; readonly column: PlainColumn }[];
  /** Cells of the column `t` as numbers; undefined where they are none by their type. */
  readonly cell: CellSql | undefined;
}

/** Columns that are read alike, so many at a time. */
function batches(columns: readonly PlainColumn[], rows: number): Batch[] {
  const size = Math.min(COLUMNS, Math.ceil(CELLS / Math.max(1, rows)));
  const found: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const [place, column] of columns.entries()) {
    const cell = numberCell(column, 't');
    const key = JSON.stringify(cell && [cell.value, cell.state]) ?? '';
    let batch = open.get(key);
    if (batch === undefined || batch.members.length === size) {
      batch = { members: [], cell };
      found.push(batch);
      open.set(key, batch);
    }
    batch.members.push({ place, column });
  }
  return found;
}
