import { sqlName, sqlText } from '../contract/sql-text.ts';
import { VERSION_COLUMN, VERSION_FILES } from '../datasets/dataset-key.ts';
import type { ColumnDataType, StoredTable } from './stored-table.ts';

/** Types of columns as DuckDB names them. */
const DUCK_TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMPTZ',
};

/** `array<struct<a:int>>` as `STRUCT("a" INTEGER)[]`. */
function duckType(type: ColumnDataType | string): string {
  const item = /^array<(.*)>$/.exec(type)?.[1];
  if (item !== undefined) return `${duckType(item)}[]`;
  const fields = /^struct<(.*)>$/.exec(type)?.[1];
  if (fields === undefined) return DUCK_TYPES[type]!;
  const members = fields.split(',').map((field) => field.split(':') as [string, string]);
  return `STRUCT(${members.map(([name, of]) => `${sqlName(name)} ${duckType(of)}`).join(', ')})`;
}

/**
 * A view of DuckDB over the objects of a table, by the names of their folders.
 *
 * @param location path of the table's folder, with a slash behind it
 */
export function duckdbView({ name, format, columns, partitions }: StoredTable, location: string): string {
  const folders = partitions.map((column) => `${column.name}=*/`).join('');
  const files = sqlText(`${location}${folders}${format === 'json' ? '*' : VERSION_FILES.rows}`);
  const types = columns.map((column) => `${sqlText(column.name)}: ${sqlText(duckType(column.type))}`).join(', ');
  const named = partitions.map((column) => `${sqlText(column.name)}: ${isNumber(column.name) ? 'INTEGER' : 'VARCHAR'}`);
  const hive = `hive_partitioning = true, hive_types = {${named.join(', ')}}`;
  const from =
    format === 'json'
      ? `read_json(${files}, format = 'newline_delimited', columns = {${types}}, ${hive})`
      : `read_parquet(${files}, union_by_name = true, ${hive})`;
  const names = [...columns, ...partitions].map((column) => sqlText(column.name));
  // Of a column that may be missing it may be that no file has it.
  return `CREATE OR REPLACE VIEW ${sqlName(name)} AS SELECT COLUMNS(c -> c IN (${names.join(', ')})) FROM ${from}`;
}

const isNumber = (partition: string): boolean => partition === VERSION_COLUMN;
