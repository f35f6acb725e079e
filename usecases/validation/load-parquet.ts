import { fitsParquet } from '../../core/contract/cells/parquet-sql.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { createCells } from './create-cells.ts';
import { checkColumns } from './csv-header.ts';
import { FileRejectedError } from './errors.ts';
import { columnsNamed, type FileContract, type Loaded } from './loaded.ts';
import { type ParquetFile, tooPrecise, withParquet } from './parquet-file.ts';

/** Loads Parquet: its columns are values already, each of a type that may be what the contract wants. */
export const loadParquet = (duck: Duck, file: string, contract: FileContract): Promise<Loaded> =>
  withParquet(duck, file, (parquet) => loadColumns(duck, file, parquet, contract));

async function loadColumns(
  duck: Duck,
  file: string,
  parquet: ParquetFile,
  { contract, columns: rules }: FileContract,
): Promise<Loaded> {
  const found = parquet.columns;
  const names = found.map(({ name }) => name);
  checkColumns(names, contract);
  const columns = columnsNamed(rules, names);
  const misfits = found.flatMap((column, i) => {
    const unread = tooPrecise(column);
    if (unread.length > 0) return unread;
    const { name, declared } = column;
    return fitsParquet(columns[i]!, declared) ? [] : [`${name} is ${declared}, expected ${columns[i]!.type}`];
  });
  if (misfits.length > 0) throw new FileRejectedError('schema', misfits.join('; '));
  const relation = parquet.relation((_, i) => `t${i}`);
  await createCells(duck, { relation, columns, source: (i) => ({ parquet: found[i]!.type }) });
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM part0');
  const rows = Number(n);
  return {
    format: 'parquet',
    file,
    parquet: { relation, types: found.map(({ type }) => type) },
    columns,
    skipped: 0,
    rows,
    faults: new Map(),
    lines: { total: rows, header: 0, blank: 0 },
  };
}
