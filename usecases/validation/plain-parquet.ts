import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { fitsParquet } from '../../core/contract/cells/parquet-sql.ts';
import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { assertSingle } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { type ParquetColumn, tooPrecise, withParquet } from './parquet-file.ts';
import type { PlainColumn, PlainTable } from './plain-column.ts';

/**
 * Works with Parquet: its columns are values already.
 *
 * @throws FileRejectedError when it cannot be read, or has decimals that cannot, or a name stands twice
 */
export const withPlainParquet = <T>(duck: Duck, file: string, work: (table: PlainTable) => Promise<T>): Promise<T> =>
  withParquet(duck, file, (parquet) => {
    assertSingle(parquet.columns.map(({ name }) => name));
    const unread = parquet.columns.flatMap(tooPrecise);
    if (unread.length > 0) throw new FileRejectedError('schema', unread.join('; '));
    return work({
      relation: parquet.relation((_, i) => `t${i}`),
      columns: parquet.columns.map(columnOf),
      index: false,
      leftOut: [],
    });
  });

function columnOf({ name, declared, type }: ParquetColumn, i: number): PlainColumn {
  const numeric = declared !== 'NULL' && fitsParquet({ type: 'float' }, declared);
  return {
    name,
    kind: numeric ? 'number' : 'other',
    field: `t${i}`,
    text: (field) => parquetText(field, type),
    cell: (rule, field) => (fitsParquet(rule, declared) ? cellSql(rule, field, { parquet: type }) : undefined),
  };
}
