import path from 'node:path';
import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import { isFractionalType } from '../../core/contract/cells/parquet-types.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { treatmentOf } from '../../core/contract/personal.ts';
import { versionKey } from '../../core/datasets/dataset-key.ts';
import { type Duck, identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import type { Home } from '../../platform/ports.ts';
import type { DropReport } from '../validation/report.ts';
import type { ValidationView } from '../validation/validation-view.ts';
import type { RowsReturn } from './returns.ts';

/** Dataset versions of a drop: its own, and those of rows that were given back. */
export const versionsOf = (report: Pick<DropReport, 'version'>, returns: readonly RowsReturn[]): number[] =>
  [report.version, ...returns.map(({ manifest }) => manifest.version)].filter((each) => each !== null);

/** Dataset versions that keys are held against. */
export interface KnownVersions {
  readonly dataset: string;
  readonly versions: readonly number[];
  /** Folder for temporary files. */
  readonly work: string;
}

/**
 * Good rows whose keys are in dataset versions already, by their places among the good rows. Columns that
 * are encrypted or left out cannot be compared: where one is part of the key, nothing is found.
 */
export async function rowsWithKnownKeys(
  home: Home,
  { dataset, versions, work }: KnownVersions,
  { dataFile, rows }: ValidationView,
  contract: Contract,
): Promise<number[]> {
  const keys = contract.file.unique;
  const comparable = keys.every((key) => ['no', 'hash'].includes(treatmentOf(contract, key)));
  if (keys.length === 0 || !comparable || dataFile === null || rows.accepted === 0) return [];
  return withDuck({ memoryMb: 512 }, async (duck) => {
    const found = new Set<number>();
    for (const version of versions) {
      const known = path.join(work, 'known.parquet');
      await home.data.download(versionKey(dataset, version, 'rows'), known);
      const [ofNew, ofKnown] = [await keyTexts(duck, dataFile, keys), await keyTexts(duck, known, keys)];
      // A version of another contract may not have the column.
      if (ofNew === undefined || ofKnown === undefined) continue;
      const same = keys.map((_, i) => `n.k${i} = k.k${i}`).join(' AND ');
      const doubles = await duck.rows(
        `SELECT n.place FROM (SELECT ${ofNew}, row_number() OVER () - 1 AS place FROM read_parquet(${literal(dataFile)}, hive_partitioning = false)) n SEMI JOIN (SELECT ${ofKnown} FROM read_parquet(${literal(known)}, hive_partitioning = false)) k ON ${same}`,
      );
      for (const { place } of doubles) found.add(Number(place));
    }
    return [...found].sort((a, b) => a - b);
  });
}

/** Keys of a dataset version as the columns k0, k1, … of texts, so that it does not matter what type a contract gave them. */
async function keyTexts(duck: Duck, file: string, keys: readonly string[]): Promise<string | undefined> {
  const columns = await duck.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(file)}, hive_partitioning = false)`);
  const texts = keys.flatMap((key, i) => {
    const type = columns.find(({ column_name }) => column_name === key)?.column_type;
    return type === undefined ? [] : [`${keyText(identifier(key), String(type))} AS k${i}`];
  });
  return texts.length === keys.length ? texts.join(', ') : undefined;
}

/** Of numbers, 0 and -0 are one key. */
const keyText = (column: string, type: string): string =>
  parquetText(isFractionalType(type) ? `if(${column} = 0, 0, ${column})` : column, type);
