import type { CheckedColumn } from './checked-columns.ts';

/** A file as the view `rows` (see createCells): a row for each record that is whole, whether it keeps the contract or not. */
export interface Loaded {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** The file as it was read: unpacked. */
  readonly file: string;
  readonly columns: readonly CheckedColumn[];
  /** Records that are rows of the table. */
  readonly rows: number;
  /** Records that are none, by what is expected of a record, in words. */
  readonly faults: ReadonlyMap<string, number>;
  /** Physical lines; of Parquet a row counts as one. */
  readonly lines: { readonly total: number; readonly header: number; readonly blank: number };
}
