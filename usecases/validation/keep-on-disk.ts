import path from 'node:path';
import { type Duck, literal } from '../../platform/duckdb/connection.ts';

/** With more columns a table in memory takes a block for each. */
export const FEW_COLUMNS = 100;

/** From here on tables are on disk: compressed, and without a copy of what does not fit into memory. */
export async function keepOnDisk(duck: Duck): Promise<void> {
  await duck.run('PRAGMA disable_checkpoint_on_shutdown');
  await duck.run(`ATTACH ${literal(path.join(duck.scratch, 'cells.db'))} AS cells`);
  await duck.run('USE cells');
}
