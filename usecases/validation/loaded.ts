import type { ColumnRule } from '../../core/contract/column-rules.ts';
import type { Contract } from '../../core/contract/contract.ts';

/** A file as the view `rows` (see createCells): a row for each record that is whole, whether it keeps the contract or not. */
export interface Loaded {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** The file as it was read: unpacked. */
  readonly file: string;
  /** Of Parquet: the file as SQL, with columns t0, t1, … as their cells were read, and the types of those. */
  readonly parquet?: { readonly relation: string; readonly types: readonly string[] };
  /** Columns of the file, in its order, with what the contract says of them. */
  readonly columns: readonly ColumnRule[];
  /** Columns that a file must have, and that stand in no line of JSON; every row says that it lacks them. @default none */
  readonly absent?: readonly string[];
  /** Fields of a record before the first of the columns. */
  readonly skipped: number;
  /** Records that are rows of the table. */
  readonly rows: number;
  /** Records that are none, by what is expected of a record, in words. */
  readonly faults: ReadonlyMap<string, number>;
  /** Physical lines; of Parquet a row counts as one. */
  readonly lines: { readonly total: number; readonly header: number; readonly blank: number };
}

/** What a file is held to. */
export interface FileContract {
  readonly contract: Contract;
  /** All columns that it may have. */
  readonly columns: readonly ColumnRule[];
}

/** The rules of columns by their names, which the contract is known to have. */
export const columnsNamed = (columns: readonly ColumnRule[], names: readonly string[]): ColumnRule[] => {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return names.map((name) => byName.get(name)!);
};
