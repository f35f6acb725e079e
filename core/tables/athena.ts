import { VERSION_COLUMN } from '../datasets/dataset-key.ts';
import type { PartitionColumn, StoredColumn, StoredTable } from './stored-table.ts';

/** SerDes and formats of Hive by which Athena reads a table. */
export const HIVE_FORMATS = {
  json: {
    serde: 'org.openx.data.jsonserde.JsonSerDe',
    input: 'org.apache.hadoop.mapred.TextInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    // A line that was cut is a row of nulls, and no query fails for it.
    parameters: { 'ignore.malformed.json': 'true' },
  },
  parquet: {
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    parameters: {},
  },
} as const;

/** The first day that there may be anything of. */
const FIRST_DAY = '2026-01-01';

/**
 * Partitions as Athena works them out from the table itself, so that none has to be registered and no crawler runs. A
 * model has to be named by a query (`model = '…'`): which there are no table can know.
 *
 * @param days how long objects are kept; without it all since the first day are looked for
 */
export function projection(table: StoredTable, location: string, days?: number): Record<string, string> {
  const partitions = hivePartitions(table);
  if (partitions.length === 0) return {};
  const properties: Record<string, string> = { 'projection.enabled': 'true' };
  for (const { name } of partitions)
    for (const [key, value] of Object.entries(projected(name, days))) properties[`projection.${name}.${key}`] = value;
  const folders = partitions.map(({ name }) => `${name}=\${${name}}/`).join('');
  return { ...properties, 'storage.location.template': `${location}${folders}` };
}

function projected(name: PartitionColumn['name'], days: number | undefined): Record<string, string> {
  if (name === 'hour') return { type: 'integer', range: '0,23', digits: '2' };
  if (name !== 'dt') return { type: 'injected' };
  // A day more: what was delivered at its end is kept that long.
  const from = days === undefined ? FIRST_DAY : `NOW-${days + 1}DAYS`;
  return { type: 'date', format: 'yyyy-MM-dd', range: `${from},NOW`, interval: '1', 'interval.unit': 'DAYS' };
}

/**
 * Partitions that a table has in Athena. Versions of a dataset are none: a range of numbers would have to end somewhere,
 * and a query that names none would look for each of them. They are told by the path instead.
 */
export const hivePartitions = ({ partitions }: StoredTable): readonly PartitionColumn[] =>
  partitions.filter(({ name }) => name !== VERSION_COLUMN);

/** Columns as Glue has them: names in small letters, which its readers match to files whatever their capitals. */
export const hiveColumns = ({ columns }: Pick<StoredTable, 'columns'>): readonly StoredColumn[] =>
  columns.map((column) => ({ ...column, name: column.name.toLowerCase() }));

/**
 * Statements that make a table in Athena, each to be run by itself. A table of a dataset is made anew, for contracts change;
 * those of captures and truths may be a deployment's own, and stay where there are any.
 */
export function athenaStatements(table: StoredTable, location: string, days?: number): string[] {
  const { serde, input, output, parameters } = HIVE_FORMATS[table.format];
  const versioned = hivePartitions(table).length < table.partitions.length;
  const name = versioned ? `${table.name}_files` : table.name;
  const partitions = hivePartitions(table).map((column) => ({ ...column, type: 'string' as const }));
  const parts = [
    `CREATE EXTERNAL TABLE ${versioned ? '' : 'IF NOT EXISTS '}\`${name}\` (${columnsText(hiveColumns(table))})`,
    `COMMENT ${hiveText(table.says)}`,
    ...(partitions.length === 0 ? [] : [`PARTITIONED BY (${columnsText(partitions)})`]),
    `ROW FORMAT SERDE '${serde}'`,
    ...(Object.keys(parameters).length === 0 ? [] : [`WITH SERDEPROPERTIES (${properties(parameters)})`]),
    `STORED AS INPUTFORMAT '${input}' OUTPUTFORMAT '${output}'`,
    `LOCATION ${hiveText(location)}`,
    ...(partitions.length === 0 ? [] : [`TBLPROPERTIES (${properties(projection(table, location, days))})`]),
  ];
  const create = parts.join(' ');
  // It holds no rows of its own.
  return versioned ? [`DROP TABLE IF EXISTS \`${name}\``, create, versionedView(table.name, name)] : [create];
}

const versionedView = (view: string, files: string): string =>
  `CREATE OR REPLACE VIEW "${view}" AS ` +
  `SELECT *, CAST(regexp_extract("$path", '${VERSION_COLUMN}=([0-9]+)', 1) AS integer) AS ${VERSION_COLUMN} ` +
  `FROM "${files}"`;

const columnsText = (columns: readonly StoredColumn[]): string =>
  columns
    .map(({ name, type, says }) => `\`${name}\` ${type}${says === undefined ? '' : ` COMMENT ${hiveText(says)}`}`)
    .join(', ');

const properties = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${hiveText(key)} = ${hiveText(value)}`)
    .join(', ');

/** A text in Hive's statements, where a backslash escapes. */
const hiveText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
