import type { Contract } from '../../core/contract/contract.ts';
import { sqlTypeOf } from '../../core/contract/sql.ts';
import type { ExactColumn } from '../../core/contract/types/value-type.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';

/** View of a loaded file: the table `rows` with its row ids, and beside each column what its type keeps exactly. */
export const TYPED_ROWS = 'typed_rows';

/** Columns whose type keeps something exactly beside them, by name. */
export const exactColumns = ({ features }: Contract, present: readonly string[]): Map<string, ExactColumn> =>
  new Map(
    features.flatMap((feature) => {
      const { exact } = sqlTypeOf(feature);
      return exact !== undefined && present.includes(feature.name) ? [[feature.name, exact] as const] : [];
    }),
  );

/** Those of which the table `rows` has a value that may not be what the file says. */
export async function uncertainColumns(duck: Duck, exact: ReadonlyMap<string, ExactColumn>): Promise<Set<string>> {
  if (exact.size === 0) return new Set();
  const names = [...exact.keys()];
  const conditions = names.map((name, i) => `bool_or(${exact.get(name)!.uncertain(name)}) AS u${i}`);
  const [found = {}] = await duck.rows(`SELECT ${conditions.join(', ')} FROM rows`);
  return new Set(names.filter((_, i) => found[`u${i}`] === true));
}

/**
 * Makes the view. What a column lost nothing of is worked out where it is asked for: kept, it would take as much
 * memory as the column.
 *
 * @param kept columns whose exact values are in the table
 */
export async function createTypedRows(
  duck: Duck,
  exact: ReadonlyMap<string, ExactColumn>,
  kept: ReadonlySet<string>,
): Promise<void> {
  const derived = [...exact]
    .filter(([name]) => !kept.has(name))
    .map(([name, { ofNumber, name: own }]) => `, ${ofNumber(identifier(name))} AS ${own(name)}`);
  await duck.run(`CREATE OR REPLACE TEMP VIEW ${TYPED_ROWS} AS SELECT rowid, *${derived.join('')} FROM rows`);
}
