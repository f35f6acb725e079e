import type { CellSql } from '../contract/cells/cell-rule.ts';
import { cellSql } from '../contract/cells/cell-sql.ts';
import { columnRules } from '../contract/column-rules.ts';
import type { Contract } from '../contract/contract.ts';
import { VERSION_COLUMN } from '../datasets/dataset-key.ts';
import type { ColumnDataType, StoredColumn } from './stored-table.ts';

/** Types of Parquet columns as Hive names them. Of 64 unsigned bits it has none. */
const TYPES: Readonly<Record<CellSql['dataset'], ColumnDataType | undefined>> = {
  BIGINT: 'bigint',
  UBIGINT: undefined,
  DOUBLE: 'double',
  BOOLEAN: 'boolean',
  VARCHAR: 'string',
  TIMESTAMPTZ: 'timestamp',
};

/** Characters that names of columns may have in Glue and Hive, where commas and colons separate names. */
const NAME = /^[\p{L}\p{N}_ .%()/-]+$/u;

const ANY_TIME = new Date(0);

/** Columns of a dataset's table, and those that it cannot have, with the reasons. */
export interface StoredColumns {
  readonly columns: readonly StoredColumn[];
  readonly left: readonly { readonly name: string; readonly why: string }[];
}

/** Columns of the table of a dataset by its contract. A version that has not all of them has nulls in their places. */
export function storedColumns(contract: Contract): StoredColumns {
  const columns: StoredColumn[] = [];
  const left: { name: string; why: string }[] = [];
  for (const rule of columnRules(contract, ANY_TIME)) {
    const { name, personal } = rule;
    const type = TYPES[cellSql(rule, name, 'text').dataset];
    const why = reasonAgainst({ name, type, personal: personal !== 'no' });
    if (why !== undefined) left.push({ name, why });
    else columns.push({ name, type: type! });
  }
  return { columns, left };
}

function reasonAgainst(of: {
  readonly name: string;
  readonly type: ColumnDataType | undefined;
  readonly personal: boolean;
}): string | undefined {
  if (of.personal) return 'is personal';
  if (of.type === undefined) return 'has 64 unsigned bits, which tables have no type for';
  if (!NAME.test(of.name)) return 'has a name with characters that tables do not take';
  if (of.name.toLowerCase() === VERSION_COLUMN) return 'is called as the number of the version is';
  return undefined;
}
