import type { TensorType } from '../../model/signature.ts';
import type { FeatureType } from '../types/value-type.ts';

/**
 * What the cells of a column are: a feature's type; an instant; the name of a class; or any text, number or boolean,
 * kept as its text.
 */
export type ColumnType = FeatureType | 'time' | 'class' | 'any';

/** What a column's cells are read by. */
export interface CellRule {
  readonly type: ColumnType;
  /** Type of the graph's input that an integer goes to: one of 64 unsigned bits takes more of them. */
  readonly inputType?: TensorType | undefined;
  /** How a missing value is written in text. @default {@link MISSING_TOKENS} */
  readonly missingTokens?: readonly string[] | undefined;
  /** Of a time: how it may be written besides ISO 8601 with its zone. */
  readonly formats?: readonly string[] | undefined;
  /** Of a time: the zone of those that are written without one. */
  readonly zone?: string | undefined;
  /** Of a class: the names. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Where a column's cells come from: fields of text (CSV), the only field of its line, JSON values as {@link jsonField}
 * writes them, or a Parquet column of a type.
 */
export type CellSource = 'text' | 'only-text' | 'json' | { readonly parquet: string };

/** What a cell is found to be. */
export const CELL_STATES = {
  /** There is a value; in all other states it is null. */
  value: 0,
  missing: 1,
  /** It is no literal of the type. */
  type: 2,
  /** It is one, of a value that the type does not hold. */
  range: 3,
} as const;

/** A cell as SQL, over the expression of one column. */
export interface CellSql {
  /** The value as the table of a file has it. */
  readonly value: string;
  /** One of {@link CELL_STATES}, never null. */
  readonly state: string;
  /** The same, where the value is at hand as a column: an expression that says it again is planned again. */
  stateBeside(value: string): string;
  /** Type of the value in the table. */
  readonly type: 'BIGINT' | 'HUGEINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMPTZ';
  /** Type of the value in a dataset, once it keeps the contract. */
  readonly dataset: 'BIGINT' | 'UBIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMPTZ';
}

/** What a source makes of a cell, without what is missing in general. */
export interface CellParts {
  /** Null where there is none. */
  readonly value: string;
  /** Condition for a cell that is there and stands for nothing. */
  readonly missing?: string | undefined;
  /** Condition for a literal whose value the type does not hold. */
  readonly range?: string | undefined;
}
