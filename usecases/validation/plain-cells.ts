import { CELL_STATES, type CellRule, type CellSql } from '../../core/contract/cells/cell-rule.ts';
import { batchesOf } from '../../platform/duckdb/column-batch.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import type { PlainColumn, PlainTable } from './plain-column.ts';

/** Cells of a file as a relation: f0, f1, … as they came, and n0, n1, … as numbers, of columns that may have some. */
export interface PlainCells {
  readonly relation: string;
  /** Places of the columns all of whose values are numbers. */
  readonly numeric: ReadonlySet<number>;
}

const NUMBER: CellRule = { type: 'float' };
const FIELDS = 'plain_fields';
/** With more rows it takes longer to move the cells than to plan for each column; so it does with few columns. */
const SHORT = { rows: 2_000, columns: 60 };
/** Cells that are put below each other at a time. */
const LONG_CELLS = 400_000;

/**
 * Reads the cells of a file once, and each number once. What is asked of them afterwards says neither the file nor the
 * grammar of numbers again: both would be read and planned again each time.
 */
export async function createPlainCells(duck: Duck, { relation, columns, rows }: PlainTable): Promise<PlainCells> {
  // Names of ours: those of the file never meet the engine.
  const fields = columns.map(({ field }, i) => `${field} AS f${i}`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${FIELDS} AS SELECT ${fields.join(', ')} FROM ${relation}`);
  const asked = columns.flatMap((column, place): AskedColumn[] => {
    const cell = numberOf(column, `f${place}`);
    return cell === undefined || column.kind === 'other' ? [] : [{ place, column, cell }];
  });
  const long = rows !== undefined && rows <= SHORT.rows && asked.length > SHORT.columns;
  const batches = long ? alike(asked, Math.floor(LONG_CELLS / Math.max(1, rows))) : batchesOf(asked, 1);
  const numeric = new Set<number>();
  const tables = [FIELDS];
  for (const [i, batch] of batches.entries()) {
    const table = `plain_numbers${i}`;
    tables.push(table);
    const found = await (long ? readLong : readBeside)(duck, table, batch);
    for (const [at, { numbers, others }] of found.entries())
      if (numbers > 0 && others === 0) numeric.add(batch[at]!.place);
  }
  return { relation: `(SELECT * FROM ${tables.join(' POSITIONAL JOIN ')})`, numeric };
}

/** A column's cells as numbers; undefined where they are none by their type. */
export const numberOf = ({ cell }: PlainColumn, field: string): CellSql | undefined => cell(NUMBER, field);

interface AskedColumn {
  readonly place: number;
  readonly column: PlainColumn;
  readonly cell: CellSql;
}

/** Cells that are numbers, and that are neither numbers nor missing. */
interface Counts {
  readonly numbers: number;
  readonly others: number;
}

async function readBeside(duck: Duck, table: string, batch: readonly AskedColumn[]): Promise<Counts[]> {
  const values = batch.map(({ place, cell }) => `${cell.value} AS n${place}`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${values.join(', ')} FROM ${FIELDS}`);
  const counts = batch.map(({ place, cell }, i) => {
    const number = `n${place}`;
    return `count(${number}) AS numbers${i}, count(*) FILTER (${cell.stateBeside(number)} = ${CELL_STATES.type}) AS others${i}`;
  });
  const [row = {}] = await duck.rows(`SELECT ${counts.join(', ')} FROM (FROM ${FIELDS} POSITIONAL JOIN ${table})`);
  return batch.map((_, i) => ({ numbers: Number(row[`numbers${i}`]), others: Number(row[`others${i}`]) }));
}

/** Of few rows and many columns the cells are read below each other: planned as one, however many columns there are. */
async function readLong(duck: Duck, table: string, batch: readonly AskedColumn[]): Promise<Counts[]> {
  const { value, stateBeside } = numberOf(batch[0]!.column, 't')!;
  const fields = batch.map(({ place }) => `f${place}`).join(', ');
  const texts = `SELECT row, unnest(range(${batch.length})) AS col, unnest(fields) AS t FROM (SELECT rowid AS row, [${fields}] AS fields FROM ${FIELDS})`;
  const cells = `SELECT row, col, n, ${stateBeside('n')} AS s FROM (SELECT *, ${value} AS n FROM (${texts}))`;
  await duck.run(`CREATE OR REPLACE TEMP TABLE plain_long AS ${cells}`);
  const numbers = batch.map(({ place }, at) => `n[${at + 1}] AS n${place}`);
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${numbers.join(', ')} FROM (SELECT list(n ORDER BY col) AS n FROM plain_long GROUP BY row ORDER BY row)`,
  );
  const counts = await duck.rows(
    `SELECT count(n) AS numbers, count(*) FILTER (s = ${CELL_STATES.type}) AS others FROM plain_long GROUP BY col ORDER BY col`,
  );
  await duck.run('DROP TABLE plain_long');
  return counts.map(({ numbers: found, others }) => ({ numbers: Number(found), others: Number(others) }));
}

/** Columns that are read alike, so many at a time. */
function alike(columns: readonly AskedColumn[], size: number): AskedColumn[][] {
  const found = new Map<string, AskedColumn[]>();
  for (const asked of columns) {
    const { value, state } = numberOf(asked.column, 't')!;
    const key = JSON.stringify([value, state]);
    found.set(key, [...(found.get(key) ?? []), asked]);
  }
  return [...found.values()].flatMap((members) =>
    Array.from({ length: Math.ceil(members.length / size) }, (_, i) => members.slice(i * size, (i + 1) * size)),
  );
}
