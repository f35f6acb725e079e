import { DATASETS, datasetFolder, VERSION_FILES, versionOfKey } from '../../core/datasets/dataset-key.ts';
import { athenaStatements } from '../../core/tables/athena.ts';
import { storedColumns } from '../../core/tables/dataset-columns.ts';
import { duckdbView } from '../../core/tables/duckdb-view.ts';
import { CAPTURES_TABLE, datasetTable, JOINED_TABLE, type StoredTable } from '../../core/tables/stored-table.ts';
import type { Home } from '../../platform/ports.ts';
import { loadContract } from '../validation/dataset-contract.ts';
import { InvalidContractError, NoContractError } from '../validation/errors.ts';
import type { TablesView } from './tables-view.ts';

/** Where the stores of a home are, as an engine names them, with a slash behind each: `s3://bucket/`, `folder/captures/`. */
export interface TablePlaces {
  readonly captures: string;
  readonly data: string;
}

export interface DescribeTablesOptions {
  readonly places: TablePlaces;
  /** The dataset that is wanted alone. */
  readonly dataset?: string | undefined;
}

/** What is stored as tables, by the contracts that hold now, and the SQL by which Athena or DuckDB reads it. */
export async function describeTables(home: Home, { places, dataset }: DescribeTablesOptions): Promise<TablesView> {
  const engine = home.kind === 'aws' ? 'athena' : 'duckdb';
  const tables: TablesView['tables'] = [];
  const problems: string[] = [];
  const add = (table: StoredTable, of: string | null, left: TablesView['tables'][number]['left'] = []): void => {
    const place = `${places[table.store]}${table.folder}`;
    const statements = engine === 'athena' ? athenaStatements(table, place) : [duckdbView(table, place)];
    tables.push({ name: table.name, says: table.says, place, dataset: of, left, statements });
  };
  if (dataset === undefined)
    for (const table of [CAPTURES_TABLE, JOINED_TABLE]) if (await hasObjects(home, table)) add(table, null);
  for (const name of await storedDatasets(home, dataset)) {
    try {
      const { columns, left } = storedColumns((await loadContract(home, name)).contract);
      const table = datasetTable(name, columns);
      const same = tables.find((each) => each.name === table.name);
      if (columns.length === 0) problems.push(`${name}: no column of its contract can be one of a table`);
      else if (same === undefined)
        add(
          table,
          name,
          left.map((each) => ({ column: each.name, why: each.why })),
        );
      else problems.push(`${name}: its table would be called ${table.name}, as that of ${same.dataset} is`);
    } catch (error) {
      if (!(error instanceof NoContractError || error instanceof InvalidContractError)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  return { home: home.description, engine, tables, problems };
}

async function hasObjects(home: Home, { store, folder }: StoredTable): Promise<boolean> {
  for await (const _ of home[store].list(folder)) return true;
  return false;
}

/** Datasets of which there is a version. */
async function storedDatasets(home: Home, only: string | undefined): Promise<string[]> {
  const names = new Set<string>();
  for await (const { key } of home.data.list(only === undefined ? DATASETS : datasetFolder(only)))
    if (versionOfKey(key)?.file === VERSION_FILES.manifest) names.add(key.split('/')[1]!);
  return [...names].sort();
}
