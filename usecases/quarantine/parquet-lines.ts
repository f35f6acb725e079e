import { open } from 'node:fs/promises';
import { parquetJson } from '../../core/contract/cells/parquet-text.ts';
import { type Duck, literal } from '../../platform/duckdb/connection.ts';
import type { ParquetColumn, ParquetFile } from '../validation/parquet-file.ts';

/** Columns that one query looks at: the engine keeps 2,048 rows of all that it is about in memory, however few are wanted. */
const GROUP = 400;

/**
 * Writes rows of Parquet as JSON lines, in which every value has the text that a verdict gives it.
 *
 * @param wanted relation with a column `line`: the numbers of the rows, and a column `place`: their order
 */
export async function writeParquetLines(
  duck: Duck,
  { columns, relation }: ParquetFile,
  wanted: string,
  target: string,
): Promise<void> {
  const numbered = `SELECT *, row_number() OVER () AS number FROM ${relation((_, i) => `t${i}`)}`;
  const query = (members: string): string =>
    `SELECT ${members} AS members FROM (${numbered}) n JOIN ${wanted} w ON n.number = w.line ORDER BY w.place`;
  const groups: string[] = [];
  for (let from = 0; from < columns.length; from += GROUP)
    groups.push(membersSql(columns.slice(from, from + GROUP), from));
  if (groups.length === 1) {
    await writeObjects(duck, query(groups[0]!), target);
    return;
  }
  for (const [group, members] of groups.entries())
    await duck.run(`CREATE OR REPLACE TEMP TABLE members${group} AS ${query(members)}`);
  const tables = groups.map((_, group) => `members${group}`);
  const all = tables.map((table) => `${table}.members`).join(', ');
  await writeObjects(duck, `SELECT concat_ws(',', ${all}) FROM ${tables.join(' POSITIONAL JOIN ')}`, target);
}

/** Columns as members of an object. Neighbours of one type are planned as one, however many there are. */
function membersSql(columns: readonly ParquetColumn[], from: number): string {
  const runs: { readonly type: string; readonly names: string[]; readonly fields: string[] }[] = [];
  for (const [i, { name, type }] of columns.entries()) {
    if (runs.at(-1)?.type !== type) runs.push({ type, names: [], fields: [] });
    const { names, fields } = runs.at(-1)!;
    names.push(literal(`${JSON.stringify(name)}:`));
    fields.push(`t${from + i}`);
  }
  const texts = runs.map(
    ({ type, names, fields }) =>
      `array_to_string(list_transform([${fields.join(', ')}], lambda v, i: [${names.join(', ')}][i] || ${parquetJson('v', type)}), ',')`,
  );
  return `concat_ws(',', ${texts.join(', ')})`;
}

/** Writes the texts of a query's only column, each as an object on a line of its own. */
async function writeObjects(duck: Duck, sql: string, target: string): Promise<void> {
  const out = await open(target, 'w');
  try {
    for await (const [members] of duck.columns(sql)) await out.write(members!.map((each) => `{${each}}\n`).join(''));
  } finally {
    await out.close();
  }
}
