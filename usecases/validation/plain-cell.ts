import type { CellRule, CellSql } from '../../core/contract/cells/cell-rule.ts';
import type { PlainColumn } from './plain-column.ts';

/** Cells of a file as a relation of the database. */
export interface PlainCells {
  readonly relation: string;
  /** By the places of the columns in the file. */
  readonly cells: readonly PlainCell[];
}

/** A column of it, as SQL. */
export interface PlainCell {
  /** All values are numbers: they are these. */
  readonly numbers?: string;
  /** Its cells as they came; of a column of numbers they need not be there. */
  readonly field: string;
  /** Of text: its state as a number, one of `CELL_STATES`. */
  readonly state?: string;
}

const NUMBER: CellRule = { type: 'float' };

/** A column's cells as numbers; undefined where they are none by their type. */
export const numberCell = ({ kind, cell }: PlainColumn, field: string): CellSql | undefined =>
  kind === 'other' ? undefined : cell(NUMBER, field);
