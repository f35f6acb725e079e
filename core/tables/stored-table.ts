import { CAPTURES } from '../captures/capture-key.ts';
import { datasetFolder, VERSION_COLUMN } from '../datasets/dataset-key.ts';
import { JOINED } from '../quality/joined-record.ts';

/** Types of columns, as Hive and Glue name them. */
export type ColumnDataType = 'string' | 'int' | 'bigint' | 'double' | 'boolean' | 'timestamp' | `array<${string}>`;

export interface StoredColumn {
  /** As the file has it, capitals included. */
  readonly name: string;
  readonly type: ColumnDataType;
  readonly says?: string;
}

/** A column that folders are named by. */
export interface PartitionColumn {
  readonly name: 'model' | 'dt' | 'hour' | typeof VERSION_COLUMN;
  readonly says: string;
}

/** Objects that are read as a table: where they lie, and what is in them. */
export interface StoredTable {
  readonly name: string;
  readonly says: string;
  readonly store: 'captures' | 'data';
  /** Prefix of the keys, with a slash behind it; the folders of the partitions follow, one within the other. */
  readonly folder: string;
  /** Lines of JSON, perhaps gzipped, or Parquet. */
  readonly format: 'json' | 'parquet';
  readonly columns: readonly StoredColumn[];
  readonly partitions: readonly PartitionColumn[];
}

const DT: PartitionColumn = { name: 'dt', says: 'day, UTC: 2026-01-31' };
const HOUR: PartitionColumn = { name: 'hour', says: 'hour of it: 00 to 23' };

/**
 * Captured predictions of all models, a line each. Pseudonyms of people and callers (`subject`, `unit`, `principal`) are no
 * columns: who may read a table need not be able to follow anybody through it.
 */
export const CAPTURES_TABLE: StoredTable = {
  name: 'captures',
  says: 'captured predictions, one line a request or part of one, dt and hour being those of the delivery',
  store: 'captures',
  folder: CAPTURES,
  format: 'json',
  columns: [
    { name: 'id', type: 'string', says: 'prediction id of the request, null in a line that is none' },
    { name: 'model', type: 'string' },
    { name: 'version', type: 'int' },
    { name: 'variant', type: 'string', says: 'champion, challenger or shadow' },
    { name: 'at', type: 'string', says: 'when the request arrived: ISO 8601, UTC' },
    { name: 'rows', type: 'int' },
    { name: 'first', type: 'int', says: 'where the line begins within a request of several lines' },
    { name: 'ms', type: 'double' },
    { name: 'revision', type: 'int' },
    { name: 'named', type: 'boolean' },
    { name: 'failed', type: 'string', says: 'caller, internal or unavailable, null where it was answered' },
    { name: 'features', type: 'string', says: 'JSON: name to an array of one value a row, or f64: and base64' },
    { name: 'scores', type: 'array<double>', says: 'one a row' },
    { name: 'probabilities', type: 'string', says: 'JSON: rows x classes, or f64: and base64' },
    { name: 'labels', type: 'array<int>', says: 'index of the class, one a row' },
    { name: 'findings', type: 'array<struct<feature:string,rule:string,count:int,unread:int>>' },
    { name: 'outOfDistribution', type: 'int', says: 'rows that are unlike the baseline' },
  ],
  partitions: [DT, HOUR],
};

/** Predictions whose truth is known. Pseudonyms and sealed truths of personal labels are no columns. */
export const JOINED_TABLE: StoredTable = {
  name: 'joined_truths',
  says: 'predictions and what turned out to be true of them, dt and hour being those of the prediction',
  store: 'data',
  folder: JOINED,
  format: 'json',
  columns: [
    { name: 'id', type: 'string', says: 'prediction id, ID#r for row r of a batch' },
    { name: 'truth', type: 'string', says: 'null: of a business metric, or the label is personal' },
    { name: 'metric', type: 'string', says: 'name of a business metric, where the line is of one' },
    { name: 'value', type: 'double', says: 'of the business metric' },
    { name: 'observed', type: 'string' },
    { name: 'received', type: 'string' },
    { name: 'known', type: 'string' },
    { name: 'version', type: 'int' },
    { name: 'variant', type: 'string' },
    { name: 'at', type: 'string', says: 'when the prediction was made: ISO 8601, UTC' },
    { name: 'score', type: 'double' },
    { name: 'probabilities', type: 'array<double>' },
    { name: 'features', type: 'string', says: 'JSON: features of segments, one value each' },
    { name: 'revision', type: 'int' },
    { name: 'named', type: 'boolean' },
    { name: 'failed', type: 'boolean' },
  ],
  partitions: [{ name: 'model', says: 'name of the model' }, DT, HOUR],
};

/** A table of all versions of a dataset. */
export const datasetTable = (dataset: string, columns: readonly StoredColumn[]): StoredTable => ({
  name: tableName('dataset', dataset),
  says: `rows of dataset ${dataset}, of all versions, without personal columns`,
  store: 'data',
  folder: datasetFolder(dataset),
  format: 'parquet',
  columns,
  partitions: [{ name: VERSION_COLUMN, says: 'number of the dataset version' }],
});

/** Name of a table: small letters, digits and underscores, as Athena takes it unquoted. */
export const tableName = (kind: string, name: string): string =>
  `${kind}_${name.toLowerCase().replace(/[^a-z0-9_]/g, '_')}`;
