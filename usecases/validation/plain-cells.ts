import { CELL_STATES, type CellSql } from '../../core/contract/cells/cell-rule.ts';
import { batchesOf } from '../../platform/duckdb/column-batch.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { FEW_COLUMNS, keepOnDisk } from './keep-on-disk.ts';
import { createLongCells, SHORT_ROWS } from './long-cells.ts';
import { numberCell, type PlainCell, type PlainCells } from './plain-cell.ts';
import type { PlainTable } from './plain-column.ts';

/** Columns that are read at a time: the engine keeps 2,048 rows of all that a query is about in memory. */
const GROUP = 400;

/**
 * Reads the cells of a file once, and each number once. What is asked of them afterwards says neither the file nor the
 * grammar of numbers again: both would be read and planned again each time.
 */
export async function createPlainCells(duck: Duck, table: PlainTable): Promise<PlainCells> {
  const { columns, rows = Number.POSITIVE_INFINITY } = table;
  if (columns.length > LONG_COLUMNS && rows <= SHORT_ROWS) return createLongCells(duck, table, rows);
  const wide = columns.length > FEW_COLUMNS;
  if (wide) await keepOnDisk(duck);
  const numeric = new Set<number>();
  const tables: string[] = [];
  for (let from = 0; from < columns.length; from += GROUP) {
    const group = columns.slice(from, from + GROUP).map((column, i) => ({ column, place: from + i }));
    const fields = `plain_fields${from}`;
    // Names of ours: those of the file never meet the engine.
    const named = group.map(({ column, place }) => `${column.field} AS f${place}`);
    await duck.run(`CREATE OR REPLACE TABLE ${fields} AS SELECT ${named.join(', ')} FROM ${table.relation}`);
    tables.push(fields);
    const asked = group.flatMap(({ column, place }): AskedColumn[] => {
      const cell = numberCell(column, `f${place}`);
      return cell === undefined ? [] : [{ place, cell }];
    });
    for (const batch of batchesOf(asked, 1)) {
      const numbers = `plain_numbers${batch[0]!.place}`;
      for (const place of await readNumbers(duck, { fields, numbers }, batch)) numeric.add(place);
      tables.push(numbers);
    }
    // Columns come to share blocks: in memory each would have some of its own.
    if (wide) await duck.run('CHECKPOINT');
  }
  return {
    relation: `(SELECT * FROM ${tables.join(' POSITIONAL JOIN ')})`,
    cells: columns.map((column, place): PlainCell => {
      const field = `f${place}`;
      if (numeric.has(place)) return { field, numbers: `n${place}` };
      return {
        field,
        ...(column.kind === 'text' ? { state: numberCell(column, field)!.stateBeside(`n${place}`) } : {}),
      };
    }),
  };
}

/** With few columns it takes longer to move the cells than to plan for each. */
const LONG_COLUMNS = 60;

interface AskedColumn {
  readonly place: number;
  readonly cell: CellSql;
}

/** Makes a table of the cells as numbers. @returns the places of the columns that have numbers, and nothing else */
async function readNumbers(
  duck: Duck,
  { fields, numbers }: { readonly fields: string; readonly numbers: string },
  batch: readonly AskedColumn[],
): Promise<number[]> {
  const values = batch.map(({ place, cell }) => `${cell.value} AS n${place}`);
  await duck.run(`CREATE OR REPLACE TABLE ${numbers} AS SELECT ${values.join(', ')} FROM ${fields}`);
  const counts = batch.map(({ place, cell }, i) => {
    const number = `n${place}`;
    return `count(${number}) AS numbers${i}, count(*) FILTER (${cell.stateBeside(number)} = ${CELL_STATES.type}) AS others${i}`;
  });
  const [row = {}] = await duck.rows(`SELECT ${counts.join(', ')} FROM ${fields} POSITIONAL JOIN ${numbers}`);
  return batch.flatMap(({ place }, i) =>
    Number(row[`numbers${i}`]) > 0 && Number(row[`others${i}`]) === 0 ? [place] : [],
  );
}
