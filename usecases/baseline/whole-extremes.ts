import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { WholeExtremes } from '../../core/schema-inference/infer.ts';
import type { ProfiledFile } from '../validation/profile-file.ts';

/** Columns that are asked about at a time. */
const BATCH = 50;

/**
 * The extremes of columns of integers that reach beyond 2^53, where the doubles of a profile do not tell one integer from
 * the next. A column with a value that is no integer of 64 bits is not among them.
 */
export async function wholeExtremes({ duck, table, profile }: ProfiledFile): Promise<Map<string, WholeExtremes>> {
  const asked = table.columns.flatMap(({ name, field, cell }) => {
    const found = profile.columns[name];
    if (found?.kind !== 'numeric' || found.min === null || found.max === null) return [];
    const wide = Math.max(-found.min, found.max) > Number.MAX_SAFE_INTEGER;
    const read = wide ? cell({ type: 'integer', inputType: 'uint64' }, field) : undefined;
    return read === undefined ? [] : [{ name, read }];
  });
  const extremes = new Map<string, WholeExtremes>();
  for (let from = 0; from < asked.length; from += BATCH) {
    const batch = asked.slice(from, from + BATCH);
    const cells = batch.map(({ read }, i) => `${read.value} AS v${i}, ${read.state} AS s${i}`);
    const wanted = batch.map(
      (_, i) => `min(v${i}) AS least${i}, max(v${i}) AS most${i}, max(s${i}) > ${CELL_STATES.missing} AS odd${i}`,
    );
    const [row = {}] = await duck.rows(
      `SELECT ${wanted.join(', ')} FROM (SELECT ${cells.join(', ')} FROM ${table.relation})`,
    );
    for (const [i, { name }] of batch.entries())
      if (row[`odd${i}`] === false)
        extremes.set(name, { least: BigInt(String(row[`least${i}`])), most: BigInt(String(row[`most${i}`])) });
  }
  return extremes;
}
